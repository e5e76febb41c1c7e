"""What a form says: its table, its key, its fields."""

import json
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examined
from hypothesis import strategies as st
from pydantic import ValidationError

from synchub.dialects.aljex.form import read_form
from synchub.dialects.aljex.rows import Quarantined, read_row
from synchub.dialects.aljex.settings import AljexSettings
from synchub.dialects.aljex.tables import TABLES, iso_date, plain_number, yes_or_no
from synchub.errors import Unreadable
from synchub.master import values
from synchub.master.convergence import Mode
from synchub.master.entities import ENTITIES
from synchub.master.writes import Write

FIELDS = json.loads((Path(__file__).parent / "fields.json").read_text())
WIDTHS = [(table, told) for table, told in FIELDS.items() if table != "_source"]

patiently = examined(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(fields=(), table="customers", action="update", settings=None, **more):
    settings = AljexSettings.model_validate(settings or {})
    body = urlencode({"web_sync_table_name": table, "web_sync_action": action, **dict(fields), **more})
    return read_row(read_form(body.encode(), settings.redact), settings)


def test_the_documents_example_is_an_employee():
    """The vendor's document, section 5."""
    fields = {"name": "Bill Smith", "email": "bill.smith@aljex.com", "team": "4", "phone": "7323578700"}
    fields |= {"type": "employee", "status": "good"}
    write = read(fields, table="employees", action="create", id="demo")
    assert write == Write(
        "employee",
        "demo",
        Mode.WHOLE,
        {
            "name": "Bill Smith",
            "email": "bill.smith@aljex.com",
            "team": "4",
            "phone": "7323578700",
            "kind": "employee",
            "status": "good",
        },
    )


@pytest.mark.parametrize("action", ["create", "insert", "update", "UPDATE", " Create ", "Insert"])
def test_whatever_is_no_delete_is_the_whole_record(action):
    assert read(action=action, id="1").mode is Mode.WHOLE


@pytest.mark.parametrize("action", ["delete", "Delete", " DELETE "])
def test_a_delete_says_nothing_but_its_key(action):
    assert read(action=action, id="1", name="x", credit_limit=":") == Write("customer", "1", Mode.DELETE)


@pytest.mark.parametrize("action", ["deleted", "D", "upsert", "x" * 500])
def test_another_action_is_quarantined_never_guessed(action):
    found = read(action=action, id="1")
    assert isinstance(found, Quarantined)
    assert action[:40] in found.reason
    assert len(found.reason) < 150


@pytest.mark.parametrize("missing", ["web_sync_table_name", "web_sync_action"])
@pytest.mark.parametrize("blank", [True, False])
def test_a_missing_table_or_action_is_named(missing, blank):
    fields = {"web_sync_table_name": "loads", "web_sync_action": "update", "id": "1"}
    del fields[missing]
    if blank:
        fields[missing] = "  "
    with pytest.raises(Unreadable, match=missing):
        read_row(read_form(urlencode(fields).encode(), ()), AljexSettings())


@pytest.mark.parametrize(
    ("table", "fields", "key"),
    [
        ("customers", {"id": " 100200 "}, "100200"),
        ("Customers", {"ID": "100200"}, "100200"),
        ("spots", {"spot_number": "8890426", "id": "17"}, "8890426"),
        ("invoicing", {"pro_num": "71503", "id": "17"}, "71503"),
        ("salesreps", {"id": "AD", "salesrep_id": "ADG"}, "AD"),
        ("salesreps", {"id": "", "salesrep_id": "ADG"}, "ADG"),
        ("payments", {"id": "9"}, "payments:9"),
        ("a:b%", {"id": "c:d"}, "a%3Ab%25:c:d"),
    ],
)
def test_each_table_has_its_key(table, fields, key):
    assert read(fields, table=table).key == key


@pytest.mark.parametrize(
    ("table", "fields", "named"),
    [
        ("customers", {}, "id"),
        ("customers", {"id": "  "}, "id"),
        ("spots", {"id": "17"}, "spot_number"),
        ("invoicing", {"id": "17"}, "pro_num"),
        ("salesreps", {"name": "x"}, "id or salesrep_id"),
        ("debits", {}, "id"),
    ],
)
def test_a_record_without_its_key_is_quarantined(table, fields, named):
    found = read(fields, table=table)
    assert isinstance(found, Quarantined)
    assert found.reason.endswith(f"has no {named}")


def test_a_key_that_no_index_holds_is_quarantined():
    assert isinstance(read(id="k" * 256), Quarantined)
    assert isinstance(read(id="k" * 255), Write)
    assert isinstance(read(table="t" * 255, id="1"), Quarantined)


def test_the_key_of_a_table_is_a_setting():
    settings = {"keys": "Payments = Check_No , salesreps=salesrep_id|id"}
    assert read(table="payments", settings=settings, check_no="55", id="1").key == "payments:55"
    assert read(table="salesreps", settings=settings, salesrep_id="ADG", id="1").key == "ADG"
    assert read(table="customers", settings=settings, id="1").key == "1"
    kept = AljexSettings.model_validate(settings).model_dump(mode="json", exclude_unset=True)
    assert AljexSettings.model_validate(kept) == AljexSettings.model_validate(settings)


def test_the_secrets_are_a_setting():
    assert AljexSettings().redact == ("pay_to_account", "passwd", "username")
    assert AljexSettings.model_validate({"redact": " Fax,PIN,,pin "}).redact == ("fax", "pin")
    assert AljexSettings.model_validate({"redact": ["Fax"]}).redact == ("fax",)


@pytest.mark.parametrize(
    "settings",
    [
        {"keys": "payments"},
        {"keys": "payments="},
        {"keys": 5},
        {"keys": {"payments": 5}},
        {"redact": 5},
        {"redact": "passwd,id"},
        {"redact": "spot_number"},
        {"keys": "users=username"},
        {"tables": "x"},
    ],
)
def test_settings_that_cannot_work_are_refused(settings):
    with pytest.raises(ValidationError):
        AljexSettings.model_validate(settings)


@pytest.mark.parametrize(("table", "told"), WIDTHS)
def test_every_field_of_every_table_is_kept(table, told):
    """Each one goes to a column or, in the vendor's spelling, beside the columns; only key and secrets do not."""
    sent = {name: f"v{place}" for place, name in enumerate(told["columns"])} | {told["key"]: "1"}
    write = read(sent, table=table)
    taken = {TABLES[table].columns[name] for name in write.fields}
    assert taken | set(write.extra) >= set(sent) - {told["key"]}
    assert not taken & set(write.extra)
    hidden = {name: value for name, value in write.extra.items() if value == "redacted"}
    assert set(hidden) == set(told["secrets"])
    assert {name: value for name, value in write.extra.items() if name not in hidden} == {
        name: sent[name] for name in write.extra if name not in hidden
    }


def test_a_load_is_467_fields_wide():
    assert len(FIELDS["loads"]["columns"]) == 467


@pytest.mark.parametrize(("table", "told"), WIDTHS)
def test_the_columns_read_what_the_tables_hold(table, told):
    """A field that holds dates, numbers or flags has a column of that kind, and no other field has."""
    columns = ENTITIES[TABLES[table].entity.__tablename__].fields()
    kinds = {values.as_date: told["dates"], values.as_decimal: told["numbers"], values.as_flag: told["flags"]}
    for name, word in TABLES[table].columns.items():
        assert word in told["columns"] or word == "name"
        expected = {read for read, words in kinds.items() if word in words}
        assert columns[name].refers_to or {columns[name].read} & set(kinds) == expected, word


def test_a_mapped_name_is_found_in_any_case_and_others_keep_their_spelling():
    write = read({"NAME": "x", "Ps1": "P", "Zip": "79772", "id": "1"})
    assert (write.fields, write.extra) == ({"name": "x", "postal_code": "79772"}, {"Ps1": "P"})


def test_blanks_of_columns_are_stated_and_other_blanks_are_not_kept():
    write = read({"id": "1", "name": "", "fax": "  ", "note": "", "old_system_id": " 7 "})
    assert (write.fields, write.extra) == ({"name": None, "fax": None}, {"old_system_id": "7"})


def test_references_are_the_partners_own_ids():
    load = read({"id": "71503", "customer_id": "100200", "carrier_id": ""}, table="loads")
    assert load.fields == {"customer_id": "100200", "carrier_id": None}
    assert read({"pro_num": "71503"}, table="invoicing").fields == {"load_id": "71503"}


@pytest.mark.parametrize("value", [":", "c" * 256])
def test_what_cannot_be_an_id_makes_no_reference_and_is_kept(value):
    load = read({"id": "71503", "carrier_id": value}, table="loads")
    assert (load.fields, load.extra) == ({"carrier_id": None}, {"carrier_id": value})
    assert load.problems == [f"carrier_id holds '{value[:40]}' where a carrier is expected"]


def test_a_record_of_another_table_keeps_its_name_and_all_its_fields():
    write = read({"id": "9", "name": "Fuel", "Amount": "12.50"}, table="New_Purchases")
    assert (write.entity, write.key) == ("other", "new_purchases:9")
    assert (write.fields, write.extra) == ({"table_name": "New_Purchases", "name": "Fuel"}, {"Amount": "12.50"})


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        ("1250", "1250"),
        ("$1,250.00", "1250"),
        (" -5.50 ", "-5.5"),
        ("-$5", "-5"),
        (".5", "0.5"),
        ("1.", "1"),
        ("0", "0"),
        ("", None),
        (":", ":"),
        ("NOT KNOWN", "NOT KNOWN"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("NaN", "NaN"),
        ("9" * 60, "9" * 60),
        ("$", "$"),
        ("٣", "٣"),
    ],
)
def test_numbers_lose_dollar_signs_and_commas_and_other_text_stays(sent, held):
    assert plain_number(sent) == held


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        ("2026-09-16", "2026-09-16"),
        ("09/16/2026", "2026-09-16"),
        ("9/6/2026", "2026-09-06"),
        ("09/16/26", "2026-09-16"),
        ("09/16/99", "1999-09-16"),
        ("09-16-2026", "2026-09-16"),
        ("", None),
        (":", ":"),
        ("02/30/2026", "02/30/2026"),
        ("13/01/2026", "13/01/2026"),
        ("09/16-2026", "09/16-2026"),
        ("09/16/126", "09/16/126"),
        ("09/16/0000", "09/16/0000"),
        ("ASAP", "ASAP"),
    ],
)
def test_dates_become_iso_and_other_text_stays(sent, held):
    assert iso_date(sent) == held


@pytest.mark.parametrize(("sent", "held"), [("Y", True), ("n", False), ("1", True), ("", None), ("MAYBE", "MAYBE")])
def test_flags_are_read_and_other_text_stays(sent, held):
    assert yes_or_no(sent) is held or yes_or_no(sent) == held


def test_what_is_not_of_its_kind_is_kept_exactly_and_noted():
    load = read({"id": "1", "weight": ":", "pickup_date": "ASAP", "pickup_time": ":", "miles": "12"}, table="loads")
    assert load.fields == {"weight": ":", "pickup_date": "ASAP", "pickup_time": ":", "miles": "12"}
    assert sorted(load.problems) == [
        "pickup_date holds 'ASAP' where a date is expected",
        "weight holds ':' where a number is expected",
    ]
    assert all(ENTITIES["load"].fields()[name].read(load.fields[name]) is None for name in ("weight", "pickup_date"))


def test_a_secret_of_a_typed_field_is_neither_stated_nor_noted():
    write = read({"id": "1", "credit_limit": "s3cr3t", "name": "x"}, settings={"redact": "credit_limit"})
    assert (write.fields, write.extra, write.problems) == ({"name": "x"}, {"credit_limit": "redacted"}, [])


@patiently
@given(st.sampled_from([table for table, _ in WIDTHS]), st.data())
def test_no_value_ever_fails_a_record(table, data):
    texts = st.one_of(st.text(max_size=10), st.sampled_from([":", "", "$", "1,0", "9/9/99", "\x00", "Y"]))
    fields = data.draw(st.dictionaries(st.sampled_from(FIELDS[table]["columns"]), texts, max_size=12))
    write = read(fields | {FIELDS[table]["key"]: "1"}, table=table, id="1")
    assert isinstance(write, Write)
    for name, value in write.fields.items():
        assert value == values.spell(value)
        ENTITIES[write.entity].fields()[name].read(value)


@patiently
@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9))
def test_a_number_is_read_back_however_it_is_dressed(number):
    held = plain_number(f"${number:,}")
    assert Decimal(held) == number
    assert held == plain_number(str(number)) == values.spell_decimal(number)


@patiently
@given(st.dates())
def test_a_date_is_read_back_however_it_is_written(day):
    for form in ("{0.month:02}/{0.day:02}/{0.year:04}", "{0.month}-{0.day}-{0.year:04}", "{0}"):
        assert iso_date(form.format(day)) == day.isoformat()


@pytest.mark.parametrize(("files", "confirms"), [("", False), ("/srv/aljex", True)])
@pytest.mark.parametrize("action", ["update", "delete"])
def test_a_row_confirms_what_it_says_where_files_will_speak_for_earlier_times(files, confirms, action):
    assert read(action=action, id="1", name="x", settings={"files": files}).confirms is confirms
