"""synchub file: what came, its bad rows, and files that are held."""

import shutil

import pytest
from sqlalchemy import select

from synchub import db
from synchub.audit.tables import AuditEntry

CONTENT = "id,name,branch\n1,Ann,north\n,Bob,south\n3,Cid\n4,Dan,west\n"


@pytest.fixture
def inbox(synchub, tmp_path):
    """The directory of a connection's files; what is put there is collected with `synchub collect --once`."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    made = synchub(
        *("connection", "add", "tms", "--dialect", "aljex"),
        *("--set", f"files={folder}", "--set", "files_ready=rename", "--set", "files_max_blank_keys=1"),
    )
    assert made.code == 0, made.err
    return folder


@pytest.fixture
def read(synchub, inbox):
    def put(content, name="customers.csv"):
        (inbox / name).write_text(content)
        done = synchub("collect", "--once")
        assert done.code == 0, done.err
        return synchub("file", "list", "--json").rows[0]

    return put


def rows(synchub, file):
    return synchub("file", "show", str(file), "--json").rows[0]["bad_rows"]


def test_a_file_is_listed_with_what_became_of_it(synchub, read):
    file = read(CONTENT)
    assert (file["connection"], file["table"], file["name"], file["state"]) == (
        "tms",
        "customers",
        "customers.csv",
        "done",
    )
    assert (file["rows"], file["rows_read"], file["bad"], file["counts"]) == (4, 4, 2, {"created": 2})
    said = synchub("file", "list").out
    assert "4 of 4 rows" in said
    assert synchub("file", "list", "--state", "held", "--json").rows == []
    assert synchub("file", "list", "--connection", "tms", "--limit", "1", "--json").rows == [file]


def test_a_file_is_shown_with_its_columns_and_bad_rows(synchub, read):
    file = read(CONTENT)
    shown = synchub("file", "show", str(file["id"]), "--json").rows[0]
    assert shown["unknown_columns"] == ["branch"]
    assert "zip" in shown["missing_columns"]
    assert [(row["line"], row["reason"], row["text"]) for row in shown["bad_rows"]] == [
        (3, "the record of 'customers' has no id", ",Bob,south"),
        (4, "it has 2 cells where the header has 3", "3,Cid"),
    ]
    plain = synchub("file", "show", str(file["id"])).out
    assert "3,Cid" in plain
    assert "unknown columns" in plain


def test_one_row_is_corrected_and_all_are_tried_again(synchub, read, engine):
    file = read(CONTENT)
    first, second = rows(synchub, file["id"])
    assert synchub("file", "retry", "--all", str(file["id"])).code == 1
    assert synchub("file", "correct", first["row"], "--set", "id=2").out == f"{first['row']}: created\n"
    assert synchub("file", "correct", second["row"], "--line", "3,Cid,east").out == f"{second['row']}: created\n"
    assert rows(synchub, file["id"]) == []
    assert synchub("file", "retry", "--all", str(file["id"])).code == 0
    assert synchub("file", "list", "--json").rows[0]["counts"] == {"created": 4}
    assert synchub("record", "list", "--json").rows[-1]["label"] in {"Ann", "Bob", "Cid", "Dan"}
    with db.reading(engine) as session:
        assert [entry.action for entry in session.scalars(select(AuditEntry))] == ["file correct"] * 2


def test_all_rows_of_a_file_are_corrected_alike(synchub, read):
    file = read("id,name,branch\n,Ann,x\n,Bob,y\n5,Eve,z\n")
    assert synchub("file", "correct", "--all", str(file["id"]), "--set", "id=9").code == 0
    assert synchub("file", "list", "--json").rows[0]["counts"] == {"created": 2, "updated": 1}


def test_a_held_file_is_released_or_refused(synchub, read, inbox):
    read(CONTENT)
    held = read("id,name,branch\n", "customers_20990916.csv")
    assert (held["state"], held["why"]) == ("held", "it has a header and no row")
    assert "will not be read" in synchub("file", "refuse", str(held["id"])).out
    assert "is not held" in synchub("file", "release", str(held["id"])).err
    again = read("id,name,branch\n7,Gus,x\n", "customers_20990917.csv")
    assert "will be read" in synchub("file", "release", str(again["id"])).out
    assert synchub("collect", "--once").code == 0
    (row, *_) = synchub("file", "list", "--json").rows
    assert (row["state"], row["why"].partition(" ")[0]) == ("done", "released:")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "9"), "there is no file 9"),
        (("retry",), "say which"),
        (("retry", "x"), "there is no row 'x'"),
        (("retry", "0190a7c0-0000-7000-8000-000000000000"), "there is no row 0190a7c0"),
        (("correct", "x"), "say what is right"),
        (("correct", "--all", "1", "--line", "a"), "--line corrects one row"),
        (("correct", "x", "--set", "id"), "not of the form"),
        (("release", "9"), "there is no file 9"),
        (("list", "--connection", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(synchub, inbox, arguments, said):
    answer = synchub("file", *arguments)
    assert answer.code != 0
    assert said in answer.err
    assert answer.err.count("\n") == 1


def test_a_row_of_which_nothing_is_kept_keeps_none_of_the_others_from_being_taken(synchub, read):
    file = read('id,name,passwd\n"1,Ann,x\n,Bob,y\n')
    first, second = rows(synchub, file["id"])
    said = synchub("file", "correct", "--all", str(file["id"]), "--set", "id=2")
    assert said.out.splitlines() == [
        f"{first['row']}: still bad: nothing of this row is kept: give its whole line",
        f"{second['row']}: created",
    ]
    assert said.code == 1
    assert "nothing of this row is kept" in synchub("file", "retry", first["row"]).err


def test_why_a_file_is_held_and_a_row_is_bad_is_told_to_the_end(synchub, read):
    file = read('id,name,passwd\n"1,Ann,x\n2,Bob,y\n')
    assert "nobody knows which part of it is a secret\n" in synchub("file", "show", str(file["id"])).out
    read("id,name,passwd\n", "customers_20990916.csv")
    assert "  the file customers_20990916.csv is held: it has a header and no row\n" in synchub("alert", "list").out


def test_a_bad_row_is_shown_in_the_letters_that_it_was_written_in(synchub, read, inbox):
    (inbox / "customers.csv").write_bytes(b"id,name,zip\n1,Ann,x\n,Ren\xe9,y\n")
    assert synchub("collect", "--once").code == 0
    assert [row["text"] for row in rows(synchub, 1)] == [",Ren\u00e9,y"]


def test_a_row_whose_bytes_are_lost_is_shown_and_corrected_by_its_whole_line(synchub, read, tmp_path, monkeypatch):
    monkeypatch.setenv("SYNCHUB_LARGE_BODY", "1")
    file = read(CONTENT)["id"]
    shutil.rmtree(tmp_path / "data" / "bodies")
    said = synchub("file", "show", str(file))
    assert (said.code, said.out.count("the body of message")) == (0, 2)
    first, second = rows(synchub, file)
    retried = synchub("file", "retry", "--all", str(file))
    assert (retried.code, retried.out.count("still bad: nothing of this row is kept")) == (1, 2)
    for row, line in ((first, "2,Bob,south"), (second, "3,Cid,")):
        assert synchub("file", "correct", row["row"], "--line", line).out.endswith(": created\n")
