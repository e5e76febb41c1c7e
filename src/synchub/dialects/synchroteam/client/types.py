"""Types of activities, which have no key: a server finds them by its own id, else by their name.

`code` is a flag here, and the id in `data`; a delete says in its body what is meant.
"""

from collections.abc import Mapping
from typing import Any

from synchub.dialects.synchroteam.activity_types import ACTIVITY_TYPE
from synchub.dialects.synchroteam.client.answers import Answer, anyhow
from synchub.dialects.synchroteam.client.forms import Call, Form, Request, spelled
from synchub.dialects.synchroteam.ids import whole
from synchub.outbox.sender import Outcome, Parcel


class Types(Form):
    """The form of types of activities."""

    def answered(self, answer: Answer) -> int | None:
        """The id in an answer."""
        return whole(str(answer.data.get("id", "")))

    def delete(self, call: Call, parcel: Parcel) -> Outcome:
        """Delete it, by its id if the server has told one."""
        named: Mapping[str, Any] = self.called(parcel) or {"name": parcel.state.get("name") or ""}
        return call(Request("DELETE", f"/{self.resource}/Delete", spelled(named), anyhow))


FORM = Types(ACTIVITY_TYPE, "ActivityType")
