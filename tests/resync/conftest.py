from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from tests.outbox.post import Post, post


@pytest.fixture
def hub(engine: Engine) -> Iterator[Post]:
    with post(engine) as made:
        made.join("A", "B", "C", settings={"url": "http://there"})
        yield made
