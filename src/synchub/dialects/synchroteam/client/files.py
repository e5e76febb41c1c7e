"""Attachments are sent with their bytes; a server has no call that changes or deletes one.

Its id is in `data`, and `result` says whether it was taken (ATT-1). Only a hub knows the `myId`: by it a file that
comes again, also by way of other hubs, is no other one.
"""

import base64
from typing import Any

from synchub.dialects.synchroteam.client.answers import Answer
from synchub.dialects.synchroteam.client.forms import Call, Form, Request, spelled
from synchub.dialects.synchroteam.client.jobs import named as job_named
from synchub.dialects.synchroteam.client.rows import named
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.files import ATTACHMENT
from synchub.dialects.synchroteam.ids import whole
from synchub.dialects.synchroteam.kinds import Reference
from synchub.errors import NotFound, SynchubError
from synchub.outbox.sender import Outcome, Parcel, Verdict

TOLD = frozenset({"file_name", "content", "job_id", "customer_id"})
CUSTOMER_OBJECT = Reference("customer_id", CUSTOMER, id="id", key="myId")


class Files(Form):
    """The form of attachments."""

    def told(self) -> frozenset[str]:
        """What a Send says of a file; the rest follows from its bytes."""
        return TOLD

    def check(self, parcel: Parcel) -> str | None:
        """Why a file cannot be sent."""
        if not parcel.exists:
            return "no attachment can be deleted there: do it by hand"
        if not parcel.is_new:
            return "no attachment can be changed there: do it by hand"
        if not parcel.sent.get("content") or not parcel.sent.get("file_name"):
            return "fileName and fileData are required"
        return None if parcel.referred else "job or customer is required"

    def send(self, call: Call, parcel: Parcel, zone: str) -> Outcome:  # noqa: ARG002 - a file has no moments
        """Send it, with its bytes."""
        try:
            content = call.content(str(parcel.sent["content"]))
        except NotFound as error:
            return Outcome(Verdict.REFUSED, str(error))
        except SynchubError as error:
            return Outcome(Verdict.TROUBLE, str(error))
        data = base64.b64encode(content).decode()
        named = {"myId": parcel.key, "fileName": parcel.sent["file_name"]}
        row = named | _owners(parcel) | {"fileData": data}
        return self.kept(call(Request("POST", f"/{self.resource}/Send", spelled(row))), parcel)

    def answered(self, answer: Answer) -> int | None:
        """The id in an answer."""
        return whole(str(answer.data.get("id", "")))


def _owners(parcel: Parcel) -> dict[str, Any]:
    """The job and the customer that a file belongs to."""
    row: dict[str, Any] = {}
    if job := parcel.others.get(parcel.referred.get("job_id", 0)):
        row["job"] = job_named(job)
    if customer := parcel.others.get(parcel.referred.get("customer_id", 0)):
        row["customer"] = named(CUSTOMER_OBJECT, customer)
    return row


FORM = Files(ATTACHMENT, "Attachments")
