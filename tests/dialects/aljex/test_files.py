"""A morning file says what live posts would: the same names, the same kinds, the same image."""

import csv
from io import StringIO

import pytest
from sqlalchemy import Engine, select

from synchub import db
from synchub.dialects import named
from synchub.dialects.aljex.files import reader
from synchub.dialects.aljex.settings import AljexSettings
from synchub.dialects.aljex.tables import TABLES
from synchub.dialects.aljex.titles import TITLES
from synchub.errors import Unreadable
from synchub.files.reader import Bad
from synchub.intake.write import write_part
from synchub.master import copies as copying
from synchub.master.tables import CrossReference

FULL = {"employees", "customers", "carriers", "salesreps", "payments", "payable"}


def columns_of(table, header, **settings):
    made = reader(settings)
    return made.columns(made.table_of(f"{table}.csv"), header)


def test_the_thirteen_files_of_the_document_are_known():
    tables = reader({}).tables()
    assert len(tables) == 13
    assert {table.name for table in tables if table.window_days is None} == FULL
    assert {table.name: table.window_days for table in tables if table.name not in FULL} == {
        "loads": 3,
        "invoicing": 3,
        "payments_received": 7,
        "debits": 7,
        "credits": 7,
        "quotes": 7,
        "new_purchases": 7,
    }
    for table in tables:
        assert set(table.window_fields) <= set(TABLES[table.name].columns if table.window_fields else ())


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("Customers.csv", "customers"),
        ("PAYMENTS RECEIVED.CSV", "payments_received"),
        ("Payments Received (Accounts Receivable).csv", "payments_received"),
        ("payments.csv", "payments"),
        ("new-purchases_20260916.csv", "new_purchases"),
        ("NewPurchases 2026-09-16T05:30:12Z.csv", "new_purchases"),
        ("09-16-2026 Loads.csv", "loads"),
        ("Loads_09162026_0530.csv", "loads"),
        ("out/loads260916.csv", "loads"),
        ("customers2.csv", None),
        ("customers_old.csv", None),
        ("customers.txt", None),
        ("customers.csv.part", None),
    ],
)
def test_a_file_is_known_by_its_name_in_any_spelling(name, table):
    found = reader({}).table_of(name)
    assert (found.name if found else None) == table


def test_a_pattern_of_the_connection_counts_instead_of_the_usual_name():
    made = reader({"files_patterns": "customers=acme_cust*.txt,spots=SPOT?.csv"})
    assert made.table_of("ACME_CUST_1.TXT").name == "customers"
    assert made.table_of("customers.csv") is None
    assert (made.table_of("spot1.csv").name, made.table_of("spot1.csv").entity) == ("spots", "spot")
    assert [table.name for table in made.tables()] == [*TITLES, "spots"]


def test_columns_are_found_by_name_in_any_spelling():
    header = ["Sales-Rep", "ID", "Address1", "PHONE #1", "Branch Office", "credit limit", "zip"]
    columns = columns_of("customers", header)
    write = columns.read(["AD", " 7 ", "1 Main", "555", "x", "$1,200.50", ""])
    assert (write.key, write.mode.value, write.extra) == ("7", "partial", {"branch_office": "x"})
    assert write.fields == {
        "salesperson": "AD",
        "address": "1 Main",
        "phone": "555",
        "credit_limit": "1200.5",
        "postal_code": None,
    }
    assert columns.unknown == ("Branch Office",)
    assert {"name", "status"} <= set(columns.missing)
    assert not {"sales_rep", "address1", "zip", "id"} & set(columns.missing)


@pytest.mark.parametrize(
    ("spelt", "live"),
    [
        ("Fax Num", "fax_num"),
        ("faxNum", "fax_num"),
        ("OLDSYSTEMID", "old_system_id"),
        ("Description 12", "description12"),
        ("Comments1", "comments_1"),
        ("carrier-accessorial-id 3", "carrier_accessorial_id_3"),
        ("Carrier Accessorial 3", "carrier_accessorial3"),
        ("never seen", "never_seen"),
        ("Größe (m)", "größe_m"),
        ("#", "#"),
        ("", "column 2"),
    ],
)
def test_a_field_without_a_column_is_kept_under_the_name_that_it_has_in_live_sync(spelt, live):
    columns = columns_of("customers", ["id", spelt])
    assert columns.read(["7", "x"]).extra == {live: "x"}
    assert columns.unknown == ((spelt,) if spelt else ())


def test_two_columns_that_differ_in_signs_alone_are_both_kept():
    columns = columns_of("customers", ["id", "Old Ref", "old_ref"])
    assert columns.read(["7", "x", "y"]).extra == {"old_ref": "x", "old_ref (3)": "y"}


def test_a_header_without_the_key_or_with_a_column_twice_is_none():
    with pytest.raises(Unreadable, match="no column id"):
        columns_of("customers", ["7", "Ann"])
    with pytest.raises(Unreadable, match="zip comes twice"):
        columns_of("customers", ["id", "zip", "ZIP"])


def test_what_the_screens_call_a_field_is_understood_where_the_file_has_no_other_name_for_it():
    assert columns_of("loads", ["Pro #", "Pickup City"]).read(["1", "X"]).fields == {"origin_city": "X"}
    columns = columns_of("loads", ["id", "origin_city", "Pickup City"])
    assert columns.read(["1", "X", "Y"]).fields == {"origin_city": "X"}
    assert columns.unknown == ("Pickup City",)
    columns = columns_of("loads", ["Pro #", "Pro Num", "Pickup City"])
    assert columns.read(["1", "2", "X"]).key == "1"
    assert columns.unknown == ("Pro Num",)


def test_a_secret_is_one_by_whatever_name_the_file_calls_it():
    columns = columns_of("loads", ["id", "Pickup City"], redact=["origin_city"])
    assert columns.secrets == {1}
    assert columns.read(["1", "X"]).fields == {}


def test_a_row_without_a_key_is_bad_and_names_the_field():
    columns = columns_of("salesreps", ["id", "salesrep_id", "salesrep_name"])
    assert columns.read(["", " ", "n"]) == Bad("the record of 'salesreps' has no id or salesrep_id")
    assert isinstance(columns.read(["x" * 256, "", ""]), Bad)
    assert columns.read(["", "7", "n"]).key == columns.key_of(["", "7", "n"]) == "7"
    assert columns.key_of(["", "", "n"]) is None


def test_keys_are_those_of_live_sync():
    assert columns_of("payments", ["id", "x"]).read(["7", ""]).key == "payments:7"
    assert (
        columns_of("payments", ["id", "check_no"], keys={"payments": ["check_no"]}).read(["", "9"]).key == "payments:9"
    )


def test_secrets_are_never_kept():
    columns = columns_of("customers", ["id", "Passwd", "name"])
    assert columns.secrets == {1}
    assert columns.read(["7", "hunter2", "n"]).extra == {"passwd": "redacted"}
    assert columns.read(["7", "", "n"]).extra == {"passwd": ""}


RECORDS = {
    "customers": {
        "id": "7",
        "name": " Ann\x00 ",
        "zip": "007",
        "credit_limit": "$1,000",
        "passwd": "x",
        "branch": "e\u0301",
    },
    "carriers": {"id": "8", "smartway": "Y", "liab_ins_exp": "1/2/27", "power_units": "ten", "blank199": ""},
    "loads": {"id": "9", "customer_id": ":", "pickup_date": "2026-09-16", "weight": ":", "ps1": "P"},
    "invoicing": {"pro_num": "9", "inv_date": "", "total": "1", "description1": "FUEL"},
    "salesreps": {"id": "", "salesrep_id": "AD", "salesrep_name": "Ann"},
    "payments": {"id": "5", "name": "n", "amount": "12.50"},
}


@pytest.mark.parametrize("table", RECORDS)
def test_a_row_and_a_live_post_of_one_record_leave_the_same_image(partner, engine: Engine, table):
    partner.join("other")
    partner.sync(table, "create", **RECORDS[table])
    message = partner.messages()[0].id
    fields = RECORDS[table]
    buffer = StringIO()
    csv.writer(buffer).writerows([fields.keys(), fields.values()])
    header, row = csv.reader(StringIO(buffer.getvalue().replace("\x00", "")))
    write = columns_of(table, header).read(row)
    with db.writing(engine) as session:
        write_part(session, 2, message, [write])

    live, file = (images(engine, connection, write) for connection in (1, 2))
    assert file == live


def test_a_row_takes_away_what_live_sync_kept_and_the_file_has_blank(partner, engine: Engine):
    partner.sync("loads", "create", id="9", customer_id=":", passwd="x", blank199="b")
    write = columns_of("loads", ["id", "customer_id", "passwd", "blank199"]).read(["9", "C7", "", ""])
    with db.writing(engine) as session:
        write_part(session, 1, partner.messages()[0].id, [write])
    assert images(engine, 1, write) == ("load", {"exists": True, "customer_id": "C7"}, {})


def images(engine, connection, write):
    with db.reading(engine) as session:
        row = session.scalars(
            select(CrossReference).where(
                CrossReference.connection_id == connection,
                CrossReference.entity == write.entity,
                CrossReference.external_key == write.key,
            )
        ).one()
        copy = copying.load(row)
    said = {name: statement.value for name, statement in copy.image.items() if statement.value is not None}
    return write.entity, said, copy.extra


def test_the_dialect_offers_its_files_and_their_secrets():
    dialect = named("aljex")
    assert dialect.files is reader
    assert {"files_password", "files_key"} <= set(dialect.outbound)


@pytest.mark.parametrize("table", ["customer", "spots"])
def test_a_file_that_cannot_come_is_not_expected(table):
    with pytest.raises(ValueError, match=f"files_expected: there is no table {table}, but employees, customers"):
        AljexSettings(files_expected={table: "06:30", "loads": "06:30"})


def test_a_file_with_a_pattern_of_its_own_may_be_expected():
    assert AljexSettings(files_patterns={"spots": "spots*.csv"}, files_expected={"spots": "06:30"}).files_expected
