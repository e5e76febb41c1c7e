"""What a record is in the words of a server: its columns by the wire model, whom it refers to by the server's names.

Who has an id there is named by it, who has none by its key. Moments are in the zone of the connection.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from synchub import db
from synchub.dialects.synchroteam.ids import said_id
from synchub.dialects.synchroteam.kinds import Kind, Reference
from synchub.dialects.synchroteam.moments import shown_moment
from synchub.dialects.wire import Wire
from synchub.master.values import as_list, spell_list
from synchub.outbox.sender import Other, Parcel

Member = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """How the members of a list are said: `member` has the id of the record that one mentions, `key` its key.

    `id_word` and `key_word` are the server's words for these; `say` makes the rest of a member, in a zone.
    """

    member: str
    key: str
    id_word: str
    key_word: str
    say: Callable[[Member, Member, str], Member]


Lists = Mapping[str, Listed]
MOMENT = "%Y-%m-%d %H:%M:%S"
"""How a moment is sent; seconds are left out where there are none, as in the vendor's samples."""


def columns_of(kind: Kind) -> frozenset[str]:
    """The columns that rows of a kind can say; the key goes with every row."""
    referred = {each.column for each in kind.references}
    return frozenset(kind.row.columns) - set(kind.row.key_parts) | referred


def model_of(kind: Kind, parcel: Parcel, lists: Lists = MappingProxyType({})) -> Wire:
    """The row of a parcel without whom it refers to.

    Raises:
        ValidationError: it breaks a rule of the wire.
        ValueError: its key is none of a row.
    """
    columns = columns_of(kind) & kind.row.columns.keys()
    sent = {name: value for name, value in parcel.sent.items() if name in columns}
    for together in _together(kind):
        if together & sent.keys():
            sent |= {name: parcel.state.get(name) for name in together}
    for name in lists.keys() & sent.keys():
        sent[name] = spell_list([one | _key_in(parcel, one, lists[name]) for one in as_list(sent[name])])
    if kind.row.key_parts:
        return kind.row.of_image(parcel.key, sent)
    return kind.row.model_validate({kind.row.columns[name]: value for name, value in sent.items()})


def _key_in(parcel: Parcel, one: Member, said: Listed) -> Member:
    """The key of the record that a member of a list mentions, in place of what its speaker calls it."""
    other = parcel.others.get(one.get(said.member, 0))
    return {said.key: other.key} if other else {}


@cache
def _together(kind: Kind) -> tuple[frozenset[str], ...]:
    """The columns that make one object of the vendor's, so that each is sent with the others."""
    made: dict[str, set[str]] = {}
    for name, word in kind.row.columns.items():
        outer, point, _ = word.partition(".")
        if point:
            made.setdefault(outer, set()).add(name)
    return tuple(map(frozenset, made.values()))


def row_of(kind: Kind, parcel: Parcel, zone: str, lists: Lists = MappingProxyType({})) -> dict[str, Any]:
    """A parcel's row as it is sent.

    Raises:
        ValidationError: it breaks a rule of the wire.
        ValueError: its key is none of a row.
    """
    row = model_of(kind, parcel, lists).dump()
    for name in _moments(kind) & parcel.sent.keys():
        row[kind.row.columns[name]] = moment_sent(parcel.sent[name], zone)
    for name in lists.keys() & parcel.sent.keys():
        said = lists[name]
        members = as_list(parcel.sent[name])
        row[kind.row.columns[name]] = [said.say(one, _named_in(parcel, one, said), zone) for one in members]
    for each in kind.references:
        if each.column in parcel.sent:
            row |= referring(each, parcel)
    return row


def _named_in(parcel: Parcel, one: Member, said: Listed) -> Member:
    """How a member of a list names the record that it mentions."""
    other = parcel.others.get(one.get(said.member, 0))
    if other is None:
        return {said.key_word: one.get(said.key) or ""}
    called = called_by(other)
    return {said.id_word: called["id"]} if called else {said.key_word: other.key}


@cache
def _moments(kind: Kind) -> frozenset[str]:
    typed = db.table_of(kind.made)
    return frozenset(name for name in kind.row.columns if typed.c[name].info.get("is_moment"))


def moment_sent(value: Any, zone: str) -> str:
    """A moment in the zone of a server."""
    return shown_moment(value, zone, MOMENT).removesuffix(":00") if value else ""


def referring(reference: Reference, parcel: Parcel) -> dict[str, Any]:
    """How a row names another record; by blanks if it names none any more."""
    value = parcel.sent[reference.column]
    if value is None:
        return dict.fromkeys(filter(None, (reference.id, reference.key)), "")
    other = parcel.others.get(parcel.referred.get(reference.column, 0))
    return named(reference, other or Other(reference.to.entity, str(value), None, None))


def named(reference: Reference, other: Other) -> dict[str, Any]:
    """The words by which a row names a record: its id there, else its key, else its name."""
    called = called_by(other)
    for word, value in ((reference.id, called.get("id")), (reference.key, other.key), (reference.name, other.label)):
        if word and value is not None:
            return {word: value}
    return {}


def called_by(other: Other) -> dict[str, Any]:
    """A server's own id of a record, if it has told one: a number, or else a text."""
    if other.their_id is None:
        return {}
    number = said_id(other.their_id)
    return {"id": other.their_id if number is None else number}
