"""A partner of the simulator: a server with rows, users who change them, and the posts that it sends about that."""

from collections import deque
from dataclasses import dataclass, field

from tests.simulation.history import FIELDS, Habit, Step, Style

from synchub.master.convergence import Mode
from synchub.master.copies import EXISTS, Row
from synchub.master.writes import Write

ENTITY = "customer"
Stored = dict[str, str]


class Violation(AssertionError):
    """A promise of convergence was broken."""


@dataclass(slots=True)
class Post:
    """A row on its way to the hub: `edit` is the field that a user changed, `makes` whether the row is new.

    `at` is when it was written.
    """

    write: Write
    edit: tuple[str, str | None] | None = None
    makes: bool = False
    at: int = 0


@dataclass(slots=True)
class Partner:
    """One partner's server; `rows` holds what is not blank, by key, `posts` what the hub has not received yet.

    `ids` has the number of each row; one that is made again gets another.
    """

    number: int
    habit: Habit
    rows: dict[str, Stored] = field(default_factory=dict)
    posts: deque[tuple[int, Post]] = field(default_factory=deque)
    ids: dict[str, int] = field(default_factory=dict)
    made: int = 0

    def spell(self, value: str | None) -> str | None:
        """A value as this partner stores it."""
        return value.upper() if value is not None and self.habit.shouts else value

    def user(self, step: Step) -> Post | None:
        """A user does something; the post about it, if anything changed."""
        if step.action == "delete":
            return Post(self._delete(step.key)) if self._drop(step.key) else None
        is_new = step.key not in self.rows
        row = self._row(step.key)
        value = self.spell(step.value)
        if not is_new and row.get(step.field) == value:
            return None
        _put(row, step.field, value)
        return Post(self.write(step.key, [step.field]), (step.field, value), is_new)

    def stored(self, key: str, sent: Row) -> Post | None:
        """A delivery of ours arrives; the post of the partner's trigger, if it has one."""
        if not sent[EXISTS]:
            gone = self._drop(key)
            return Post(self._delete(key)) if gone and self.habit.echoes else None
        row = self._row(key)
        changed = [name for name in FIELDS if name in sent]
        for name in changed:
            value = sent[name]
            _put(row, name, self.spell(None if value is None else str(value)))
        return Post(self.write(key, changed)) if self.habit.echoes else None

    def _row(self, key: str) -> Stored:
        """The row of a key, made if it is not there."""
        if key not in self.rows:
            self.made += 1
            self.rows[key], self.ids[key] = {}, 1000 * self.number + self.made
        return self.rows[key]

    def _drop(self, key: str) -> bool:
        """Delete the row of a key; whether there was one."""
        self.ids.pop(key, None)
        return self.rows.pop(key, None) is not None

    def _delete(self, key: str) -> Write:
        return Write(ENTITY, key, Mode.DELETE, confirms=self.habit.files)

    def write(self, key: str, changed: list[str]) -> Write:
        """The row as the partner's style writes it."""
        row = self.rows[key]
        if self.habit.style is Style.WHOLE:
            return Write(ENTITY, key, Mode.WHOLE, dict(row), confirms=self.habit.files)
        names = FIELDS if self.habit.style is Style.EVERY else changed
        return Write(ENTITY, key, Mode.PARTIAL, {name: row.get(name) for name in names})

    def everything(self, key: str) -> Write:
        """The whole row, to be sent again."""
        return self.write(key, list(FIELDS))


def _put(row: Stored, name: str, value: str | None) -> None:
    if value is None:
        row.pop(name, None)
    else:
        row[name] = value
