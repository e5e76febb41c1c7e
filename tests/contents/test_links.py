"""Links that open one record without credentials."""

import base64
from uuid import uuid4

import pytest
from sqlalchemy import update

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.contents import links
from synchub.errors import Misconfigured, NotFound

KEY = "a key that is long enough for the tests"
RECORD = 1_000_000_007


@pytest.fixture
def session(engine):
    with db.writing(engine) as made:
        yield made


def opens(session, token, *entities, key=KEY):
    try:
        return links.opened(session, key, token, entities or ("job",))
    except NotFound:
        return None


def test_a_token_opens_its_record(session):
    token = links.token_of(session, KEY, "job", RECORD)
    assert opens(session, token) == ("job", RECORD)
    assert opens(session, token, "photo", "job") == ("job", RECORD)


def test_a_token_is_the_same_whenever_it_is_shown_and_another_for_another_record(session):
    token = links.token_of(session, KEY, "job", RECORD)
    assert token == links.token_of(session, KEY, "job", RECORD)
    assert (
        len({token, links.token_of(session, KEY, "job", RECORD + 1), links.token_of(session, KEY, "photo", RECORD)})
        == 3
    )


def test_a_token_opens_nothing_of_another_entity(session):
    assert opens(session, links.token_of(session, KEY, "job", RECORD), "attachment", "photo") is None


def test_every_bit_of_a_token_counts(session):
    packed = base64.urlsafe_b64decode(links.token_of(session, KEY, "job", RECORD))
    for bit in range(8 * len(packed)):
        changed = bytearray(packed)
        changed[bit // 8] ^= 1 << bit % 8
        assert opens(session, base64.urlsafe_b64encode(changed).decode()) is None


@pytest.mark.parametrize("token", ["", "x", "é" * 32, "=" * 32, "A" * 31, "A" * 33, "../" * 11])
def test_what_is_no_token_opens_nothing(session, token):
    assert opens(session, token) is None


def test_another_key_or_another_store_makes_other_tokens(session):
    token = links.token_of(session, KEY, "job", RECORD)
    assert opens(session, token, key=KEY + "!") is None
    session.execute(update(Connection).where(Connection.id == HUB).values(guid=uuid4()))
    assert opens(session, token) is None


def test_a_withdrawn_link_opens_nothing_and_the_next_one_is_another(session):
    first = links.token_of(session, KEY, "job", RECORD)
    links.withdraw(session, "job", RECORD)
    second = links.token_of(session, KEY, "job", RECORD)
    links.withdraw(session, "job", RECORD)
    third = links.token_of(session, KEY, "job", RECORD)
    assert [opens(session, token) for token in (first, second, third)] == [None, None, ("job", RECORD)]
    (row,) = links.withdrawn(session)
    assert (row["entity"], row["record_id"], row["withdrawn"]) == ("job", RECORD, 2)


def test_withdrawing_one_link_leaves_the_others(session):
    kept = links.token_of(session, KEY, "job", RECORD + 1)
    links.withdraw(session, "job", RECORD)
    assert opens(session, kept) == ("job", RECORD + 1)


def test_without_a_key_there_are_no_links(session):
    with pytest.raises(Misconfigured, match="SYNCHUB_SECRET_KEY is not set"):
        links.token_of(session, "", "job", RECORD)
