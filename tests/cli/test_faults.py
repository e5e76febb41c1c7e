"""Every error is one line on stderr that says what to do."""

import pytest
from sqlalchemy import text

STRONG = "0123456789abcdef0123456789abcdef"


def is_one_line(said, *parts, code=1):
    assert said.code == code
    assert said.out == ""
    assert said.err.startswith("synchub: ")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    for part in parts:
        assert part in said.err
    return True


def test_a_store_that_is_not_there_is_to_be_migrated(bare, alone):
    assert is_one_line(bare("record", "list"), "there is no store at data/synchub.db", "synchub migrate")
    assert not (alone / "data").exists()


@pytest.mark.parametrize(
    "command", [["record", "list"], ["connection", "list"], ["connection", "add", "x", "--dialect", "fast"]]
)
def test_a_store_without_tables_is_to_be_migrated(bare, alone, command):
    (alone / "data").mkdir()
    (alone / "data" / "synchub.db").touch()
    assert is_one_line(bare(*command), "run 'synchub migrate'")


def test_a_database_that_does_not_answer_is_named_by_its_setting(bare, monkeypatch):
    monkeypatch.setenv("SYNCHUB_DATABASE_URL", "postgresql://127.0.0.1:1/synchub")
    assert is_one_line(bare("record", "list"), "the store cannot be reached", "SYNCHUB_DATABASE_URL")


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("nonsense", "is no URL"),
        ("postgresql://h:abc/db", "is no URL"),
        ("mysql://x/y", "must begin with sqlite:/// or postgresql://"),
    ],
)
def test_a_database_that_we_cannot_work_on_is_refused(bare, monkeypatch, url, fault):
    monkeypatch.setenv("SYNCHUB_DATABASE_URL", url)
    assert is_one_line(bare("record", "list"), "SYNCHUB_DATABASE_URL", fault)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "many"), ("PORT", "70000"), ("ROLES", "cook"), ("RETRY_DELAYS", "soon"), ("RETRY_DELAYS", "-1")],
)
def test_a_setting_that_cannot_be_read_is_named(bare, monkeypatch, name, value):
    monkeypatch.setenv(f"SYNCHUB_{name}", value)
    assert is_one_line(bare("record", "list"), f"SYNCHUB_{name}={value}: ")


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["record", "show"], ["record", "show", "x"], ["record", "list", "--x"]]
)
def test_a_command_that_is_misused_points_to_its_help(bare, arguments):
    assert is_one_line(bare(*arguments), "--help", code=2)


def test_what_is_wrong_and_what_helps_are_two_sentences(bare):
    assert bare("record", "show", "x").err.endswith("as an integer. Add --help to see how it is used.\n")


HUGE = "9" * 23


@pytest.mark.parametrize(
    "arguments",
    [
        ["record", "show", HUGE],
        ["record", "history", HUGE],
        ["message", "list", "--limit", HUGE],
        ["delivery", "retry", HUGE],
        ["delivery", "discard", "1", HUGE],
    ],
)
def test_a_number_that_no_store_can_hold_is_one_line(synchub, arguments):
    assert is_one_line(synchub(*arguments), "should be less than or equal to ", code=2)


@pytest.mark.parametrize(
    ("arguments", "known"),
    [(["message", "list"], "'accepted', 'repeat', 'refused'"), (["delivery", "list"], "'waiting', 'parked', 'dead'")],
)
def test_an_unknown_state_is_answered_with_the_known_ones(synchub, arguments, known):
    assert is_one_line(synchub(*arguments, "--state", "nope"), "'nope' is not one of", known, code=2)


@pytest.mark.parametrize("arguments", [[], ["record"], ["connection"]])
def test_a_command_that_is_called_with_nothing_shows_its_help(bare, arguments):
    assert "Commands:" in bare(*arguments).err


@pytest.mark.parametrize("arguments", [["--help"], ["connection", "--help"], ["connection", "add", "--help"]])
def test_help_needs_no_store(bare, arguments):
    said = bare(*arguments)
    assert said.code == 0
    assert said.out.startswith("Usage: synchub")


@pytest.mark.parametrize("command", ["serve", "work"])
@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("", "is not set"),
        ("change-me-change-me-change-me-change-me", "is a placeholder"),
        ("short", "has 5 characters"),
    ],
)
def test_a_hub_does_not_run_on_a_weak_key(bare, monkeypatch, command, key, fault):
    monkeypatch.setenv("SYNCHUB_SECRET_KEY", key)
    assert is_one_line(bare(command), f"SYNCHUB_SECRET_KEY {fault}", "openssl rand -hex 32")


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_hub_does_not_run_on_a_store_without_schema(bare, alone, monkeypatch, command):
    monkeypatch.setenv("SYNCHUB_SECRET_KEY", STRONG)
    (alone / "data").mkdir()
    (alone / "data" / "synchub.db").touch()
    assert is_one_line(bare(command), "the store's schema is at nothing", "synchub migrate")


def test_serve_is_for_answering(bare, monkeypatch):
    monkeypatch.setenv("SYNCHUB_SECRET_KEY", STRONG)
    monkeypatch.setenv("SYNCHUB_ROLES", "work")
    assert bare("migrate").code == 0
    assert is_one_line(bare("serve"), "SYNCHUB_ROLES=work", "run 'synchub work'")


def test_a_fault_that_nobody_can_mend_is_not_hushed_up(synchub, engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE connection SET settings = '{' WHERE id = 0"))
        connection.execute(text("UPDATE connection SET id = 1 WHERE id = 0"))
    with pytest.raises(ValueError, match="Expecting property name"):
        synchub("connection", "list")
