"""synchub file reconcile, and what 'synchub record show' says of a record that a file lacked."""

import pytest
from tests.files.press import Press


@pytest.fixture
def press(engine, tmp_path):
    made = Press(engine, tmp_path, files_missing="flag")
    made.press("id,name,phone\n1,Ann,555\n2,Bob,\n")
    return made


def test_a_first_load_says_that_it_is_one_and_counts(synchub, press):
    said = synchub("file", "reconcile").out
    assert said.startswith("partner customers ")
    assert said.endswith("(customers.csv): first load: 2 created\n")


def test_what_live_sync_missed_is_told_field_by_field(synchub, press):
    press.press("id,name,phone\n1,Anna,\n3,Cid,777\n")
    line, head, *rows = synchub("file", "reconcile", "partner", "--table", "customers").out.splitlines()
    assert line.endswith("(customers.csv): live sync missed: 1 changed, 1 created, 1 missing (flagged)")
    assert head.split() == ["WHAT", "KEY", "RECORD", "LABEL", "FIELD", "BEFORE", "AFTER"]
    cells = [row.split() for row in rows]
    assert [[row[0], row[1], *row[4:]] for row in cells] == [
        ["changed", "1", "name", "Ann", "Anna"],
        ["changed", "1", "phone", "555"],
        ["created", "3", "name", "Cid"],
        ["created", "3", "phone", "777"],
        ["missing", "(flagged)", "Bob"],
    ]


def test_a_script_gets_a_record_per_line_of_the_day_that_it_asks_for(synchub, press):
    (day,) = {row["day"] for row in synchub("file", "reconcile", "--json").rows}
    press.press("id,name,phone\n1,Anna,555\n2,Bob,\n")
    rows = synchub("file", "reconcile", "--day", day, "--json").rows
    assert [(row["first_load"], row["what"], row["key"]) for row in rows] == [
        (True, "created", "1"),
        (True, "created", "2"),
        (False, "changed", "1"),
    ]
    assert rows[-1]["fields"] == {"name": {"before": "Ann", "after": "Anna"}}
    assert synchub("file", "reconcile", "--day", "2020-01-01", "--json").out == ""


def test_a_wrong_day_or_connection_is_one_line(synchub, press):
    assert "'today' is no day" in synchub("file", "reconcile", "--day", "today").err
    assert "nobody" in synchub("file", "reconcile", "nobody").err


def test_a_record_that_a_file_lacked_says_so_until_it_is_heard_of(synchub, press):
    press.press("id,name,phone\n1,Ann,555\n", "customers_1.csv")
    (number,) = [row["id"] for row in synchub("record", "list", "--json").rows if row["code"] == "2"]
    (row,) = synchub("record", "show", str(number), "--json").rows
    assert [(flag["connection"], flag["key"], flag["file"]) for flag in row["missing"]] == [
        ("partner", "2", "customers_1.csv")
    ]
    assert "file: customers_1.csv" in synchub("record", "show", str(number)).out
    press.press("id,name,phone\n1,Ann,555\n2,Bob,\n", "customers_2.csv")
    (row,) = synchub("record", "show", str(number), "--json").rows
    assert row["missing"] == []


@pytest.mark.parametrize(
    ("wish", "done", "said"),
    [
        ("report", "reported", "missing (reported)"),
        ("flag", "flagged", "missing (flagged)"),
        ("tombstone", "tombstoned", "deleted (tombstoned)"),
    ],
)
def test_what_was_done_about_a_missing_record_is_told(synchub, press, wish, done, said):
    press.change(files_missing=wish)
    press.press("id,name,phone\n1,Ann,555\n")
    printed = synchub("file", "reconcile").out
    assert f"live sync missed: 1 {said}\n" in printed
    assert f"\n{said}  2 " in printed
    (row,) = synchub("file", "reconcile", "--json").rows
    assert (row["what"], row["done"]) == (said.partition(" (")[0], done)
