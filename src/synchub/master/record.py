"""One master record in memory while a transaction changes it: its copies, its golden state, its next version."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from synchub.master.convergence import Heard, Mode, is_late, receive
from synchub.master.copies import EXISTS, Copy, Row, Statement
from synchub.master.entities import ENTITIES
from synchub.master.locating import Key
from synchub.master.survivorship import Golden, Rules, golden
from synchub.master.values import Value
from synchub.master.writes import Kind, Write

SEARCHED = 200
"""How many letters of a label can be searched; an index entry of PostgreSQL is bounded."""
EXTRA = "extra:"
"""How history names a field that has no column: this before the vendor's spelling."""
KEY = "key"
"""What history calls the key of the copy that a row is about, where that changed."""


@dataclass(slots=True, frozen=True)
class Step:
    """One step of a record's history: the verdict, the version reached, what was said and what became of it."""

    kind: Kind
    version: int
    said: dict[str, list[Any]]
    became: dict[str, list[Value]]


@dataclass(slots=True)
class Record:
    """A master record and all its copies.

    `state` is the golden record as image values, with references as record ids; `typed_moved` says that it differs from
    the typed row. `exists_stamp` is that of the row as it was read.
    """

    id: int
    entity: str
    rules: Rules
    code: str | None
    version: int
    changed: int
    last_stamp: int
    exists_stamp: int = 0
    copies: list[Copy] = field(default_factory=list)
    state: dict[str, Value] = field(default_factory=dict)
    won: dict[str, Golden] = field(default_factory=dict)
    resolved: Mapping[Key, int] = field(default_factory=dict)
    typed_moved: bool = False

    @classmethod
    def of(cls, row: Any, rules: Rules) -> "Record":
        """The record of a `master_record` row."""
        moments = (row.version, row.changed, row.last_stamp, row.exists_stamp)
        return cls(row.id, row.entity, rules, row.code, *moments)

    def begin(self, resolved: Mapping[Key, int]) -> None:
        """Work out the golden state before anything is taken; `resolved` finds the record of a partner's key."""
        self.resolved = resolved
        self.won = golden(self.copies, self.rules)
        self.state = self._state()

    def references(self) -> Iterator[Key]:
        """The keys that the images of the copies refer to."""
        for name, entity in ENTITIES[self.entity].references().items():
            for copy in self.copies:
                if (value := copy.said(name)) is not None:
                    yield Key(copy.connection, entity, str(value))

    def take(self, copy: Copy, write: Write, now: int) -> Step | Kind:
        """Take a write into one of the copies; the verdict alone if it moved nothing."""
        said = extra_of(copy, write)
        late = is_late(copy, EXISTS, write.as_of)
        extra = {} if late else _take_extra(copy, said)
        if write.former is not None:
            extra[KEY] = [write.former, write.key, None]
        row = (copy, write.fields, write.mode, now, self.last_stamp)
        heard = receive(*row, revives=write.revives, insists=write.insists, as_of=write.as_of)
        if write.confirms:
            copy.heard_at = max(copy.heard_at, write.spoken_at(now))
        if not heard.moved and not extra:
            return Kind.SUPERSEDED if heard.outdated or (late and said != copy.extra) else Kind.UNCHANGED
        if heard.stated:
            self.last_stamp = max(self.last_stamp, heard.stamp)
        became = self._work_out()
        kind = self._verdict(copy, heard, became, moved=bool(extra))
        if became or extra:
            self.version += 1
        return Step(kind, self.version, _said(heard) | extra, became)

    def restate(self, copy: Copy, fields: Row, now: int) -> Step:
        """State these fields anew for one of the copies: from now on no older statement of them counts."""
        stamp = self.last_stamp = max(now, self.last_stamp + 1)
        said: dict[str, list[Any]] = {}
        for name, value in fields.items():
            said[name] = [copy.said(name), value, stamp]
            copy.image[name] = Statement(value, stamp, floor=stamp)
        became = self._work_out()
        self.version += bool(became)
        return Step(_kind(became), self.version, said, became)

    def _work_out(self) -> dict[str, list[Value]]:
        """Work the golden state out again; answers what became of it, by field."""
        before = self.state
        self.won = golden(self.copies, self.rules)
        self.state = self._state()
        became = _became(before, self.state)
        self.typed_moved = self.typed_moved or bool(became)
        return became

    def weigh(self, true: Mapping[str, Value]) -> Step | None:
        """The step from what was `true` until now to what the rules make of it; None if they agree.

        Who states that the record exists decides who is given it back, also where the golden value stays the same.
        """
        became = _became(true, self.state)
        if not became and self._exists_stamp() == self.exists_stamp:
            return None
        if became:
            self.version += 1
            self.typed_moved = True
        return Step(_kind(became), self.version, {}, became)

    def _verdict(self, copy: Copy, heard: Heard, became: dict[str, list[Value]], *, moved: bool) -> Kind:
        if became or moved:
            return _kind(became, Kind.UPDATED)
        lost = any(
            name not in self.won or (self.won[name].connection, self.won[name].key) != (copy.connection, copy.key)
            for name, (_, value) in heard.stated.items()
            if name not in self.won or self.won[name].value != value
        )
        return Kind.SUPERSEDED if lost else Kind.UNCHANGED

    def _state(self) -> dict[str, Value]:
        refers = ENTITIES[self.entity].references()
        state: dict[str, Value] = {}
        for name, best in self.won.items():
            if best.value is None:
                continue
            if name in refers:
                other = self.resolved.get(Key(best.connection, refers[name], str(best.value)))
                if other is not None:  # None: its key was changed while another partner's word counted
                    state[name] = other
            else:
                state[name] = best.value
        if not state.get(EXISTS):
            state.pop(EXISTS, None)
        return state

    def sway(self) -> list[Copy]:
        """Note which copies name other records than the golden one does; those of which that was not so until now."""
        swayed, references = [], ENTITIES[self.entity].references().items()
        for copy in self.copies if references else ():
            overruled = any(self._is_overruled(copy, *each) for each in references)
            if overruled != copy.overruled:
                copy.overruled = overruled
                swayed.append(copy)
        return swayed

    def _is_overruled(self, copy: Copy, name: str, entity: str) -> bool:
        """Whether the record that a copy names in a field is not the one that is true there."""
        said = copy.said(name)
        if said is None:
            return False
        other = self.resolved.get(Key(copy.connection, entity, str(said)))
        return other is None or other != self.state.get(name)

    def shared(self) -> dict[str, Any]:
        """The changeable columns of the `master_record` row."""
        label = self._label()
        return {
            "version": self.version,
            "changed": self.changed,
            "last_stamp": self.last_stamp,
            "exists": self.state.get(EXISTS) is True,
            "exists_stamp": self._exists_stamp(),
            "label": label,
            "label_key": search_key(label),
        }

    def typed(self) -> dict[str, Any]:
        """The columns of the entity's own row; what cannot be read as its column's kind is null there."""
        return {name: column.read(self.state.get(name)) for name, column in ENTITIES[self.entity].fields().items()}

    def _exists_stamp(self) -> int:
        exists = self.won.get(EXISTS)
        return exists.stamp if exists else 0

    def _label(self) -> str | None:
        return ENTITIES[self.entity].label_of(self.state) or self.code


def search_key(text: str | None) -> str | None:
    """Text as it is searched: without accents and letter case, no longer than an index holds."""
    if text is None:
        return None
    plain = text if text.isascii() else unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()[:SEARCHED]


def extra_of(copy: Copy, write: Write) -> dict[str, str]:
    """The fields without a column as they are after a write; a blank is no field, nor what a whole row leaves out.

    They have no time of their own: they are as of `exists`, which every row and every delivery speaks of. A blank in a
    partial row takes a field away that was there, and makes none.
    """
    if write.mode is Mode.DELETE:
        return copy.extra
    if write.mode is Mode.WHOLE:
        return dict(write.extra)
    return {name: value for name, value in {**copy.extra, **write.extra}.items() if value or name not in write.extra}


def _take_extra(copy: Copy, after: dict[str, str]) -> dict[str, list[Any]]:
    """Take the fields without a column. Returns what moved as history names it."""
    before, copy.extra = copy.extra, after
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {EXTRA + name: [before.get(name), after.get(name), None] for name in names}


def _kind(became: Mapping[str, list[Value]], otherwise: Kind = Kind.UNCHANGED) -> Kind:
    """The verdict on what became of the golden record; `otherwise` where it stayed the same."""
    if EXISTS in became:
        return Kind.CREATED if became[EXISTS][1] else Kind.DELETED
    return Kind.UPDATED if became else otherwise


def _said(heard: Heard) -> dict[str, list[Any]]:
    said: dict[str, list[Any]] = {name: [before, after, heard.stamp] for name, (before, after) in heard.stated.items()}
    return said | {name: [before, after, None] for name, (before, after) in heard.echoed.items()}


def _became(before: Mapping[str, Value], after: Mapping[str, Value]) -> dict[str, list[Value]]:
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: [before.get(name), after.get(name)] for name in names}
