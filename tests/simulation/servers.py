"""How a partner of the simulator answers a call: as nobody in particular, or as a Synchroteam server.

The server is told by the dialect's own sender. It gives each row a number of its own, finds a row by that number, else
by our key, and makes one where it finds none (facts/synchroteam.md: an unknown id creates).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.simulation.history import STORED, Call, Fate
from tests.simulation.partners import Partner, Post, Violation

from synchub.dialects.synchroteam.client import SynchroteamSender
from synchub.dialects.synchroteam.settings import SynchroteamSettings
from synchub.master.copies import EXISTS, Row
from synchub.outbox.http import OutboundClient, Response, Unanswered
from synchub.outbox.sender import Outcome, Parcel, Verdict

SETTINGS = SynchroteamSettings(url="http://server")
WORDS = {"name": "name", "contactPhone": "phone", "contactEmail": "email"}


def told(partner: Partner, parcels: Sequence[Parcel], call: Call) -> tuple[Outcome, list[Post]]:
    """What comes of a call: how it ends for the hub, and what the partner's trigger posts about it."""
    if partner.habit.numbers:
        server = Server(partner, call)
        return SynchroteamSender(SETTINGS, "hub:key", "UTC", server).send(parcels, 1.0), server.posts
    posts = [partner.stored(parcel.key, parcel.sent) for parcel in parcels] if call.fate in STORED else []
    return _plain(call, len(parcels)), [post for post in posts if post is not None]


def _plain(call: Call, count: int) -> Outcome:
    """How a call ends; one of several records that is refused as a whole says nothing of any."""
    if call.fate is Fate.REFUSED:
        return Outcome(Verdict.REFUSED if count == 1 else Verdict.TROUBLE)
    if call.fate in {Fate.TROUBLE, Fate.LATER}:
        return Outcome(Verdict.TROUBLE, retry_after=call.later if call.fate is Fate.LATER else None)
    return Outcome(Verdict.ACCEPTED if call.fate is Fate.ACCEPTED else Verdict.UNKNOWN)


@dataclass(slots=True)
class Server(OutboundClient):
    """The server at the other end of the dialect's sender, during one call."""

    partner: Partner
    fate: Call
    posts: list[Post] = field(default_factory=list)

    def call(self, method: str, url: str, content: bytes, headers: Mapping[str, str], deadline: float) -> Response:
        fate = self.fate.fate
        code = self._carry_out(method, urlsplit(url).query, content) if fate in STORED else 0
        if fate in {Fate.LOST, Fate.ANSWER_LOST}:
            raise Unanswered("nobody answers")
        return {
            Fate.ACCEPTED: _answer(200, code),
            Fate.GARBLED: Response(200, {}, b"<html>Welcome</html>"),
            Fate.BROKEN: _answer(500, 0),
            Fate.TROUBLE: _answer(503, 0),
            Fate.LATER: _answer(429, 0, {"retry-after": f"{self.fate.later:.0f}"}),
            Fate.REFUSED: _answer(400, 0),
        }.get(fate, _answer(200, code))

    def close(self) -> None:
        """Nothing is held open."""

    def _carry_out(self, method: str, query: str, content: bytes) -> int:
        """The code of the answer: the number of the row that was sent, or how many were deleted."""
        row = dict(parse_qsl(query)) if method == "DELETE" else json.loads(content)
        number = int(row["id"]) if "id" in row else None
        keys = [key for key, known in self.partner.ids.items() if number == known]
        if method == "DELETE":
            return self._delete(keys if number is not None else [row["myId"]])
        key = str(row["myId"])
        if keys and keys != [key]:
            raise Violation(f"{key} was sent under the number of {keys}")
        self._store(key, {EXISTS: True, **{name: row[word] or None for word, name in WORDS.items() if word in row}})
        return self.partner.ids[key]

    def _delete(self, keys: Sequence[str]) -> int:
        found = [key for key in keys if key in self.partner.rows]
        for key in found:
            self._store(key, {EXISTS: False})
        return len(found)

    def _store(self, key: str, sent: Row) -> None:
        if post := self.partner.stored(key, sent):
            self.posts.append(post)


def _answer(status: int, code: int, headers: Mapping[str, str] | None = None) -> Response:
    told: dict[str, Any] = {"code": code, "message": "" if code else "no"}
    return Response(status, headers or {}, json.dumps(told).encode())
