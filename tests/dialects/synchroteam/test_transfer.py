"""Customers carried in and out of files."""

import json
from pathlib import Path

import pytest
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.test_customers import FULL
from tests.served import fresh, serving

from synchub.cli.transfer.storing import BATCH
from synchub.intake.journal import body_of
from synchub.master.tables import MasterRecord


def line(**row: object) -> str:
    return json.dumps({"name": "Harbour Bakery", **row})


def test_an_imported_customer_keeps_its_id_and_is_found_by_it(field):
    rows = field.carry_in(line(id=412, **FULL), line(id=413, name="Keyless"))
    assert [(row["line"], row["id"], row["verdict"]) for row in rows] == [(1, 412, "created"), (2, 413, "created")]
    assert field.details(id=412) == {"id": 412, **FULL}
    assert field.details(id="413")["myId"] == ""
    assert field.send(id=412, contactFax="1")["code"] == 412
    assert field.send(myId="C-7", contactFax="2")["code"] == 412
    assert [row["id"] for row in field.rows()] == [412, 413]
    assert field.delete(id=413) == {"code": 1}
    assert field.hub.count(MasterRecord) == 2


def test_an_import_is_safe_to_repeat_and_updates_what_differs(field):
    lines = [line(id=412, myId="A"), line(id=413), line(myId="B"), line(id=414, myId="C", contactFax="1")]
    field.carry_in(*lines)
    before = [field.carry_out(), field.hub.count()]
    assert {row["verdict"] for row in field.carry_in(*lines[:2], *lines[3:])} == {"unchanged"}
    assert [field.carry_out(), field.hub.count()] == before
    (row,) = field.carry_in(line(id=414, contactFax="2"))
    assert (row["id"], row["verdict"], field.details(id=414)["myId"]) == (414, "updated", "C")


def test_a_line_that_cannot_be_taken_is_told_and_stops_no_other(field):
    field.carry_in(line(id=412, myId="A"))
    rows = field.carry_in(
        "no json", "[]", line(id="x"), line(id=0), line(id=2**40), line(id=9, myId="A"), line(tags=5), line(id=77)
    )
    assert [row["verdict"] for row in rows] == ["rejected"] * 7 + ["created"]
    assert [row.get("reason", "")[:30] for row in rows] == [
        "the body is no JSON: Expecting",
        "the body must be a JSON object",
        "id must be a whole number",
        "an id must lie between 1 and 1",
        "an id must lie between 1 and 1",
        "myId A is that of another cust",
        "tags must be a list of tags",
        "",
    ]


def test_what_another_partner_knows_gets_the_id_of_the_file(field, erp):
    erp.set("C-7")
    (row,) = field.carry_in(line(id=412, **FULL))
    assert (row["id"], row["verdict"]) == (412, "updated")
    assert (field.details(myId="C-7")["id"], field.hub.count(MasterRecord)) == (412, 1)


def test_lines_that_name_a_customer_twice_are_taken_one_after_the_other(field):
    lines = [line(id=412), line(id=413, myId="A"), line(id=412, myId="B", tags=["a"]), line(id=5)]
    assert len(field.carry_in(*lines)) == 2
    assert [row["verdict"] for row in field.carry_in(*lines[2:])] == ["updated", "created"]
    assert field.details(id=412)["myId"] == "B"


def test_what_is_exported_is_imported_elsewhere_and_exported_as_the_same_bytes(field, erp, sqlite_template, tmp_path):
    erp.set("KH1", PhoneNumber="555-0100", Description="only there")
    field.carry_in(line(id=412, **FULL), line(id=7, name="Äöü\u2028 \\ \" 'x'"))
    field.make(name="Keyless")
    field.make(name="Gone", myId="G")
    field.delete(myId="G")
    exported = field.carry_out()
    assert len(exported.splitlines()) >= 4
    with serving(fresh(sqlite_template, tmp_path), tmp_path / "other") as other:
        theirs = Field(other)
        rows = theirs.carry_in(*exported.rstrip("\n").split("\n"))
        assert {row["verdict"] for row in rows} == {"created"}
        assert theirs.carry_out() == exported
        for row in map(json.loads, exported.rstrip("\n").split("\n")):
            assert theirs.details(id=row["id"]) == row
        new = theirs.make(name="New")
        assert new > max(json.loads(row)["id"] for row in exported.rstrip("\n").split("\n"))


def test_an_id_of_another_hub_is_not_taken_for_our_own(field):
    number = field.make(name="Ours")
    (row,) = field.carry_in(line(id=number, name="Theirs"))
    assert (row["verdict"], row["reason"]) == ("rejected", f"the id {number} is that of another customer here")
    (row,) = field.carry_in(line(id=number, name="Ours", contactFax="1"))
    assert (row["verdict"], row["id"]) == ("updated", number)


@pytest.fixture
def command(monkeypatch, store_url, tmp_path, capsys):
    """The command line on the hub's store."""
    from synchub.cli import run

    monkeypatch.chdir(tmp_path)
    for name, value in {"DATABASE_URL": store_url, "DATA_DIR": str(tmp_path / "data"), "SECRET_KEY": "k" * 40}.items():
        monkeypatch.setenv(f"SYNCHUB_{name}", value)

    def made(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return made


def test_the_commands_carry_more_lines_than_one_transaction(command, field, tmp_path: Path):
    count = BATCH + 10
    rows = [line(id=1 + n, myId=f"K{n}") for n in range(count)]
    file = tmp_path / "customers.jsonl"
    file.write_text("\n".join([*rows, "", line(id=1, contactFax="1"), "wrong"]))
    code, out, err = command("import", "acme", str(file), "--json")
    told = [json.loads(row) for row in out.splitlines()]
    assert [row["line"] for row in told] == [*range(1, count + 1), count + 2, count + 3]
    assert (told[0], told[-2]["verdict"], told[-1]["verdict"]) == (
        {"file": "customers.jsonl", "line": 1, "id": 1, "verdict": "created"},
        "updated",
        "rejected",
    )
    assert f"{count + 2} lines" in err
    assert {message.method for message in field.hub.messages()} == {"IMPORT"}
    code, out, _ = command("export", "acme", "--entity", "customer")
    assert (code, out) == (0, field.carry_out())
    assert command("import", "acme", str(file))[1].count("unchanged") == count + 1


def test_a_dry_run_of_the_command_tells_the_verdicts_and_changes_nothing(command, field, tmp_path: Path):
    file = tmp_path / "customers.jsonl"
    file.write_text("\n".join([line(id=1, myId="K1"), line(id=2, myId="K2"), line(id=1, contactFax="1"), "wrong"]))
    code, out, err = command("import", "acme", str(file), "--dry-run")
    assert (code, field.rows(), len(out.splitlines()), field.hub.messages()) == (1, [], 4, [])
    assert "Nothing was changed. 3 created, 1 rejected" in err


def test_a_line_that_names_no_customer_or_is_not_in_utf_8_is_rejected_and_kept_as_it_was(command, field, tmp_path):
    file = tmp_path / "customers.jsonl"
    file.write_bytes(lines := b'{"name": "Kim"}\n{"myId": "K", "name": "M\xfcller"}\n')
    code, out, _ = command("import", "acme", str(file), "--json")
    told = [json.loads(row) for row in out.splitlines()]
    assert (code, [row["verdict"] for row in told]) == (1, ["rejected", "rejected"])
    assert told[0]["reason"].startswith("an id or a myId is required")
    assert "can't decode byte 0xfc" in told[1]["reason"]
    (message,) = field.hub.messages()
    assert body_of(message, tmp_path) == lines


def test_a_connection_whose_dialect_has_no_files_says_so(command, hub):
    hub.connect("erp", "fast")
    code, _, err = command("export", "erp")
    assert (code, err) == (
        1,
        "synchub: connection 'erp' speaks fast, whose records cannot be carried in files\n",
    )
