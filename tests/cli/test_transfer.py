"""synchub import and export: files and directories of records, as lines and as tables."""

import hashlib
import json

import pytest
from tests.dialects.synchroteam.held import DIGEST, HELD
from tests.served import fresh

CUSTOMERS = (
    {"id": 412, "myId": "K1", "name": 'Harbour; "Bakery"\nand, sons', "tags": ["ovens", "a,b"]},
    {"id": 413, "name": "Κώστας 李", "position": {"Latitude": "1.5", "Longitude": "-2"}},
)
SITES = ({"id": 7, "myId": "S1", "name": "Quay", "customerId": 413}, {"id": 8, "name": "Mill", "customerMyId": "K1"})
EQUIPMENT = ({"id": 9, "myId": "E1", "name": "Oven", "customerId": 412, "siteMyId": "S1"},)
FLAT = {"customer": CUSTOMERS, "site": SITES, "equipment": EQUIPMENT}


def said(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def field(synchub):
    made = synchub("connection", "add", "field", "--dialect", "synchroteam")
    assert made.code == 0, made.err
    return synchub


@pytest.fixture
def folder(alone):
    """A directory of three files in the order of their names, which is not the one they can be taken in."""
    made = alone / "in"
    made.mkdir()
    for name, rows in {"customers": CUSTOMERS, "Site": SITES, "1-equipment": EQUIPMENT}.items():
        (made / f"{name}.jsonl").write_text(said(rows))
    (made / "notes.txt").write_text("not to be read")
    return made


def elsewhere(monkeypatch, synchub, template, alone):
    """Another hub, empty."""
    monkeypatch.setenv("SYNCHUB_DATABASE_URL", fresh(template, alone))
    assert synchub("connection", "add", "field", "--dialect", "synchroteam").code == 0


def held(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("form", [(), ("--csv",)])
def test_a_directory_that_is_carried_elsewhere_is_the_same_there_byte_by_byte(
    field, folder, form, monkeypatch, sqlite_template, alone
):
    taken = field("import", "field", str(folder), "--json")
    assert taken.code == 0, taken.out
    assert [(row["file"], row["id"]) for row in taken.rows] == [
        ("customers.jsonl", 412),
        ("customers.jsonl", 413),
        ("Site.jsonl", 7),
        ("Site.jsonl", 8),
        ("1-equipment.jsonl", 9),
    ]
    assert field("export", "field", "--to", "out", *form).code == 0
    elsewhere(monkeypatch, field, sqlite_template, alone)
    assert {row["verdict"] for row in field("import", "field", "out", "--json").rows} == {"created"}
    assert field("export", "field", "--to", "again", *form).code == 0
    assert held(alone / "again") == held(alone / "out")
    assert {row["verdict"] for row in field("import", "field", "out", "--json").rows} == {"unchanged"}
    suffixes = {path.stem.split("-")[1]: path.suffix for path in (alone / "out").iterdir()}
    assert (suffixes["customer"], suffixes["job"]) == (".csv" if form else ".jsonl", ".jsonl")


def test_a_dry_run_knows_what_the_files_before_would_have_made(field, folder):
    (folder / "Site.jsonl").write_text(said([*SITES, {"id": 10, "name": "Nowhere", "customerId": 99}]))
    told = field("import", "field", str(folder), "--dry-run", "--json")
    assert [row["verdict"] for row in told.rows] == ["created"] * 4 + ["rejected", "created"]
    assert told.rows[4]["reason"] == "there is no customer with customerId 99"
    assert told.code == 1
    assert field("export", "field", "--entity", "customer").out == ""


def test_a_dry_run_of_every_entity_knows_what_lists_within_lines_name(field, alone):
    folder = alone / "in"
    (folder / "contents").mkdir(parents=True)
    (folder / "contents" / DIGEST).write_bytes(b"abc")
    for entity, rows in HELD.items():
        (folder / f"{entity}.jsonl").write_text(said(rows))
    dry = field("import", "field", "in", "--dry-run", "--json")
    stored = field("import", "field", "in", "--json")
    assert [{**row, "id": None} for row in dry.rows] == [{**row, "id": None} for row in stored.rows]
    assert {row["verdict"] for row in stored.rows} == {"created"}


def test_a_table_of_a_spreadsheet_is_read_with_its_marks_and_semicolons(field, alone):
    table = (
        "\ufeffID;Name;Tags;position;contactPhone;\r\n"
        '412;"Bakery; ""Harbour""\nand sons";"[""a"",""b""]";;"+49 30";\r\n'
        ";;;;;\r\n"
        '413;Mill;a,b;"{""Latitude"":""1,5"",""Longitude"":2}";TRUE;\r\n'
        "414;Short\r\n"
        '415;"x"y;;;;\r\n'
        "416;Stray;;;;here\r\n"
        "0;Zero;;;;\r\n"
    )
    (alone / "customer.csv").write_bytes(table.encode())
    told = field("import", "field", "customer.csv", "--json")
    assert [(row["line"], row.get("reason")) for row in told.rows] == [
        (2, None),
        (5, None),
        (6, "the row has 2 cells, the header 6 columns"),
        (7, "this is no row of a table: ';' expected after '\"'"),
        (8, "column 6 has no name in the header"),
        (9, "an id must lie between 1 and 1536870912"),
    ]
    rows = field("export", "field", "--entity", "customer").rows
    assert [(row["id"], row["name"], row["tags"], row["position"], row["contactPhone"]) for row in rows] == [
        (412, 'Bakery; "Harbour"\nand sons', ["a", "b"], None, "+49 30"),
        (413, "Mill", ["a", "b"], {"Latitude": "1.5", "Longitude": "2"}, "TRUE"),
    ]
    assert field("export", "field", "--entity", "customer", "--csv").out.splitlines()[0].startswith("\ufeffid,address,")


def test_a_table_whose_header_cannot_be_understood_is_not_read(field, alone):
    nameless = "the first line must name columns, such as id, address, addressComplement"
    for header, why in (
        ("", nameless),
        ("a;b", nameless),
        ("id;name;ID", "the header names id twice"),
        ('id;"name"x', "the first line is no header: ';' expected after '\"'"),
    ):
        (alone / "customer.csv").write_text(f"{header}\n1;x\n")
        told = field("import", "field", "customer.csv")
        assert (told.code, told.err) == (1, f"synchub: customer.csv: {why}\n")


def test_a_column_that_no_export_has_is_named_and_kept(field, alone):
    (alone / "customer.csv").write_text("id,name,branch\n1,Bakery,north\n")
    assert "customer.csv: not among an export's columns: branch" in field("import", "field", "customer.csv").err


def test_what_cannot_be_carried_is_said_before_anything_is(field, folder):
    (folder / "unnamed.jsonl").write_text("")
    for asked, why in (
        (("export",), "say which with --entity (employee, warehouse, customer,"),
        (("export", "--entity", "spot"), "there is no 'spot' to be carried: there are employee, warehouse, customer,"),
        (("export", "--to", "in"), "'in' is not empty: records of another day would be taken for these"),
        (("import", "in/unnamed.jsonl"), "'unnamed.jsonl' does not say what it holds: name it after one of employee,"),
        (("import", "in"), "'unnamed.jsonl' does not say what it holds"),
        (("import", "in/unnamed.jsonl", "--entity", "site", "--entity", "customer"), "a file holds one entity"),
    ):
        told = field(asked[0], "field", *asked[1:])
        assert told.code == 1
        assert why in told.err


def test_a_file_of_any_name_is_read_as_the_entity_that_is_named(field, folder, alone):
    (folder / "customers.jsonl").rename(alone / "unnamed.jsonl")
    assert field("import", "field", "unnamed.jsonl", "--entity", "customer").out.splitlines() == [
        "unnamed.jsonl line 1: created 412",
        "unnamed.jsonl line 2: created 413",
    ]
    assert [row["file"] for row in field("import", "field", str(folder), "--entity", "site", "--json").rows] == [
        "Site.jsonl",
        "Site.jsonl",
    ]


def test_bytes_are_files_beside_and_each_is_there_once(field, alone, monkeypatch, sqlite_template):
    folder = alone / "in"
    (folder / "contents").mkdir(parents=True)
    digest = hashlib.sha256(b"%PDF-1").hexdigest()
    (folder / "contents" / digest).write_bytes(b"%PDF-1")
    (folder / "customer.jsonl").write_text(said(CUSTOMERS))
    rows = [{"id": n, "fileName": f"{n}.pdf", "sha256": digest, "idCustomer": 412} for n in (1, 2)]
    (folder / "attachment.jsonl").write_text(said(rows))
    assert field("import", "field", "in", "--dry-run").code == 0
    assert not (alone / "data" / "contents").exists()
    assert field("import", "field", "in").code == 0
    assert field("export", "field", "--to", "out").code == 0
    assert (alone / "out" / "contents" / digest).read_bytes() == b"%PDF-1"
    elsewhere(monkeypatch, field, sqlite_template, alone)
    monkeypatch.setenv("SYNCHUB_DATA_DIR", str(alone / "data-elsewhere"))
    assert {row["verdict"] for row in field("import", "field", "out", "--json").rows} == {"created"}
    assert field("export", "field", "--to", "again").code == 0
    contents = [
        {path.name: path.read_bytes() for path in (alone / name / "contents").iterdir()} for name in ("out", "again")
    ]
    assert contents[0] == contents[1] == {digest: b"%PDF-1"}
    files = [next((alone / name).glob("*-attachment.jsonl")).read_bytes() for name in ("out", "again")]
    assert files[0] == files[1]
    told = field("export", "field", "--entity", "attachment")
    assert (len(told.rows), told.err) == (2, "the bytes of each attachment are written with --to only\n")


def test_a_file_whose_bytes_are_not_there_or_not_fit_is_rejected(field, alone):
    (alone / "contents").mkdir()
    short, wrong = (hashlib.sha256(content).hexdigest() for content in (b"short", b"wrong"))
    (alone / "contents" / wrong).write_bytes(b"other")
    rows = [
        {"id": n, "fileName": "a.txt", "sha256": digest} for n, digest in enumerate((short, wrong, "../x", None), 1)
    ]
    (alone / "attachment.jsonl").write_text(said(rows) + "no json\n")
    told = field("import", "field", "attachment.jsonl", "--json")
    assert [row.get("reason", "")[:60] for row in told.rows] == [
        f"its bytes are neither here nor in contents/{short}"[:60],
        f"contents/{wrong} holds other bytes than its name says"[:60],
        "its bytes are neither here nor in contents/../x",
        "sha256 is required",
        "the body is no JSON: Expecting value: line 1 column 1 (char "[:60],
    ]
