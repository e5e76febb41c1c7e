"""Invoices and quotations, which have no key: a server numbers them, and none of its calls deletes one.

Ours is not sent, as it may be another document's there. The number that a server answers is kept with a mark and the
type within which it counts, and sent from then on. Until then a hub, but no other server, knows a document by its
`myId`: by what is sent again it makes no other one, and of two documents with the same words it makes two.
"""

from typing import Any

from synchub.dialects.synchroteam.client.answers import Answer
from synchub.dialects.synchroteam.client.forms import Call, Lasting, Request, spelled
from synchub.dialects.synchroteam.client.jobs import named as job_named
from synchub.dialects.synchroteam.client.rows import Listed, Lists, Member, named, row_of
from synchub.dialects.synchroteam.ids import whole
from synchub.dialects.synchroteam.invoices.called import Called
from synchub.dialects.synchroteam.invoices.kind import INVOICE
from synchub.dialects.synchroteam.invoices.sending import ACTION, ADD, OBJECTS, REPLACE
from synchub.dialects.synchroteam.words import text_out
from synchub.master.values import as_decimal
from synchub.outbox.sender import Other, Outcome, Parcel, Verdict

SERVERS_OWN = frozenset({"number", "total"})
"""What a server says of a document itself."""
_AMOUNTS = ("description", "price", "tax", "quantity", "discount")
_PLAIN = ("type", "status", "dueDate", "lines")
"""The words that are no objects."""


def _line(one: Member, part: Member, _zone: str) -> Member:
    """A line; one that is free names no part, as a server would take the part's price."""
    said = {word: text_out(one.get(word)) for word in _AMOUNTS}
    return (part if as_decimal(one.get("price")) else {"reference": ""}) | said


LISTS: Lists = {"lines": Listed("item", "reference", "idPart", "reference", _line)}


def numbered(answer: Answer) -> bool:
    """A success, which the vendor's example answers with code 0, a number and no text (INV-1)."""
    return bool(answer.code) or (_number(answer) is not None and not answer.text)


def _number(answer: Answer) -> int | None:
    return whole(str(answer.data.get("num", "")))


class Invoices(Lasting):
    """The form of documents."""

    def check(self, parcel: Parcel) -> str | None:
        """As every form; a change must say which document is meant, and its type is what it is."""
        there = Called.of(parcel.their_id, parcel.label)
        if parcel.exists and not parcel.is_new and there is None:
            return "the num that it has there is not known: change it by hand"
        if parcel.exists and there and there.type != parcel.state.get("kind"):
            return f"type cannot be changed: there it is the {there.type} with the num {there.number}"
        return super().check(parcel)

    def send(self, call: Call, parcel: Parcel, zone: str) -> Outcome:
        """Create or update it; lines that are not said stay, as adding none changes none."""
        there, row = Called.of(parcel.their_id, parcel.label), row_of(self.kind, parcel, zone, self.lists)
        said = {word: row[word] for word in _PLAIN if word in row} | _owners(parcel)
        named: dict[str, Any] = {"num": there.number} if there else {"myId": parcel.key}
        action = REPLACE if "lines" in said else ADD
        outcome = call(
            Request("POST", f"/{self.resource}/Send", spelled(named | {ACTION: action} | said), accepts=numbered)
        )
        return self.kept(outcome, parcel)

    def answered(self, answer: Answer) -> int | None:
        """The number in an answer."""
        return _number(answer)

    def kept(self, outcome: Outcome, parcel: Parcel) -> Outcome:
        """The outcome with the number that was answered, where it is another than the one that is known."""
        number = self.answered(Answer.of((outcome.answer or "").encode()))
        if outcome.verdict is Verdict.ACCEPTED and number is not None:
            there = Called(str(parcel.state["kind"]), number)
            is_known = there == Called.of(parcel.their_id, parcel.label)
            outcome.their_ids = {} if is_known else {parcel.copy: there.kept()}
        return outcome


def _owners(parcel: Parcel) -> dict[str, Any]:
    """Whose a document is; with a job also that it is nobody else's, as a server would take them from the job."""
    columns = {each.column for each in OBJECTS.values()}
    said = columns if "job_id" in parcel.sent else columns & parcel.sent.keys()
    return {word: _owner(word, parcel) for word, each in OBJECTS.items() if each.column in said & parcel.state.keys()}


def _owner(word: str, parcel: Parcel) -> dict[str, Any] | None:
    reference = OBJECTS[word]
    value = parcel.state.get(reference.column)
    if value is None:
        return None
    other = parcel.others.get(parcel.referred.get(reference.column, 0))
    other = other or Other(reference.to.entity, str(value), None, None)
    return job_named(other) if reference.column == "job_id" else named(reference, other)


FORM = Invoices(INVOICE, "Invoices", SERVERS_OWN, LISTS)
