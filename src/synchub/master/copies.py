"""A partner's copy of a record in memory: its image, its known copy and what is in flight to it.

`Copy` is what the rules of `convergence` work on. `load` and `document` translate it from and to the compact JSON of
the `cross_reference` table: one base stamp and one base time for a whole copy, those of most fields, and the exceptions
beside them.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from synchub.master.values import Value

EXISTS = "exists"
"""The field that says whether the record exists; it is stated, known and sent like any other."""

Row = dict[str, Value]


@dataclass(slots=True, frozen=True)
class Statement:
    """What a partner stated about one field, and when (microseconds).

    Statements of anybody below the highest floor of a field do not count.
    """

    value: Value
    stamp: int
    floor: int = 0


@dataclass(slots=True, frozen=True)
class Held:
    """What a partner may hold in one field: one value where we are sure, several while we are not; and since when."""

    values: frozenset[Value]
    at: int


NOTHING = frozenset({None})
UNSEEN = Held(NOTHING, 0)


@dataclass(slots=True, frozen=True)
class Ended:
    """A field's delivery that was accepted a moment ago.

    What was sent, what it replaced, until when an answer to it is an echo, and whether one was counted as a round.
    """

    sent: Value
    replaced: frozenset[Value]
    until: int
    counted: bool = False


@dataclass(slots=True)
class Flight:
    """What is on its way to the copy under one token; `counted` are the fields whose answer was counted as a round."""

    token: str
    number: int
    forced: int
    sent: Row
    before: dict[str, frozenset[Value]]
    crossed: Row = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)


@dataclass(slots=True, frozen=True)
class Round:
    """A delivery that was answered by another value of the same field."""

    field: str
    sent: Value
    answered: Value
    at: int


@dataclass(slots=True)
class Copy:
    """One partner's copy of one record.

    `heard_at` is the latest time for which its partner said all over what it holds, whether or not that was new. It is
    `overruled` if it names another record in some field than the golden record does.
    """

    connection: int
    entity: str
    key: str
    record: int
    home: int = 0
    id: int = 0
    their_id: str | None = None
    image: dict[str, Statement] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    known: dict[str, Held] = field(default_factory=dict)
    flight: Flight | None = None
    ended: dict[str, Ended] = field(default_factory=dict)
    rounds: list[Round] = field(default_factory=list)
    sent_number: int = 0
    heard_at: int = 0
    overruled: bool = False

    def holds(self, name: str) -> frozenset[Value]:
        """The values that the partner may hold in a field; unseen is blank."""
        return self.known.get(name, UNSEEN).values

    def as_of(self, name: str) -> int:
        """The time for which a field was heard, unchanged included, or told last; 0: never."""
        return max(self.known.get(name, UNSEEN).at, self.heard_at)

    def said(self, name: str) -> Value:
        """The value that the partner stated of a field; None also if it stated none."""
        statement = self.image.get(name)
        return statement.value if statement else None


def load(row: Any) -> Copy:
    """The copy of a `cross_reference` row (anything that has its columns as attributes)."""
    return Copy(
        connection=row.connection_id,
        entity=row.entity,
        key=row.external_key,
        record=row.record_id,
        home=row.home_record_id,
        id=row.id,
        their_id=row.their_id,
        image=_load_image(row.image),
        extra=row.extra or {},
        known=_load_known(row.known),
        flight=_load_flight(row.flight),
        ended={f: Ended(s, frozenset(r), u, bool(c)) for f, (s, r, u, c) in (row.ended or {}).items()},
        rounds=[Round(*parts) for parts in row.rounds or []],
        sent_number=row.sent_number,
        heard_at=row.heard_at,
        overruled=row.overruled,
    )


def document(copy: Copy) -> dict[str, Any]:
    """The changeable columns of the copy's `cross_reference` row."""
    return {
        "record_id": copy.record,
        "home_record_id": copy.home,
        "their_id": copy.their_id,
        "image": _image_document(copy.image),
        "extra": copy.extra or None,
        "known": _known_document(copy.known),
        "flight": _flight_document(copy.flight),
        "ended": {f: [e.sent, list(e.replaced), e.until, e.counted] for f, e in copy.ended.items()} or None,
        "rounds": [[r.field, r.sent, r.answered, r.at] for r in copy.rounds] or None,
        "sent_number": copy.sent_number,
        "heard_at": copy.heard_at,
        "overruled": copy.overruled,
    }


def _load_image(image: dict[str, Any] | None) -> dict[str, Statement]:
    if not image:
        return {}
    base, exceptions = image["s"], image.get("x", {})
    return {name: Statement(value, *exceptions.get(name, (base,))) for name, value in image["v"].items()}


def _image_document(image: dict[str, Statement]) -> dict[str, Any] | None:
    if not image:
        return None
    base = _commonest(statement.stamp for statement in image.values())
    exceptions = {n: [s.stamp, s.floor] for n, s in image.items() if s.stamp != base or s.floor}
    return {
        "s": base,
        "v": {n: s.value for n, s in image.items()},
        **({"x": exceptions} if exceptions else {}),
    }


def _load_known(known: dict[str, Any] | None) -> dict[str, Held]:
    if not known:
        return {}
    base, times, sets = known["a"], known.get("t", {}), known.get("u", {})
    held = {name: Held(frozenset((value,)), times.get(name, base)) for name, value in known["v"].items()}
    held.update({name: Held(frozenset(values), times.get(name, base)) for name, values in sets.items()})
    return held


def _known_document(known: dict[str, Held]) -> dict[str, Any] | None:
    if not known:
        return None
    base = _commonest(held.at for held in known.values())
    made: dict[str, Any] = {
        "a": base,
        "v": {n: next(iter(h.values)) for n, h in known.items() if len(h.values) == 1},
    }
    if times := {n: h.at for n, h in known.items() if h.at != base}:
        made["t"] = times
    if sets := {n: sorted(h.values, key=repr) for n, h in known.items() if len(h.values) > 1}:
        made["u"] = sets
    return made


def _commonest(moments: Iterable[int]) -> int:
    """What most fields have: whole rows of which little changes leave few exceptions."""
    return Counter(moments).most_common(1)[0][0]


def _load_flight(flight: dict[str, Any] | None) -> Flight | None:
    if not flight:
        return None
    return Flight(
        token=flight["token"],
        number=flight["number"],
        forced=flight["forced"],
        sent=flight["sent"],
        before={name: frozenset(values) for name, values in flight["before"].items()},
        crossed=flight["crossed"],
        counted=set(flight["counted"]),
    )


def _flight_document(flight: Flight | None) -> dict[str, Any] | None:
    if flight is None:
        return None
    return {
        "token": flight.token,
        "number": flight.number,
        "forced": flight.forced,
        "sent": flight.sent,
        "before": {name: sorted(values, key=repr) for name, values in flight.before.items()},
        "crossed": flight.crossed,
        "counted": sorted(flight.counted),
    }
