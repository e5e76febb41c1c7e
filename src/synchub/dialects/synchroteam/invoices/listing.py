"""Invoices/List: the documents of a job, a customer or a site, or those that changed; a question in a body."""

from fastapi.responses import Response
from sqlalchemy import ColumnElement, false
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import description
from synchub.dialects.synchroteam.description import TEXT
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint
from synchub.dialects.synchroteam.invoices.kind import INVOICE, INVOICES
from synchub.dialects.synchroteam.invoices.sending import OBJECTS
from synchub.dialects.synchroteam.kinds import Reference
from synchub.dialects.synchroteam.query import whole_number
from synchub.dialects.synchroteam.questions import Question
from synchub.dialects.synchroteam.references import by_selector
from synchub.dialects.synchroteam.verbs import listing
from synchub.dialects.synchroteam.views import conditions, matching, may_read, readable


def _list(door: Door, call: Call) -> Response:
    question = Question.of(call, tuple(OBJECTS))
    fields = readable(call.connection, INVOICE)
    with door.reading() as session:
        wanted = conditions(session, call.connection, INVOICE, question.changed)
        for word, reference in OBJECTS.items():
            wanted += _of(session, call.connection, word, reference, question)
        ids = matching(session, call.connection, INVOICE, wanted)
        return listing(session, call, INVOICE, ids, question.page, fields)


def _of(
    session: Session, connection: Connection, word: str, reference: Reference, question: Question
) -> list[ColumnElement[bool]]:
    """Whether a document refers to what an object means, by each of its members; a 0 is no id."""
    made: list[ColumnElement[bool]] = []
    for member, text in question.members(word, reference.words).items():
        is_number = member == reference.id and not reference.to.id_column
        value = whole_number(f"{word}.{member}", text) if is_number else text
        if value not in {0, "0"}:
            by = {reference.id: "id", reference.key: reference.to.key, reference.name: "name"}[member]
            found = by_selector(session, connection, reference.to, by, value)
            told = may_read(connection, INVOICE, reference.column)
            made.append(db.among(INVOICES.c[reference.column], found) if told else false())
    return made


_ROW = description.schema(INVOICE)["properties"]
LIST = Endpoint(
    "POST",
    "/Invoices/List",
    _list,
    "Invoices and quotations of a job, a customer or a site",
    description.searched(
        INVOICE,
        _ROW,
        **{word: {"type": "object", "properties": dict.fromkeys(each.words, TEXT)} for word, each in OBJECTS.items()},
    ),
    asks=True,
)
