"""How a Fast server is told: one SyncData call for up to 500 rows of one form; a tombstone is a row with Status "0"."""

import json
from collections.abc import Hashable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import Field, ValidationError, field_validator

from synchub.connections.tables import Connection
from synchub.dialects.fast.faults import EMPTY, FORBIDDEN, MISSHAPEN, STRUCTURE, SUCCESS, UNKNOWN_FORM
from synchub.dialects.fast.routes import PATH
from synchub.dialects.fast.wire import BY_ENTITY, Form
from synchub.dialects.wire import faults_of
from synchub.errors import Misconfigured
from synchub.master.copies import EXISTS, Row
from synchub.master.values import Value
from synchub.outbox.http import NotConnected, OutboundClient, Response, Unanswered
from synchub.outbox.sender import Outcome, Parcel, TargetSettings, Verdict

TOKEN = "target_token"  # noqa: S105 - the name of a secret
ABOUT_THE_FORM = frozenset({UNKNOWN_FORM, FORBIDDEN})
ABOUT_THE_ROWS = frozenset({EMPTY, MISSHAPEN, STRUCTURE})
UNKNOWN = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
"""A server, or one before it, that failed on the way: nobody knows how far the rows came."""
KEPT = 2000
"""The characters of a request and of an answer that are kept with the attempt."""


class FastSettings(TargetSettings, extra="forbid"):
    """What one Fast connection is set to; nothing is needed to receive from it."""

    url: str | None = Field(
        None, description=f"the server's address, http:// or https://; {PATH} is put after it unless it ends so"
    )
    bearer: bool = Field(False, description="whether the token is sent after the word Bearer")  # noqa: FBT003

    mixed_rows: bool = Field(
        False,  # noqa: FBT003
        description="whether the rows of one call may name different attributes; a server that reads them as one table "
        "may take what a row leaves out for blank",
    )

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if value is not None and not value.lower().startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value

    @property
    def endpoint(self) -> str:
        """The address that is called."""
        base = (self.url or "").rstrip("/")
        return base if base.lower().endswith(PATH.lower()) else base + PATH


class FastSender:
    """Tells one Fast server."""

    batch = 500

    def __init__(self, settings: FastSettings, token: str, http: OutboundClient) -> None:
        self._url, self._mixed, self._http = settings.endpoint, settings.mixed_rows, http
        self._headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {token}" if settings.bearer else token,
        }

    def told(self, entity: str) -> frozenset[str]:
        return frozenset(BY_ENTITY[entity].columns) if entity in BY_ENTITY else frozenset()

    def required(self, entity: str) -> Mapping[str, Value]:
        form = BY_ENTITY[entity]
        named: dict[str, Value] = {name: None for name in form.columns if form.model_fields[name].is_required()}
        return {**named, "active": True}

    def gone(self, entity: str) -> Row:  # noqa: ARG002 - every form has a Status
        return {"active": False}

    def check(self, parcel: Parcel) -> str | None:
        try:
            _row(parcel)
        except ValidationError as error:
            return "; ".join(f"{fault.word} {fault.rule}" for fault in faults_of(error))
        except ValueError as error:
            return str(error)
        return None

    def shape(self, parcel: Parcel) -> Hashable:
        """The attributes that the row names (facts/fast.md, I20: inferred, so it is a setting)."""
        return None if self._mixed else frozenset(parcel.sent)

    def send(self, parcels: Sequence[Parcel], deadline: float) -> Outcome:
        form = BY_ENTITY[parcels[0].entity].form
        document = {"form": form, "data": [_row(parcel).dump() for parcel in parcels]}
        content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        try:
            outcome = judged(self._http.post(self._url, content.encode(), self._headers, deadline))
        except NotConnected as error:
            outcome = Outcome(Verdict.TROUBLE, str(error))
        except Unanswered as error:
            outcome = Outcome(Verdict.UNKNOWN, str(error))
        outcome.request = content[:KEPT]
        return outcome

    def close(self) -> None:
        self._http.close()


def _row(parcel: Parcel) -> Form:
    """The row of a parcel; a tombstone is one as well.

    Raises:
        ValidationError: it breaks a rule of the form.
        ValueError: the copy's key is none of this form, or not what the record says.
    """
    values = {name: value for name, value in parcel.sent.items() if name != EXISTS}
    return BY_ENTITY[parcel.entity].of_image(parcel.key, values)


def judged(answer: Response) -> Outcome:
    """What a server's answer means. Only its codes about form and rows speak of what was carried."""
    text = answer.body[:KEPT].decode(errors="replace")
    envelope = _envelope(answer.body)
    code, told = _code(envelope), str(envelope.get("messages") or "no reason given")[:500]
    if (
        HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
        and envelope.get("success") is True
        and code == SUCCESS
    ):
        return Outcome(Verdict.ACCEPTED, status=answer.status, answer=text)
    if code in ABOUT_THE_FORM:
        return Outcome(Verdict.REFUSED, f"answered code {code}: {told}", answer.status, answer=text, of_all=True)
    if code in ABOUT_THE_ROWS or (code is None and answer.status == HTTPStatus.BAD_REQUEST):
        return Outcome(Verdict.REFUSED, f"answered code {code}: {told}", answer.status, answer=text)
    if answer.status in UNKNOWN or (code is not None and code in UNKNOWN):
        return Outcome(Verdict.UNKNOWN, f"answered {code or answer.status}: {told}", answer.status, answer=text)
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES or (code is not None and code != SUCCESS):
        reason = f"answered {code or answer.status}: {told}"
        return Outcome(Verdict.TROUBLE, reason, answer.status, answer.retry_after, text)
    return Outcome(Verdict.UNKNOWN, "answered what is no SyncData answer", answer.status, answer=text)


def _envelope(body: bytes) -> dict[str, Any]:
    """The answer's members by their names in lower case; none if it is no object."""
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return {str(name).lower(): value for name, value in document.items()} if isinstance(document, dict) else {}


def _code(envelope: Mapping[str, Any]) -> int | None:
    """The answer's code, which clients compare as text; None if it has none."""
    text = str(envelope.get("code", "")).strip()
    return int(text) if text.isascii() and text.isdecimal() else None


def make_sender(connection: Connection, secrets: Mapping[str, str], http: OutboundClient) -> FastSender:
    """The sender of a connection; while its token is being rotated the newer one is used.

    Raises:
        Misconfigured: the connection has no token for the server.
    """
    settings = FastSettings.model_validate(connection.settings)
    tokens = secrets.get(TOKEN, "").split()
    if not tokens:
        raise Misconfigured(
            f"connection '{connection.name}' has no {TOKEN}: set it with 'synchub connection rotate-secret'"
        )
    return FastSender(settings, tokens[0], http)
