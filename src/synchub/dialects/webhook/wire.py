"""What a webhook says: the state of a record as it is now, or one change of it.

References are the receiver's own keys, the `key` that its earlier webhooks named the record by. Decimals and
dates are texts in one canonical spelling.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synchub import clock
from synchub.master.copies import Row
from synchub.master.entities import ENTITIES
from synchub.outbox.sender import FeedEvent, Parcel

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One webhook: `id` is the same for each try to tell the same thing, so that a receiver can drop repeats."""

    id: str
    document: Document


def state_event(parcel: Parcel) -> Event:
    """The record as it is now; `changed` are the fields by which the receiver's copy differed, a blank as null."""
    forced = f"_r{parcel.forced}" if parcel.forced else ""
    data = {
        "record": parcel.record,
        "entity": parcel.entity,
        "code": parcel.code,
        "key": parcel.key,
        "label": parcel.label,
        "version": parcel.version,
        "number": parcel.number,
        "exists": parcel.exists,
        "fields": {name: value for name, value in _told(parcel.entity, parcel.state).items() if value is not None},
        "changed": _told(parcel.entity, parcel.sent),
    }
    return Event(f"rec_{parcel.record}_v{parcel.version}{forced}", _document(parcel.entity, _step(parcel), data))


def change_event(change: FeedEvent) -> Event:
    """One row of the change feed."""
    data = {**change, "said": _steps(change["said"]), "became": _steps(change["became"])}
    return Event(f"chg_{change['number']}", _document(change["entity"], "changed", data))


def _document(entity: str, step: str, data: Document) -> Document:
    return {"type": f"{entity}.{step}", "timestamp": clock.iso(clock.now()), "data": data}


def _step(parcel: Parcel) -> str:
    if not parcel.exists:
        return "deleted"
    return "created" if parcel.is_new else "updated"


def _told(entity: str, row: Row) -> Row:
    """The fields of a row; `exists` has its own place."""
    fields = ENTITIES[entity].fields()
    return {name: value for name, value in row.items() if name in fields}


def _steps(steps: Mapping[str, Any]) -> Document:
    """Field → what it was and what it is; the stamp of a statement, if there is one, tells nothing to a receiver."""
    return {name: {"before": step[0], "after": step[1]} for name, step in steps.items()}
