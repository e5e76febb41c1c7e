"""synchub collect, synchub file trust and synchub alert list, against a real SFTP server."""

import pytest
from tests.cli.process import eventually, running
from tests.files.server import PASSWORD, serving

LINES = "id,name,email\nnight,Night Desk,night.desk@example.com\n"


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path / "served") as made:
        yield made


@pytest.fixture
def joined(synchub, server):
    """A connection whose files are on the server."""
    given = (f"files={server.url}", f"files_password={PASSWORD}", "files_ready=rename", "files_every=0.1")
    options = [part for setting in given for part in ("--set", setting)]
    assert synchub("connection", "add", "morning", "--dialect", "aljex", *options).code == 0
    return synchub


def test_a_server_that_nobody_trusts_is_one_line_and_an_alert(joined, server):
    said = joined("collect", "--once")
    assert said.code == 1
    assert "run 'synchub file trust morning'" in said.err.splitlines()[-1]
    assert server.tried == []
    (row,) = joined("alert", "list", "--json").rows
    assert (row["connection"], row["kind"], row["seen"], row["cleared_at"]) == ("morning", "files", 1, None)
    assert "synchub file trust morning" in row["said"]


def test_trust_is_asked_for_and_kept(joined, server, monkeypatch):
    monkeypatch.setattr("typer.confirm", lambda *_, **__: True)
    said = joined("file", "trust", "morning")
    assert said.code == 0
    assert f"has the host key {server.fingerprint}." in said.out
    (row,) = joined("connection", "show", "morning", "--json").rows
    assert row["settings"]["files_host_key"] == server.fingerprint
    assert server.tried == []


def test_trust_is_not_given_unless_somebody_says_so(joined, server):
    assert joined("file", "trust", "morning").code != 0
    said = joined("file", "trust", "morning", "--fingerprint", "SHA256:another")
    assert said.code == 1
    assert f"has the host key {server.fingerprint}, not SHA256:another" in said.err
    (row,) = joined("connection", "show", "morning", "--json").rows
    assert "files_host_key" not in row["settings"]


def test_a_connection_without_a_server_has_none_to_trust(synchub):
    synchub("connection", "add", "morning", "--dialect", "aljex")
    assert "on no SFTP server" in synchub("file", "trust", "morning", "--yes").err


def test_what_is_trusted_is_collected_and_its_alert_is_over(joined, server):
    joined("collect", "--once")
    assert joined("file", "trust", "morning", "--fingerprint", server.fingerprint).code == 0
    (server.folder / "employees.csv").write_text(LINES)
    assert joined("collect", "--once").code == 0
    assert (server.folder / "processed" / "employees.csv").read_text() == LINES
    assert [row["label"] for row in joined("record", "list", "--entity", "employee", "--json").rows] == ["Night Desk"]
    assert joined("alert", "list", "--json").rows == []
    assert joined("alert", "list", "--all", "--json").rows[0]["cleared_at"]


def test_a_key_of_many_lines_is_taken(joined, server):
    joined("file", "trust", "morning", "--yes")
    assert joined("connection", "change", "morning", "--set", f"files_key={server.private_key}").code == 0
    assert joined("connection", "change", "morning", "--set", "files_password=wrong by now").code == 0
    assert joined("collect", "--once").code == 0


def test_collect_ends_well_on_sigterm(joined, server):
    joined("file", "trust", "morning", "--yes")
    with running("collect") as hub:
        hub.hear("synchub collects files")
        (server.folder / "employees.csv").write_text(LINES)
        assert eventually((server.folder / "processed" / "employees.csv").exists)
        assert hub.stop() == 0


def test_serve_collects_where_it_does_everything(joined, server, monkeypatch):
    monkeypatch.setenv("SYNCHUB_PORT", "0")
    joined("file", "trust", "morning", "--yes")
    with running("serve", SYNCHUB_ROLES="web,work,collect") as hub:
        assert hub.url
        (server.folder / "employees.csv").write_text(LINES)
        assert eventually((server.folder / "processed" / "employees.csv").exists)
        assert hub.stop() == 0


def test_a_lost_server_is_one_line_in_the_log(joined, server):
    joined("file", "trust", "morning", "--yes")
    server.become_another()
    with running("collect") as hub:
        hub.hear("synchub collects files")
        assert eventually(lambda: "another host key" in hub.complaints())
        assert hub.stop() == 0
        assert len(hub.complaints().splitlines()) == 1


def test_one_process_collects_into_sqlite(bare, alone, monkeypatch):
    monkeypatch.setenv("SYNCHUB_SECRET_KEY", "a key that is long enough for the tests")
    bare("migrate")
    with running("collect") as hub:
        hub.hear("synchub collects files")
        said = bare("collect")
        assert said.code == 1
        assert "another process collects files into" in said.err
        assert bare("collect", "--once").code == 0
        assert hub.stop() == 0
