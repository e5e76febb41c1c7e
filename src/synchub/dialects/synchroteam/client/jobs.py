"""Jobs are sent, validated and cancelled by calls of their own; no server deletes one, so what is gone is cancelled.

A server numbers jobs itself: its number is kept with a mark and sent from then on, ours never is.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from synchub.dialects.synchroteam.client.answers import Answer
from synchub.dialects.synchroteam.client.forms import Call, Form, Request
from synchub.dialects.synchroteam.client.rows import Listed, Lists, Member, moment_sent, row_of
from synchub.dialects.synchroteam.ids import ANOTHER_HUBS, own_text, said_id
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.jobs.states import State
from synchub.dialects.synchroteam.words import number_out
from synchub.master.values import as_decimal
from synchub.outbox.sender import Other, Outcome, Parcel, Verdict

SERVERS_OWN = frozenset({"number", "creator", "validated_at", "validated_by"})
"""What a server says of a job itself."""
_FINAL = {State.VALIDATED: "Validate", State.CANCELLED: "Cancel"}


def _part(one: Member, named: Member, _zone: str) -> Member:
    return named | {"quantity": number_out(as_decimal(one.get("quantity")))}


def _activity(one: Member, named: Member, zone: str) -> Member:
    return named | {"start": moment_sent(one.get("begin"), zone), "stop": moment_sent(one.get("end"), zone)}


LISTS: Lists = {
    "parts": Listed("item", "reference", "id", "reference", _part),
    "activities": Listed("employee", "login", "idUser", "login", _activity),
}


def named(job: Other) -> dict[str, Any]:
    """How an object {id, myId, num} names a job: by an imported id, the number that the server told, or its key."""
    if text := own_text(job):
        return {"id": text}
    number = said_id(job.their_id)
    return {JOB.key: job.key} if number is None else {"num": number}


class Jobs(Form):
    """The form of jobs."""

    def called(self, parcel: Parcel) -> dict[str, Any]:
        """The id that was imported, or the number that the server told."""
        known = named(Other(parcel.entity, parcel.key, parcel.their_id, None))
        return {JOB.id_word if word == "id" else word: value for word, value in known.items() if word != JOB.key}

    def answered(self, answer: Answer) -> int | None:
        """The number in an answer."""
        return answer.code

    def kept(self, outcome: Outcome, parcel: Parcel) -> Outcome:
        """The outcome with the number that was answered; an id that was imported stays what it is."""
        if outcome.verdict is Verdict.ACCEPTED and own_text(parcel) is None:
            answered = self.answered(Answer.of((outcome.answer or "").encode()))
            if answered is not None and answered != said_id(parcel.their_id):
                outcome.their_ids = {parcel.copy: f"{ANOTHER_HUBS}{answered}"}
        return outcome

    def send(self, call: Call, parcel: Parcel, zone: str) -> Outcome:
        """Create or update it, and then validate or cancel it, if that is what became of it."""
        row = row_of(self.kind, parcel, zone, self.lists)
        final = _FINAL.get(row.get("status", -1))
        if final:
            del row["status"]
        outcome = Outcome(Verdict.ACCEPTED)
        if parcel.is_new or row.keys() - {self.kind.key}:
            outcome = self.kept(call(self.sending(self.called(parcel) | row)), parcel)
        if final is None or outcome.verdict is not Verdict.ACCEPTED:
            return outcome
        ended = self._end(call, parcel, final)
        ended.their_ids = outcome.their_ids
        return ended

    def _end(self, call: Call, parcel: Parcel, final: str) -> Outcome:
        """Validate or cancel a job; one that is not completed there yet is that first."""
        ending = self._ending(parcel, final)
        outcome = call(ending)
        if final == "Cancel" or outcome.verdict is not Verdict.REFUSED:
            return outcome
        completed = {**self._named(parcel), "status": int(State.COMPLETED)}
        outcome = call(self.sending(completed))
        return call(ending) if outcome.verdict is Verdict.ACCEPTED else outcome

    def delete(self, call: Call, parcel: Parcel) -> Outcome:
        """Cancel it."""
        return call(self._ending(parcel, "Cancel"))

    def _ending(self, parcel: Parcel, final: str) -> Request:
        ((word, value),) = self._named(parcel).items()
        selector = urlencode({"id" if word == JOB.id_word else word: value})
        return Request("PUT", f"/{self.resource}/{final}?{selector}")

    def _named(self, parcel: Parcel) -> Mapping[str, Any]:
        """The word by which the server knows it best."""
        return self.called(parcel) or {self.kind.key: parcel.key}


FORM = Jobs(JOB, "Jobs", SERVERS_OWN, LISTS)
