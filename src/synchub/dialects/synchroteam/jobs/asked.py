"""The questions that answers of a report can be about: those of the blocks that the connection sees."""

from collections.abc import Iterator

from synchub.dialects.synchroteam.blocks import BLOCK
from synchub.dialects.synchroteam.members import Member
from synchub.dialects.synchroteam.sending import Place
from synchub.dialects.synchroteam.views import load, matching, may_read
from synchub.master.values import as_list


def known_questions(place: Place) -> Iterator[Member]:
    """The items of all blocks, like answers without a value; none where the connection is not told of them."""
    session, connection = place.session, place.connection
    if not (may_read(connection, BLOCK, "items") and may_read(connection, BLOCK, BLOCK.named)):
        return
    for seen in load(session, connection, BLOCK, matching(session, connection, BLOCK, [])):
        called = {"block": seen.row.id, "category_id": seen.id, "category": seen.row.name}
        yield from ({**called, "id": item["id"], "item": item["name"]} for item in as_list(seen.row.items))
