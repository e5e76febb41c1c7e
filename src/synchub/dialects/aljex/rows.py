"""From a form to a write: which table, which key, what it says.

Whatever names a table and an action is taken in some way: production feeds expect 200, and nobody knows what Aljex
does with anything else (facts/aljex.md, section 1).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from synchub.dialects.aljex.form import Form
from synchub.dialects.aljex.settings import AljexSettings
from synchub.dialects.aljex.tables import TABLES, model_of
from synchub.dialects.wire import Wire
from synchub.errors import Unreadable
from synchub.master import values
from synchub.master.convergence import Mode
from synchub.master.entities import entity_of
from synchub.master.entities.entity import Field
from synchub.master.writes import Write

TABLE, ACTION = "web_sync_table_name", "web_sync_action"
CONSTANTS = {TABLE, ACTION}
DELETE = "delete"
ACTIONS = ("create", "insert", "update", DELETE)
"""All but the last say what the whole record is now."""
LONGEST_KEY = 255
QUOTED = 40
"""The characters of a value that are repeated in a sentence about it."""
EMPTY_TIME = ":"
EXPECTED: dict[Callable[[values.Value], Any], str] = {
    values.as_decimal: "number",
    values.as_date: "date",
    values.as_flag: "yes or no",
}


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A form that is kept for the operator, because only he can know what it is about."""

    reason: str


def read_row(form: Form, settings: AljexSettings) -> Write | Quarantined:
    """What the form says.

    Raises:
        Unreadable: it names no table or no action, so it is no request of this dialect.
    """
    table, action = _required(form, TABLE).lower(), _required(form, ACTION)
    names = settings.key_fields(table)
    if torn := form.cut & {TABLE, ACTION, *names}:
        return Quarantined(f"{', '.join(sorted(torn))} holds another field, which is a secret")
    if action.lower() not in ACTIONS:
        return Quarantined(f"{ACTION} '{action[:QUOTED]}' is none of {', '.join(ACTIONS)}")
    found = next(((name, key) for name in names if (key := form.value(name))), None)
    if found is None:
        return Quarantined(f"the record of '{table[:QUOTED]}' has no {' or '.join(names)}")
    model = model_of(table)
    key = key_of(table, found[1])
    if len(key) > LONGEST_KEY:
        return Quarantined(f"the key is longer than {LONGEST_KEY} characters")
    write = (
        Write(entity_of(model.entity), key, Mode.DELETE)
        if action.lower() == DELETE
        else _whole(form, model, key, found[0])
    )
    write.confirms = bool(settings.files)
    return write


def _required(form: Form, name: str) -> str:
    value = form.value(name)
    if value is None:
        raise Unreadable(f"{name} is missing")
    return value


def key_of(table: str, key: str) -> str:
    """The external key of a table's record: in tables without an entity of their own it begins with the table."""
    return key if table in TABLES else f"{table.replace('%', '%25').replace(':', '%3A')}:{key}"


def _whole(form: Form, model: type[Wire], key: str, key_field: str) -> Write:
    """The record as it is now. Its blanks are not repeated: in a whole write an absent field is a blank already."""
    known: dict[str, str] = {}
    extra: dict[str, str] = {}
    for name, (spelt, value) in form.fields.items():
        if name in model.words and name not in form.redacted:
            known[model.words[name]] = value
        elif name not in CONSTANTS and name != key_field and (kept := values.clean(value)):
            extra[spelt] = kept
    write = Write(entity_of(model.entity), key, Mode.WHOLE, model.model_validate(known).stated(), extra)
    look_through(write, model)
    return write


def look_through(write: Write, model: type[Wire]) -> None:
    """Note the values that are not of their field's kind. A lone colon names no record, so it makes no reference."""
    for name, column in _particular(model).items():
        value = write.fields.get(name)
        if isinstance(value, str) and (expected := _expected(column, value)):
            word = model.columns[name]
            write.problems.append(f"{word} holds '{value[:QUOTED]}' where a {expected} is expected")
            if column.refers_to:
                write.fields[name], write.extra[word] = None, value


@cache
def _particular(model: type[Wire]) -> dict[str, Field]:
    """The columns that do not take every text."""
    columns = model.entity.fields().items()
    return {name: column for name, column in columns if column.refers_to or column.read in EXPECTED}


def _expected(column: Field, value: str) -> str | None:
    """What the column expects, if the value is not that."""
    if column.refers_to:
        return column.refers_to if value == EMPTY_TIME or len(value) > LONGEST_KEY else None
    return EXPECTED.get(column.read) if column.read(value) is None else None
