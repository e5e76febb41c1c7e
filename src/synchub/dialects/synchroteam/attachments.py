"""Files and photos of jobs and customers, and a job's report as a document."""

import base64
import logging
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

from fastapi.responses import Response

from synchub.contents import keeping
from synchub.contents.keeping import Kept, shelf
from synchub.dialects.synchroteam import description, formats, references, sending
from synchub.dialects.synchroteam.bodies import Row
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.description import NUMBER, TEXT
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint
from synchub.dialects.synchroteam.faults import Declined, refused
from synchub.dialects.synchroteam.files import ATTACHMENT, PHOTO, columns_of, photos_of, read_bytes
from synchub.dialects.synchroteam.jobs.kind import JOB
from synchub.dialects.synchroteam.kinds import Reference
from synchub.dialects.synchroteam.linking import file_link
from synchub.dialects.synchroteam.references import Naming
from synchub.dialects.synchroteam.reporting import letterhead, sheet_of
from synchub.dialects.synchroteam.sending import Place, Said
from synchub.dialects.synchroteam.views import Seen, first, readable
from synchub.errors import Misconfigured, NotFound, SynchubError
from synchub.intake.alone import Work
from synchub.intake.submission import Answer, Arrival
from synchub.master.values import storable
from synchub.printing.sheet import Sheet

PDF = "application/pdf"
JOB_OBJECT, CUSTOMER_OBJECT, DATA = "job", "customer", "fileData"
_OBJECTS = {
    JOB_OBJECT: Reference("job_id", JOB, id="id", key="myId", name="num"),
    CUSTOMER_OBJECT: Reference("customer_id", CUSTOMER, id="id", key="myId"),
}

log = logging.getLogger(__name__)


def _send(door: Door, call: Call) -> Response:
    """Attach a file to a job, a customer, or both: to all that the body names."""

    def plan() -> Callable[[Arrival], Work]:
        call.may_write(ATTACHMENT)
        row = call.row()
        call.parameters()
        said, content = _read(call, row)
        with door.reading() as session:
            references.resolve(session, call.connection, said.namings)  # nothing is kept that belongs nowhere
        kept = keeping.keep(content, str(said.fields["file_name"]), door.hub.settings)
        said.fields |= columns_of(kept)
        return lambda arrival: sending.send(
            ATTACHMENT, call.connection, arrival, said, _recording(kept), _attached, _unattached
        )

    return door.write(call, plan, _unattached, lambda answer: _with_link(door, call, answer))


def _read(call: Call, row: Row) -> tuple[Said, bytes]:
    """What a row says of a file, and its bytes.

    Raises:
        Declined: it breaks a rule; the text names the words.
    """
    apart = {word.lower(): word for word in (*_OBJECTS, DATA)}
    own = {apart[name.lower()]: value for name, value in row.items() if name.lower() in apart}
    said = sending.read(ATTACHMENT, call.connection, {n: v for n, v in row.items() if n.lower() not in apart})
    said.namings += [naming for word in _OBJECTS if not (naming := _naming(word, own.get(word))).is_blank]
    if said.fields.get("file_name") is None:
        raise Declined("fileName is required")
    if not said.namings:
        raise Declined("job or customer is required, with the id, the myId or the num of one that is there")
    return said, read_bytes(own.get(DATA), DATA)


def _naming(word: str, value: Any) -> Naming:
    return references.of_object(_OBJECTS[word], value, word)


def _recording(kept: Kept) -> sending.Prepare:
    return lambda place: keeping.record(place.session, kept)


def _attached(place: Place) -> Answer:
    return {"data": {"id": str(place.id)}, "msg": [], "result": "1"}


def _unattached(message: str) -> Answer:
    return {"data": None, "msg": [storable(message)], "result": "0"}


def _with_link(door: Door, call: Call, answer: Answer) -> Answer:
    """The answer with the link of the file as it is now: links are not kept, as they can be withdrawn."""
    if answer["data"] is None:
        return answer
    with door.reading() as session:
        seen = first(session, call.connection, ATTACHMENT, {"id": int(answer["data"]["id"])})
        where = (door.hub, call.request, call.connection, ATTACHMENT.entity)
        url = file_link(session, *where, seen.row.id) if seen else ""
    return answer | {"data": {"id": answer["data"]["id"], "url": url}}


def _photos(door: Door, call: Call) -> Response:
    """All photos of a job."""
    readable(call.connection, PHOTO)
    with door.reading() as session:
        job = _job(door, call)
        rows = _photo_rows(door, job, photos_of(session, call.connection, job.row.id))
        return formats.listing(call.request, rows, root=PHOTO.root)


def _job(door: Door, call: Call) -> Seen:
    """The job that a query means."""
    readable(call.connection, JOB)
    wanted = call.selected(("num", "id", "myId"), numbers=("num",))
    with door.reading() as session:
        seen = first(session, call.connection, JOB, wanted)
    if seen is None:
        raise NotFound(f"no job has this {next(iter(wanted))}")
    return seen


def _photo_rows(door: Door, job: Seen, photos: list[Seen]) -> Iterator[dict[str, Any]]:
    """Photos in the vendor's words, one after the other: their bytes may be many."""
    for photo in photos:
        yield {
            "job": {"id": job.id, "myId": job.key, "num": job.row.number},
            "iteration": photo.row.iteration or 0,
            "fileName": photo.row.file_name or "",
            "comment": photo.row.comment or "",
            "imageData": base64.b64encode(_content(door, photo)).decode(),
        }


def _content(door: Door, photo: Seen) -> bytes:
    if not photo.row.content:
        return b""
    try:
        return shelf(door.hub.settings).get(photo.row.content)
    except NotFound as error:
        log.error("a photo is lost", extra={"photo": photo.row.file_name, "said": str(error)})  # noqa: TRY400 - no fault of the code
        raise SynchubError(f"the photo {photo.row.file_name} is lost") from None


def _report(door: Door, call: Call) -> Response:
    """The report of a job: within a document, or by itself to those who ask for that."""
    job = _job(door, call)
    with door.reading() as session:
        sheet = sheet_of(session, door.hub.settings, call.connection, job.row.id)
    try:
        made = _printed(door, sheet)
    except Misconfigured as error:
        log.error("a report cannot be printed", extra={"said": str(error)})  # noqa: TRY400 - no fault of the code
        return formats.reply(call.request, refused(str(error)), HTTPStatus.INTERNAL_SERVER_ERROR)
    if formats.asked(call.request, frozenset({PDF})).type == PDF:
        return formats.document(call.request, made, PDF, f"report-{sheet.number}.pdf")
    return formats.reading(call.request, {"pdfData": base64.b64encode(made).decode()}, root="JobPdf")


def _printed(door: Door, sheet: Sheet) -> bytes:
    from synchub.printing import paper

    return paper.pdf(sheet, letterhead(door.hub.settings), door.hub.settings.fonts)


_NAMED = {"id": TEXT, "myId": TEXT}
_JOB_SCHEMA = {"type": ["object", "null"], "properties": {**_NAMED, "num": {"type": ["integer", "string", "null"]}}}
_FILE = {
    "type": "object",
    "title": "Attachment",
    "properties": {
        JOB_OBJECT: _JOB_SCHEMA,
        CUSTOMER_OBJECT: {"type": ["object", "null"], "properties": _NAMED},
        "fileName": TEXT,
        DATA: {"type": "string", "contentEncoding": "base64"},
    },
}
_ATTACHED = {
    "type": "object",
    "title": "Result",
    "properties": {
        "data": {"type": ["object", "null"], "properties": {"id": TEXT, "url": TEXT}},
        "msg": description.TEXTS,
        "result": TEXT,
    },
    "required": ["data", "msg", "result"],
}
_REFUSED: dict[int | str, dict[str, Any]] = {
    status: description.answer(told, {"anyOf": [_ATTACHED, description.RESULT]})
    for status, told in {
        400: "The body cannot be read, or the file's type is not taken; nothing was done.",
        403: "The connection may not do this, or not from this address.",
        413: "The file is too large.",
        415: "The body is neither JSON nor XML.",
    }.items()
}
_PHOTO = {
    "type": "object",
    "title": PHOTO.root,
    "properties": {
        "job": {"type": "object", "properties": {**_NAMED, "num": NUMBER}},
        "iteration": NUMBER,
        "fileName": TEXT,
        "comment": TEXT,
        "imageData": TEXT,
    },
}
_PRINTED = {"type": "object", "title": "JobPdf", "properties": {"pdfData": TEXT}}
_SELECTORS = {"parameters": description.query(num=NUMBER, id=TEXT, myId=TEXT)}
_NONE = {404: description.answer("There is no such job.")}

ENDPOINTS = (
    Endpoint(
        "POST",
        "/Attachments/Send",
        _send,
        "Attach a file to a job or a customer",
        {
            "responses": {
                200: description.answer("Its id and where it is; or result 0, and in `msg` why not.", _ATTACHED),
                **description.WRITE,
                **description.TYPED,
                **_REFUSED,
            },
            "openapi_extra": description.body(
                "The file, and the job (by `id`, `myId` or `num`), the customer (by `id` or `myId`) or both to which "
                "it belongs. Names are matched in any letter case.",
                _FILE,
            ),
        },
        writes=True,
        large=True,
    ),
    Endpoint(
        "GET",
        "/Jobs/Photos",
        _photos,
        "All photos of a job",
        {
            "responses": {
                200: description.answer("The photos.", {"type": "array", "items": _PHOTO}),
                **description.READ,
                **_NONE,
            },
            "openapi_extra": _SELECTORS,
        },
    ),
    Endpoint(
        "GET",
        "/Jobs/PDF",
        _report,
        "The report of a job as PDF",
        {
            "responses": {
                200: description.also(description.answer("The report.", _PRINTED), PDF),
                **description.READ,
                **_NONE,
            },
            "openapi_extra": _SELECTORS,
        },
        also=frozenset({PDF}),
    ),
)
