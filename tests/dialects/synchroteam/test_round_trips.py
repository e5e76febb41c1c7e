"""What is sent is what is shown, in JSON and XML, with text in any script, for all that have a Send and a Details."""

import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.dialects.synchroteam.asking import Ask, World
from tests.dialects.synchroteam.drawing import numbers
from tests.dialects.synchroteam.inventory import read_xml

ADDRESS = ("addressComplement", "adressCity", "adressCountry", "adressProvince", "adressStreet", "adressZIP")
CONTACT = ("contactEmail", "contactFirstName", "contactMobile", "contactName")
PLACED = ("address", *ADDRESS, *CONTACT, "contactPhone", "contactFax")
TEXTS: dict[str, tuple[str, ...]] = {
    "customer.details": PLACED,
    "equipment.details": (),
    "jobs.detail": ("description", "globalAddress", "complementAddress", "ContactPhone", *ADDRESS[1:], *CONTACT),
    "part.details": ("categoryName",),
    "site.details": PLACED,
    "user.details": ("firstName", "lastName", "phone", "email"),
}
"""The texts of what is shown, by the endpoint that shows it; names are drawn besides."""
LISTS = {"part.details": (), "user.details": ("groups", "skilledTrades")}
FIELDS = {"part.details": None, "user.details": "CustomFieldValues"}
KEYS = {"part.details": "reference", "user.details": "login"}
SEND = {endpoint: endpoint.partition(".")[0] + ".send" for endpoint in TEXTS}
FEW, MANY = 4, 60
EACH = settings(phases=[Phase.generate], derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))

letters = st.characters(exclude_categories=("Cc", "Cn", "Cs"))
texts = st.text(letters, max_size=20)
said = texts.filter(lambda text: bool(text.strip()))


def kept(value: Any) -> Any:
    """A value as it is kept: in NFC, without the blanks around it."""
    if isinstance(value, dict):
        return {word: kept(each) for word, each in value.items()}
    if isinstance(value, list):
        return [kept(each) for each in value]
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value


def once_each(text: str) -> str:
    return str(kept(text)).casefold()


def rows(endpoint: str) -> st.SearchStrategy[dict[str, Any]]:
    """What is sent of a record, with a key of its own."""
    key = said.map(lambda text: f"{text}-{next(numbers)}")
    words: dict[str, Any] = dict.fromkeys(TEXTS[endpoint], texts) | {KEYS.get(endpoint, "myId"): key}
    if endpoint not in {"jobs.detail", "user.details"}:
        words["name"] = said
    for word in LISTS.get(endpoint, ("tags",)):
        words[word] = st.lists(said, max_size=3, unique_by=kept)
    if fields := FIELDS.get(endpoint, "customFieldValues"):
        values = {"id": st.integers(1, 10**8), "name": said, "value": texts}
        unique = (lambda one: one["id"], lambda one: once_each(one["name"]))
        words[fields] = st.lists(st.fixed_dictionaries(values), max_size=3, unique_by=unique)
    return st.fixed_dictionaries(words)


def texted(value: Any) -> Any:
    """A document as XML has it, of texts alone."""
    if isinstance(value, dict):
        return {word: texted(each) for word, each in value.items()}
    return [texted(each) for each in value] if isinstance(value, list) else str(value)


@pytest.fixture(scope="module")
def world(lasting):
    return World(lasting)


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=[pytest.mark.e2e, pytest.mark.slow])])
@pytest.mark.parametrize("endpoint", TEXTS)
def test_what_is_sent_is_shown_whatever_its_script(world, endpoint, examples):
    @settings(EACH, max_examples=examples)
    @given(rows(endpoint), st.sampled_from(["text/json", "text/xml"]), st.sampled_from(["text/json", "text/xml"]))
    def shows(row: dict[str, Any], sent: str, asked: str) -> None:
        answer = world.ask(SEND[endpoint], Ask(body=row), sent)
        assert "<code>0<" not in answer.text, answer.text
        assert '"code":0' not in answer.text, answer.text
        key = KEYS.get(endpoint, "myId")
        shown = world.ask(endpoint, Ask(query={key: row[key]}), asked)
        assert shown.status_code == 200, shown.text
        wanted = kept(row)
        document = read_xml(endpoint, shown.content) if asked == "text/xml" else shown.json()
        assert {word: document[word] for word in wanted} == (texted(wanted) if asked == "text/xml" else wanted)

    shows()
