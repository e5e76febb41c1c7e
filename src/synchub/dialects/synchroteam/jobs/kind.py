"""A job in the vendor's words (facts/synchroteam_endpoints.json, section Jobs).

Words are spelled as the example spells them: `RealBeginDate`, `ContactPhone`, `Activities` and `OtherTechnicians` begin
with a capital (JOB-1). A report is a list (JOB-4).
"""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.dialects.synchroteam.blocks import BLOCK
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.description import NUMBER, TEXT, TEXTS
from synchub.dialects.synchroteam.equipment import EQUIPMENT
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import Named
from synchub.dialects.synchroteam.jobs.lists import (
    Activities,
    Answers,
    Parts,
    activity_shown,
    answer_shown,
    part_shown,
)
from synchub.dialects.synchroteam.kinds import Kind, Mention, Reference
from synchub.dialects.synchroteam.parts import PART
from synchub.dialects.synchroteam.sending import Said
from synchub.dialects.synchroteam.sites import SITE
from synchub.dialects.synchroteam.users import USER
from synchub.dialects.synchroteam.views import Seen, conditions, matching
from synchub.dialects.synchroteam.wire import Placed
from synchub.dialects.synchroteam.words import (
    CustomFields,
    Key,
    Latitude,
    Longitude,
    Moment,
    Shown,
    Tags,
    Text,
    Whole,
    read_whole,
    texts_of,
)
from synchub.dialects.wire import SECRET, Also
from synchub.master.entities.field_service import Job
from synchub.master.values import as_list

LARGEST_BROUGHT = 10**9
"""A larger number is refused: the series goes on after it, and clients must be able to read what comes."""
HIGHEST_PRIORITY = 2
LONGEST_DAYS = 366
"""From the begin of a job to its end: who looks for what lies between two dates need not look further back."""
STATES = ("created", "scheduled", "synchronized", "started", "suspended", "completed", "validated", "cancelled")


def between(least: int, most: int) -> AfterValidator:
    """A whole number that lies in a range."""

    def check(value: int | None) -> int | None:
        if value is not None and not least <= value <= most:
            raise PydanticCustomError("range", "must lie between {least} and {most}", {"least": least, "most": most})
        return value

    return AfterValidator(check)


Number = Annotated[Whole, between(1, LARGEST_BROUGHT)]
Priority = Annotated[Whole, between(0, HIGHEST_PRIORITY)]
Status = Annotated[Whole, between(0, len(STATES) - 1)]
Minutes = Annotated[
    int | None, BeforeValidator(read_whole), between(0, LARGEST_BROUGHT), Shown(lambda value: value or 0)
]
Logins = Annotated[str | None, texts_of("logins", "a login"), PlainSerializer(as_list), Shown(as_list)]


class JobRow(Placed, entity=Job, key=("code",)):
    """A job; its words stand in the order in which the vendor shows them, those of its table alone at the end."""

    scheduled_begin: Moment = Field(None, alias="scheduledBeginDate")
    scheduled_end: Moment = Field(None, alias="scheduledEndDate")
    real_begin: Moment = Field(None, alias="RealBeginDate")
    real_end: Moment = Field(None, alias="RealEndDate")
    description: Text = Field(None, alias="description")
    creator: Whole = Field(None, alias="idCreator")
    job_type_id: Whole = Field(None, alias="idJobType")
    job_type: Text = Field(None, alias="nmJobType")
    report_id: Whole = Field(None, alias="idReport")
    priority: Priority = Field(None, alias="priority")
    phone: Text = Field(None, alias="ContactPhone")
    mobile: Text = Field(None, alias="contactMobile")
    status: Status = Field(None, alias="status")
    activities: Activities = Field(None, alias="Activities")
    custom_fields: CustomFields = Field(None, alias="customFieldValues")
    duration: Minutes = Field(None, alias="duration")
    address: Text = Field(None, alias="globalAddress")
    city: Annotated[Text, Also("addressCity")] = Field(None, alias="adressCity")
    country: Annotated[Text, Also("addressCountry")] = Field(None, alias="adressCountry")
    state: Annotated[Text, Also("addressProvince")] = Field(None, alias="adressProvince")
    street: Annotated[Text, Also("addressStreet")] = Field(None, alias="adressStreet")
    postal_code: Annotated[Text, Also("addressZIP")] = Field(None, alias="adressZIP")
    code: Key = Field(None, alias="myId")
    number: Number = Field(None, alias="num")
    parts: Annotated[Parts, Also("partsList")] = Field(None, alias="parts")
    latitude: Latitude = Field(None, alias="position.Latitude")
    longitude: Longitude = Field(None, alias="position.Longitude")
    report: Answers = Field(None, alias="report")
    other_technicians: Logins = Field(None, alias="OtherTechnicians")
    validated_at: Moment = Field(None, alias="validationDate")
    validated_by: Whole = Field(None, alias="validationUser")
    address_complement: Text = Field(None, alias="complementAddress")
    contact_last_name: Text = Field(None, alias="contactName")
    contact_first_name: Text = Field(None, alias="contactFirstName")
    email: Text = Field(None, alias="contactEmail")
    tags: Tags = Field(None, alias="tags")
    public_link: Annotated[Any, SECRET] = Field(None, alias="publicLink")


def _finished(row: dict[str, Any], seen: Seen) -> dict[str, Any]:
    """A job with its lists in the vendor's words; the name of its type is only there if it is known."""
    parts, workers, zone = seen.mentioned["parts"], seen.mentioned["activities"], seen.connection.time_zone
    row["parts"] = [part_shown(one, parts) for one in row["parts"]]
    row["Activities"] = [activity_shown(one, workers, zone) for one in row["Activities"]]
    row["report"] = [answer_shown(one, seen.mentioned["report"]) for one in row["report"]]
    if not row["nmJobType"]:
        del row["nmJobType"]
    return row


def _locate(session: Session, connection: Connection, said: Said) -> Named:
    """The job that a row names by its id or by its number.

    Raises:
        Declined: they name different jobs.
    """
    text, number = said.named.text, said.fields.get("number")
    found = (find(session, connection, word, value) for word, value in (("id", text), ("num", number)) if value)
    records = {ids[0] for ids in found if ids}
    if len(records) > 1:
        raise Declined(f"idJob {text} and num {number} name different jobs")
    return Named(None, said.named.my_id, text, next(iter(records), None))


def find(session: Session, connection: Connection, word: str, value: Any) -> list[int]:
    """The jobs that the connection sees by an id, a key or a number."""
    return matching(session, connection, JOB, conditions(session, connection, JOB, {word: value}))


def _listed(**members: Any) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "properties": members}}


_NUMBER_OR_NONE = {"type": ["number", "null"]}
_ID = {"type": ["integer", "null"]}

JOB = Kind(
    Job,
    JobRow,
    noun="job",
    plural="jobs",
    root="Job",
    id_words=frozenset({"idjob", "id", "jobid"}),
    named="number",
    id_word="idJob",
    id_column="job_id",
    code_column="number",
    filters={"num": "number"},
    references=(
        Reference("customer_id", CUSTOMER, id="idCustomer", key="customerMyId", name="customerName"),
        Reference("site_id", SITE, id="idSite", key="siteMyId", name="siteName", within="customer_id"),
        Reference(
            "equipment_id",
            EQUIPMENT,
            id="idEquipment",
            key="equipmentMyId",
            name="nameEquipment",
            within="customer_id",
        ),
        Reference("employee_id", USER, id="idUser", key="login"),
    ),
    mentions=(
        Mention("parts", "item", PART),
        Mention("activities", "employee", USER),
        Mention("report", "block", BLOCK),
    ),
    required=(),
    described={
        "Activities": _listed(idUser=_ID, login=TEXT, start=TEXT, stop=TEXT),
        "parts": _listed(id=_ID, reference=TEXT, quantity=_NUMBER_OR_NONE),
        "report": _listed(id=_ID, idCategory=_ID, iteration=NUMBER, nmCategory=TEXT, nmItem=TEXT, value=TEXT),
        "OtherTechnicians": TEXTS,
        "duration": NUMBER,
    },
    finish=_finished,
    locate=_locate,
)
