"""How a server is told of each kind of record, and what it cannot be told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

from pydantic import ValidationError

from synchub.dialects.synchroteam.client.answers import Accepts, Answer, anyhow, by_code
from synchub.dialects.synchroteam.client.rows import Lists, columns_of, model_of, row_of
from synchub.dialects.synchroteam.ids import kept, said_id
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.wire import faults_of
from synchub.master.copies import EXISTS
from synchub.master.values import Value
from synchub.outbox.sender import Outcome, Parcel, Verdict


@dataclass(frozen=True, slots=True)
class Request:
    """One call: `accepts` says which answers to it are good."""

    method: str
    path: str
    content: str = ""
    accepts: Accepts = by_code


class Call(Protocol):
    """Makes calls within what is left of an attempt's time."""

    def __call__(self, request: Request) -> Outcome:
        """How a call ended."""

    def content(self, digest: str) -> bytes:
        """The bytes of a SHA-256.

        Raises:
            SynchubError: they cannot be had.
        """


@dataclass(frozen=True, slots=True)
class Form:
    """How records of a kind are told: by a Send and a Delete of the resource that is called `resource`."""

    kind: Kind
    resource: str
    left_out: frozenset[str] = frozenset()
    lists: Lists = field(default_factory=dict)

    def told(self) -> frozenset[str]:
        """The columns that the server is told."""
        return columns_of(self.kind) - self.left_out

    def required(self) -> Mapping[str, Value]:
        """The columns that go with every row."""
        return dict.fromkeys((name for name in self.kind.required if name in self.told()), None)

    def check(self, parcel: Parcel) -> str | None:
        """Why a parcel cannot be sent, naming the word; None if it can."""
        if not parcel.exists:
            return None
        try:
            model = model_of(self.kind, parcel, self.lists)
        except ValidationError as error:
            return "; ".join(f"{fault.word} {fault.rule}" for fault in faults_of(error))
        except ValueError as error:
            return str(error)
        missing = [name for name in self.required() if getattr(model, name) is None]
        return f"{self.kind.row.columns[missing[0]]} is required" if missing else None

    @property
    def together(self) -> int:
        """The most records of which one call tells."""
        return 1

    def tell(self, call: Call, parcels: Sequence[Parcel], zone: str) -> Outcome:
        """Tell the server of a record, or that it is gone."""
        (parcel,) = parcels
        return self.send(call, parcel, zone) if parcel.exists else self.delete(call, parcel)

    def send(self, call: Call, parcel: Parcel, zone: str) -> Outcome:
        """Create or update it."""
        outcome = call(self.sending(self.called(parcel) | row_of(self.kind, parcel, zone, self.lists)))
        return self.kept(outcome, parcel)

    def sending(self, row: Mapping[str, Any]) -> Request:
        """The call that sends a row."""
        return Request("POST", f"/{self.resource}/Send", spelled(row))

    def called(self, parcel: Parcel) -> dict[str, Any]:
        """The server's own id, once it has told one."""
        number = said_id(parcel.their_id)
        return {} if number is None else {self.kind.id_word: number}

    def kept(self, outcome: Outcome, parcel: Parcel) -> Outcome:
        """The outcome with the id that was answered, where it is another than the one that is known."""
        if outcome.verdict is Verdict.ACCEPTED:
            answered = self.answered(Answer.of((outcome.answer or "").encode()))
            if answered is not None and answered != said_id(parcel.their_id):
                outcome.their_ids = {parcel.copy: kept(answered)}
        return outcome

    def answered(self, answer: Answer) -> int | None:
        """The id in an answer."""
        return answer.code

    def delete(self, call: Call, parcel: Parcel) -> Outcome:
        """Delete it: by its id, and where that is gone by its key, for it may have been made again under another id."""
        selectors = [f"{self.kind.id_word}={number}" for number in self.called(parcel).values()]
        selectors.append(f"{self.kind.key}={quote(parcel.key, safe='')}")
        outcome = Outcome(Verdict.UNKNOWN)
        for selector in selectors:
            outcome = call(self.deleting(selector))
            gone = Answer.of((outcome.answer or "").encode()).code
            if outcome.verdict is not Verdict.ACCEPTED or gone:
                break
        return outcome

    def deleting(self, selector: str) -> Request:
        """The call that deletes what a selector means."""
        return Request("DELETE", f"/{self.resource}/Delete?{selector}", accepts=anyhow)


class Lasting(Form):
    """The form of records that no server deletes."""

    def check(self, parcel: Parcel) -> str | None:
        """As every form; what is gone cannot be told."""
        return super().check(parcel) if parcel.exists else f"no {self.kind.noun} can be deleted there: do it by hand"


def spelled(row: Any) -> str:
    """A row as it travels."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def says(parcel: Parcel) -> bool:
    """Whether a parcel says anything but that its record exists."""
    return bool(parcel.sent.keys() - {EXISTS})
