"""The rules of convergence: what a partner states, and what it must still be told.

Pure functions over `Copy`; nothing here knows a database, a dialect or a clock. `store` calls `receive` for everything
that arrives (`survivorship` says what wins), the outbox calls `difference`, `depart`, `arrive` and `bounce` for
everything that leaves.

A partner says only what it changes: a received field is a statement if it differs from the known copy, unless it
answers what we are sending or have just replaced there, in which case it is an echo: known, shown, not stated. The
known copy of a field is a set while we cannot be sure which value the partner holds.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from synchub.clock import SECOND
from synchub.master.copies import EXISTS, NOTHING, Copy, Ended, Flight, Held, Round, Row, Statement
from synchub.master.values import Value

ECHO_WINDOW = 5 * SECOND
LOOP_WINDOW = 600 * SECOND
SAME_ROUNDS, ALL_ROUNDS = 3, 10


class Mode(StrEnum):
    """How much a received row says about the fields it does not name."""

    WHOLE = "whole"
    PARTIAL = "partial"
    DELETE = "delete"


@dataclass(slots=True)
class Heard:
    """What one received row did to a copy.

    Field → (before, after): of the image for statements, of the known copy for echoes. `outdated` says that the row
    differed in a field that was left out for its age.
    """

    stamp: int
    stated: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    echoed: dict[str, tuple[list[Value], Value]] = field(default_factory=dict)
    outdated: bool = False

    @property
    def moved(self) -> bool:
        """Whether any field differed from the known copy."""
        return bool(self.stated or self.echoed)


def receive(  # noqa: PLR0913 - a row, and what it says of itself
    copy: Copy,
    row: Row,
    mode: Mode,
    now: int,
    last_stamp: int,
    *,
    revives: bool = True,
    insists: bool = False,
    as_of: int | None = None,
) -> Heard:
    """Take a received row into the copy.

    `row` holds what was present, without `exists`. `revives` is false for a row that says of itself that the record is
    no longer in use: it does not bring back a copy that was told, or may have been told, that it is gone. One that
    `insists` states all of its values anew: its partner knows what the record holds now. A row of a file speaks for
    the time `as_of`: it says nothing of a field that was heard, or told, then or later, and what it states has that
    time as its stamp (but is no older than the field's floor).
    """
    at = now if as_of is None else as_of
    spoken, late = _timely(copy, _spoken(copy, row, mode, revives=revives), as_of)
    heard = Heard(max(now, last_stamp + 1) if as_of is None else as_of, outdated=_differs(copy, late))
    if spoken.get(EXISTS) is True and False in copy.holds(EXISTS):
        _doubt_the_rest(copy, {**spoken, **late}, at)
    for name, value in spoken.items():
        held = copy.holds(name)
        if held == {value} and not insists:
            _confirm(copy, name, at)
            continue
        inflight = copy.flight is not None and name in copy.flight.sent
        ended = copy.ended.get(name)
        recent = ended if ended is not None and now < ended.until else None
        echo = (len(held) > 1 and value in held) or (recent is not None and value in recent.replaced)
        if name == EXISTS and name not in copy.image:
            echo = False
        echo = echo and not insists
        _count_round(copy, name, value, now, recent)
        if inflight and copy.flight is not None:
            copy.known[name] = Held(held | {value}, at)
            copy.flight.crossed[name] = value
        else:
            copy.known[name] = Held(frozenset((value, recent.sent)) if recent else frozenset((value,)), at)
        if echo:
            heard.echoed[name] = (sorted(held, key=repr), value)
        else:
            heard.stated[name] = _state(copy, name, value, heard.stamp)
    return heard


def _state(copy: Copy, name: str, value: Value, stamp: int) -> tuple[Value, Value]:
    """Put a statement into the image; what it said before, and says now.

    What corrects a restated field from a file older than the restatement is restated with it: below the floor it would
    not count, and neither would anything else.
    """
    before = copy.image.get(name)
    floor = before.floor if before else 0
    copy.image[name] = Statement(value, max(stamp, floor), floor)
    return (before.value if before else None, value)


def _confirm(copy: Copy, name: str, at: int) -> None:
    """The partner said again what it is known to hold: that is as of now."""
    known = copy.known.get(name)
    if known is not None and known.at < at:
        copy.known[name] = Held(known.values, at)


def weigh_age(
    copy: Copy, row: Row, mode: Mode, *, revives: bool = True, insists: bool = False, as_of: int | None = None
) -> tuple[bool, bool]:
    """Whether a received row differs from what the partner is known to hold where it counts, and where it is too old.

    If neither, it says nothing that is new.
    """
    spoken = _spoken(copy, row, mode, revives=revives)
    if not _differs(copy, spoken):
        return insists, False
    timely, late = _timely(copy, spoken, as_of)
    return _differs(copy, timely), _differs(copy, late)


def is_late(copy: Copy, name: str, as_of: int | None) -> bool:
    """Whether a field was heard or told since the time for which a row speaks (None: now)."""
    return as_of is not None and copy.as_of(name) >= as_of


def _timely(copy: Copy, spoken: Row, as_of: int | None) -> tuple[Row, Row]:
    """What a row speaks of, parted into what counts and what was heard or told since; of what is gone since, all."""
    if as_of is None:
        return spoken, {}
    if copy.holds(EXISTS) == {False} and is_late(copy, EXISTS, as_of):
        return {}, spoken
    late = {name: value for name, value in spoken.items() if is_late(copy, name, as_of)}
    return {name: value for name, value in spoken.items() if name not in late}, late


def _differs(copy: Copy, spoken: Row) -> bool:
    return any(copy.holds(name) != {value} for name, value in spoken.items())


def answers(copy: Copy, row: Row, mode: Mode, *, revives: bool = True) -> bool:
    """Whether a received row says another value than the one that the partner was told last and may hold."""
    told = {name: ended.sent for name, ended in copy.ended.items()} | (copy.flight.sent if copy.flight else {})
    spoken = _spoken(copy, row, mode, revives=revives)
    return any(told[name] != spoken[name] and told[name] in copy.holds(name) for name in told.keys() & spoken.keys())


def _spoken(copy: Copy, row: Row, mode: Mode, *, revives: bool) -> Row:
    """The fields that the row speaks of: those present, `exists`, and the blanks that a whole row means."""
    if mode is Mode.DELETE:
        return {EXISTS: False}
    spoken = dict(row)
    if revives or False not in copy.holds(EXISTS):
        spoken[EXISTS] = True
    if mode is Mode.WHOLE:
        for name, held in copy.known.items():
            if name != EXISTS and name not in spoken and any(value is not None for value in held.values):
                spoken[name] = None
    return spoken


def _doubt_the_rest(copy: Copy, spoken: Row, at: int) -> None:
    """A record that was gone is there again: what its row does not name may be blank now."""
    for name in copy.known.keys() - spoken.keys():
        copy.known[name] = Held(copy.holds(name) | NOTHING, max(copy.known[name].at, at))


def _count_round(copy: Copy, name: str, value: Value, now: int, recent: Ended | None) -> None:
    """Remember that a delivery was answered by another value, once per delivery and field, echo or not."""
    flight = copy.flight
    if flight is not None and name in flight.sent:
        if value != flight.sent[name] and name not in flight.counted:
            flight.counted.add(name)
            copy.rounds.append(Round(name, flight.sent[name], value, now))
    elif recent is not None and value != recent.sent and not recent.counted:
        copy.ended[name] = Ended(recent.sent, recent.replaced, recent.until, counted=True)
        copy.rounds.append(Round(name, recent.sent, value, now))


def wished(copy: Copy, *, exists: bool, stamp: int) -> bool:
    """Whether the partner is to hold the record.

    It exists, and the partner did not say gone since that was stated (`stamp`).
    """
    said = copy.image.get(EXISTS)
    return exists and not (said is not None and said.value is False and said.stamp >= stamp)


def difference(
    copy: Copy,
    wish: Row | None,
    told: Collection[str],
    required: Collection[str] = (),
    *,
    forced: bool = False,
) -> Row:
    """What the partner must be sent so that its copy becomes what is wished; empty if it is not behind.

    `wish` is the golden record in the partner's words (None: the record is not to exist there). A blank is sent only
    over a value that the partner may hold; everything not blank is sent to a copy that may not exist, or by force.
    """
    if wish is None:
        return {EXISTS: False} if True in copy.holds(EXISTS) else {}
    create = copy.holds(EXISTS) != {True}
    behind: Row = {}
    for name in told:
        value, held = wish.get(name), copy.holds(name)
        if value is None:
            if any(old is not None for old in held):
                behind[name] = None
        elif create or forced or held != {value}:
            behind[name] = value
    if behind or create or forced:
        behind = {**{name: wish.get(name) for name in required}, **behind, EXISTS: True}
    return behind


def looping(copy: Copy, sent: Row, now: int) -> bool:
    """Whether the partner answered what we are about to send so often by other values that sending on is no use.

    A create or a delete corrects no value: only answers about `exists` speak against it.
    """
    about = sent.keys() if sent[EXISTS] and copy.holds(EXISTS) == {True} else {EXISTS}
    answers = [r for r in copy.rounds if now - r.at < LOOP_WINDOW and r.field in about]
    recent = [(r.field, r.sent, r.answered) for r in answers]
    return len(recent) >= ALL_ROUNDS or max(Counter(recent).values(), default=0) >= SAME_ROUNDS


def depart(copy: Copy, sent: Row, token: str, number: int, forced: int, now: int) -> None:
    """Write down that `sent` is on its way: from now on the partner may hold either value."""
    copy.flight = Flight(token, number, forced, dict(sent), {name: copy.holds(name) for name in sent})
    for name, value in sent.items():
        copy.known[name] = Held(copy.holds(name) | {value}, now)
    copy.rounds = [r for r in copy.rounds if now - r.at < LOOP_WINDOW]


def arrive(copy: Copy, now: int, *, window: int = ECHO_WINDOW) -> None:
    """The partner accepted what was in flight: that is what it holds, unless another value crossed it."""
    flight = copy.flight
    if flight is None:
        return
    ended = {name: old for name, old in copy.ended.items() if now < old.until}
    for name, value in flight.sent.items():
        copy.known[name] = Held(frozenset((value, flight.crossed.get(name, value))), now)
        earlier = ended[name].replaced if name in ended else frozenset()
        replaced = (earlier | flight.before[name]) - {value}
        ended[name] = Ended(value, replaced, now + window, counted=name in flight.counted)
    copy.ended = ended
    copy.sent_number = max(copy.sent_number, flight.number, flight.forced)
    copy.flight = None


def bounce(copy: Copy, now: int) -> None:
    """The partner refused what was in flight: it holds what it held before, or what it sent us meanwhile.

    Both are possible where it sent something: that may have crossed an earlier delivery of ours.
    """
    flight = copy.flight
    if flight is None:
        return
    for name, before in flight.before.items():
        crossed = frozenset((flight.crossed[name],)) if name in flight.crossed else frozenset()
        copy.known[name] = Held(before | crossed, now)
    copy.flight = None
