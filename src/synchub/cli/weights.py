"""What follows when partners' words weigh something else: all their records are weighed anew, and counted."""

from collections.abc import Iterator

from sqlalchemy import Engine

from synchub.db import reading, retrying
from synchub.master.weighing import count_weighed, weigh_anew


def weigh_all(engine: Engine, since: int) -> Iterator[str]:
    """Weigh anew whatever a rule change left to be weighed; a line that says what came of it, if anything did.

    A worker may take its share, and so may whoever writes a record meanwhile; `since` is the change number from before
    the rules changed. If this process is killed, a worker goes on.
    """
    while retrying(engine, weigh_anew) is not None:
        pass
    with reading(engine) as session:
        moved = count_weighed(session, since)
    if moved:
        yield f"{moved} {'record has' if moved == 1 else 'records have'} other values by the new rules"
