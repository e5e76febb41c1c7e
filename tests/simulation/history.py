"""A history: everything that chance decides in one run, written down to be run again, shrunk and printed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

Thing = TypeVar("Thing")

FIELDS = ("name", "phone", "email")
UNSPOKEN = "description"
"""A field that the hub may tell, and that every partner keeps to itself."""
KEYS = ("K1", "K2")
PLAIN = ("numbers", "echoes", "shouts", "files", "deaf", "rank")
"""What a habit can do without, when a failing history is shrunk."""


class Style(StrEnum):
    """How a partner writes its rows."""

    WHOLE = "whole"  # the record as it is; what is blank is left out
    EVERY = "every"  # every column, blanks as null
    CHANGED = "changed"  # only what changed


class Fate(StrEnum):
    """What becomes of a call to a partner."""

    ACCEPTED = "accepted"
    LOST = "lost"  # never arrives, nobody answers
    ANSWER_LOST = "answer lost"  # arrives, but the answer does not
    KILLED_BEFORE = "killed before"  # the worker dies before it sends
    KILLED_AFTER = "killed after"  # the worker dies after it sent, the partner stores it
    TROUBLE = "trouble"  # the partner says that it can take nothing now
    REFUSED = "refused"  # the partner refuses the record, once
    GARBLED = "garbled"  # the partner stores it, and answers what nobody can read
    BROKEN = "broken"  # the partner fails on the way, before it stores anything
    LATER = "later"  # too many calls: the partner says when to come again


STORED = frozenset({Fate.ACCEPTED, Fate.ANSWER_LOST, Fate.KILLED_AFTER, Fate.GARBLED})
"""What becomes of a call that the partner carries out."""
SILENT = frozenset({Fate.LOST, Fate.ANSWER_LOST})
"""What becomes of a call that nobody answers."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How one partner behaves."""

    rank: int = 0
    style: Style = Style.WHOLE
    echoes: bool = False  # a trigger posts back what we deliver
    shouts: bool = False  # it upper-cases every text it stores
    numbers: bool = False  # a Synchroteam server: each row has a number of its own, which it answers
    files: bool = False  # it exports files of all its rows, and loses posts; what it posts is whole
    deaf: bool = False  # it is never told anything


@dataclass(frozen=True, slots=True)
class Step:
    """A user of a partner does something; the post about it leaves `delay` seconds later, perhaps twice.

    It may be lost where the partner has files.

    The hub's own steps are "resync", by which what the partner says of all its records counts again and is sent to all
    others, and "force", by which the golden records are sent to everybody.
    """

    at: float
    partner: int
    key: str
    action: str  # "set", "delete", "resync" or "force"
    field: str = "name"
    value: str | None = None
    delay: float = 0.1
    twice: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Export:
    """A partner writes a file of all its rows, which is collected some seconds after its end.

    The row of each key is read after a part of the time that the export `takes`.
    """

    at: float
    partner: int
    takes: float = 0.0
    wait: float = 5.0
    reads: tuple[float, ...] = (0.0,) * len(KEYS)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a worker: what becomes of it and how long it takes."""

    fate: Fate = Fate.ACCEPTED
    wait: float = 0.05  # before the worker looks
    there: float = 0.05  # until the partner stores it
    back: float = 0.05  # until its answer is here
    echo: float = 0.2  # until its trigger's post is here
    later: float = 20.0  # how long a partner that had too many calls wants to be left in peace


@dataclass(frozen=True, slots=True)
class History:
    """One run: who takes part, what their users do, and what becomes of each call in its turn."""

    habits: tuple[Habit, ...]
    steps: tuple[Step, ...]
    calls: tuple[Call, ...] = ()
    unique: bool = True  # every value is typed only once in the whole history
    exports: tuple[Export, ...] = ()


@dataclass(slots=True)
class Draw:
    """How a history is drawn from a seed."""

    dice: random.Random
    count: int = 0
    typed: list[str] = field(default_factory=list)

    def history(self) -> History:
        """A random history."""
        unique = self.dice.random() < 0.7
        habits = tuple(self.habit() for _ in range(3))
        steps, at = [], 0.0
        for _ in range(self.dice.randint(2, 6)):
            at += self.dice.choice([0.05, 0.5, 2.0, 4.0, 20.0, 90.0])
            steps.append(self.step(at, unique=unique))
        calls = tuple(self.call() for _ in range(self.dice.randint(0, 10)))
        steps += [self.resync(at) for _ in range(self.dice.choice([0, 0, 0, 1, 1, 2]))]
        return self.with_files(History(habits, tuple(steps), calls, unique))

    def with_files(self, history: History) -> History:
        """In two histories of three, partners that export files, and a quarter of whose posts are lost."""
        share = self.dice.choice([0, 0.5, 1])
        habits = tuple(
            replace(habit, files=True, style=Style.WHOLE, deaf=self.dice.random() < 0.5)
            if self.dice.random() < share
            else habit
            for habit in history.habits
        )
        steps = tuple(
            replace(step, lost=True) if habits[step.partner].files and self.dice.random() < 0.25 else step
            for step in history.steps
        )
        end = max(step.at for step in steps) + 30
        exports = [each for place, habit in enumerate(habits) if habit.files for each in self.exports(place, end)]
        return replace(history, habits=habits, steps=steps, exports=tuple(exports))

    def exports(self, partner: int, end: float) -> Iterator[Export]:
        """The files of a partner, one after the other; a later one may be collected before an earlier one."""
        at = 0.0
        while (at := at + self.dice.choice([0.5, 2.0, 10.0, 20.0, 60.0])) < end:
            takes = self.dice.choice([0.0, 0.5, 3.0, 8.0])
            wait = self.dice.choice([4.5, 6.0, 15.0, 40.0])
            yield Export(round(at, 2), partner, takes, wait, tuple(round(self.dice.random(), 2) for _ in KEYS))
            at += takes

    def resync(self, end: float) -> Step:
        """Somebody asks for everything again."""
        at = round(self.dice.uniform(0, end + 30), 2)
        return Step(at, self.dice.randrange(3), "", self.dice.choice(["resync", "resync", "force"]))

    def habit(self) -> Habit:
        """How a partner behaves."""
        return Habit(
            rank=self.dice.choice([0, 0, 1, 2]),
            style=self.dice.choice(list(Style)),
            echoes=self.dice.random() < 0.5,
            shouts=self.dice.random() < 0.12,
            numbers=self.dice.random() < 0.4,
        )

    def step(self, at: float, *, unique: bool) -> Step:
        """What a user does."""
        action = "delete" if self.dice.random() < 0.15 else "set"
        return Step(
            at=at,
            partner=self.dice.randrange(3),
            key=self.dice.choice((KEYS[0], KEYS[0], KEYS[0], KEYS[1])),
            action=action,
            field=self.dice.choice(FIELDS),
            value=self.value(unique=unique) if action == "set" else None,
            delay=self.dice.choice([0.02, 0.1, 0.5, 2.0, 3.5]),
            twice=self.dice.random() < 0.15,
        )

    def value(self, *, unique: bool) -> str | None:
        """What a user types."""
        if self.dice.random() < 0.12:
            return None
        self.count += 1
        return f"v{self.count}" if unique else self.dice.choice(["va", "vb", "vc"])

    def call(self) -> Call:
        """What becomes of a call."""
        fates = [Fate.ACCEPTED] * 7 + list(Fate)
        return Call(
            fate=self.dice.choice(fates),
            wait=self.dice.choice([0.01, 0.1, 1.0, 3.0]),
            there=self.dice.choice([0.01, 0.3, 2.0, 7.0]),
            back=self.dice.choice([0.01, 0.3, 2.0, 4.5]),
            echo=self.dice.choice([0.01, 0.4, 2.0, 4.0]),
            later=self.dice.choice([1.0, 20.0, 90.0]),
        )


def draw(seed: int) -> History:
    """The history of a seed."""
    return Draw(random.Random(seed)).history()


def smaller(history: History) -> Iterator[History]:
    """Histories with one thing less, from the largest cut to the smallest."""
    steps, calls = history.steps, history.calls
    yield from (replace(history, steps=steps[:place] + steps[place + 1 :]) for place in range(len(steps)))
    exports = history.exports
    yield from (replace(history, exports=exports[:place] + exports[place + 1 :]) for place in range(len(exports)))
    yield from (replace(history, calls=calls[:place]) for place in range(len(calls)))
    yield from (replace(history, calls=_exchanged(calls, place, Call())) for place in _unusual(calls))
    for place, habit in enumerate(history.habits):
        plainer = tuple(replace(habit, **{name: 0 if name == "rank" else False}) for name in PLAIN)
        for other in plainer:
            if other != habit:
                yield replace(history, habits=_exchanged(history.habits, place, other))
    for place, step in enumerate(steps):
        for name in ("twice", "lost"):
            if getattr(step, name):
                yield replace(history, steps=_exchanged(steps, place, replace(step, **{name: False})))


def _unusual(calls: tuple[Call, ...]) -> list[int]:
    return [place for place, call in enumerate(calls) if call != Call()]


def _exchanged(things: tuple[Thing, ...], place: int, other: Thing) -> tuple[Thing, ...]:
    return (*things[:place], other, *things[place + 1 :])


def script(history: History) -> str:
    """The history as Python that runs it again."""
    rows = ["from tests.simulation.history import Call, Export, Fate, Habit, History, Step, Style", ""]
    rows += ["HISTORY = History(", "    habits=("]
    rows += [f"        {_spelled(habit)}," for habit in history.habits]
    rows += ["    ),", "    steps=("]
    rows += [f"        {_spelled(step)}," for step in history.steps]
    rows += ["    ),", "    calls=("]
    rows += [f"        {_spelled(call)}," for call in history.calls]
    rows += ["    ),", f"    unique={history.unique},", "    exports=("]
    rows += [f"        {_spelled(export)}," for export in history.exports]
    rows += ["    ),", ")"]
    return "\n".join(rows)


def _spelled(thing: Habit | Step | Call | Export) -> str:
    """A dataclass as the call that makes it, with what is not its default."""
    parts = []
    for name in thing.__dataclass_fields__:
        value, default = getattr(thing, name), thing.__dataclass_fields__[name].default
        if value != default:
            shown = f"{type(value).__name__}.{value.name}" if isinstance(value, StrEnum) else repr(value)
            parts.append(f"{name}={shown}")
    return f"{type(thing).__name__}({', '.join(parts)})"
