"""synchub connection …"""

import json
import re

import pytest
from sqlalchemy import text
from tests.world import world

from synchub.connections import registry
from synchub.connections.directory import Directory
from synchub.connections.tables import Connection
from synchub.db import reading
from synchub.files.server.hostkey import host_key

KEY = "a key that is long enough for the tests"
URL = "http://127.0.0.1:1"


@pytest.fixture
def directory(engine):
    return Directory(engine, KEY)


def row(engine, name) -> Connection:
    with reading(engine) as session:
        return registry.get(session, name)


@pytest.mark.parametrize(
    ("dialect", "more", "credentials"),
    [
        ("fast", [], {"token"}),
        ("aljex", [], {"username", "password"}),
        ("webhook", ["--set", f"url={URL}"], {"secret"}),
    ],
)
def test_adding_prints_id_name_dialect_and_credentials_once(synchub, dialect, more, credentials):
    said = synchub("connection", "add", "partner", "--dialect", dialect, *more, "--json")
    assert said.code == 0
    assert json.loads(said.out).keys() == {"id", "name", "dialect", "credentials"}
    assert json.loads(said.out) | {"credentials": None} == {
        "id": 1,
        "name": "partner",
        "dialect": dialect,
        "credentials": None,
    }
    assert json.loads(said.out)["credentials"].keys() == credentials
    secrets = [value for value in json.loads(said.out)["credentials"].values() if value != "partner"]
    for command in (["show", "partner"], ["show", "partner", "--json"], ["list"], ["list", "--json"]):
        shown = synchub("connection", *command)
        assert shown.code == 0
        assert not any(secret in shown.out for secret in secrets)


@pytest.mark.parametrize(
    ("dialect", "said"),
    [
        ("fast", {"token": "chosen"}),
        ("aljex", {"username": "u", "password": "p"}),
        ("webhook", {"secret": "whsec_c2VjcmV0", "url": URL}),
    ],
)
def test_credentials_may_be_chosen(synchub, engine, directory, dialect, said):
    options = [part for key, value in said.items() for part in ("--set", f"{key}={value}")]
    (made,) = synchub("connection", "add", "partner", "--dialect", dialect, *options, "--json").rows
    said = {key: value for key, value in said.items() if key != "url"}
    assert made["credentials"] == said
    if dialect == "webhook":
        assert directory.secrets(row(engine, "partner")) == said
    elif dialect == "fast":
        assert directory.by_token(dialect, "chosen").name == "partner"
    else:
        assert directory.by_login(dialect, "u", "p").name == "partner"


def test_a_connection_that_is_told_keeps_what_we_say_there_sealed(synchub, engine, directory):
    told = ["--set", f"url={URL}", "--set", "target_token=what-we-say"]
    (made,) = synchub("connection", "add", "b", "--dialect", "fast", *told, "--json").rows
    assert made["credentials"].keys() == {"token"}
    assert directory.secrets(row(engine, "b")) == {"target_token": "what-we-say"}
    assert b"what-we-say" not in (row(engine, "b").sealed or b"")
    assert [one.name for one in directory.targets()] == ["b"]


def test_a_connection_that_could_not_be_told_is_not_kept(synchub):
    said = synchub("connection", "add", "b", "--dialect", "fast", "--set", f"url={URL}")
    assert said.code == 1
    assert "connection 'b' has no target_token" in said.err
    assert synchub("connection", "list", "--json").rows == []


def test_for_people_adding_says_that_secrets_are_shown_once(synchub):
    said = synchub("connection", "add", "erp", "--dialect", "fast")
    assert "token" in said.out
    assert "shown once" in said.out


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["x", "--dialect", "nonsense"], "there is no dialect 'nonsense': choose one of "),
        (["x", "--dialect", "fast", "--set", "rank"], "'rank' is not of the form key=value"),
        (
            ["x", "--dialect", "fast", "--set", "colour=red"],
            "there is no setting 'colour' for dialect fast: known are ",
        ),
        (["x", "--dialect", "fast", "--set", "told=kunde"], "told: there is no entity 'kunde': known are activity, "),
        (
            ["x", "--dialect", "fast", "--set", "writes=load"],
            "writes: there is no entity that this dialect writes 'load'",
        ),
        (["x", "--dialect", "webhook"], "url: is needed"),
        (["x", "--dialect", "webhook", "--set", "url=http://"], "url: 'http://' names no host that can be called"),
        (["x", "--dialect", "fast", "--set", "token=…"], "token must be only ASCII letters, digits and signs"),
        (
            ["x", "--dialect", "fast", "--set", f"url={URL}", "--set", "target_token=…"],
            "target_token must be only ASCII letters, digits and signs",
        ),
        (["x", "--dialect", "aljex", "--set", "username=a:b"], "username may have no colon"),
        (["not fit", "--dialect", "fast"], "'not fit' cannot name a connection"),
    ],
)
def test_what_cannot_be_added_is_one_line(synchub, arguments, fault):
    said = synchub("connection", "add", *arguments)
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert fault in said.err


def test_a_connection_is_listed_paused_resumed_and_changed(synchub):
    synchub("connection", "add", "erp", "--dialect", "fast")
    synchub("connection", "add", "tms", "--dialect", "aljex")
    assert [each["name"] for each in synchub("connection", "list", "--json").rows] == ["erp", "tms"]
    synchub("connection", "pause", "erp")
    assert [each["state"] for each in synchub("connection", "list", "--json").rows] == ["paused", "active"]
    synchub("connection", "resume", "erp")
    assert synchub("connection", "show", "erp", "--json").rows[0]["state"] == "active"
    assert synchub("connection", "change", "erp", "--set", "rank=7", "--set", "active=no").out == (
        "rank: 0 → 7\nactive: True → False\n"
    )
    assert synchub("connection", "change", "erp", "--set", "rank=7").out == "Nothing differs.\n"
    assert synchub("connection", "show", "erp", "--json").rows[0]["state"] == "inactive"


@pytest.fixture
def disputed(synchub, engine):
    """Two partners who said something else about each of two records."""
    for name in ("erp", "crm"):
        synchub("connection", "add", name, "--dialect", "fast")
    with world(engine) as made:
        made.partners = {"erp": 1, "crm": 2}
        for key in ("1", "2"):
            made.say("erp", key=key, phone="1")
            made.say("crm", key=key, phone="2")
    return made


def test_new_rules_are_carried_out_at_once_and_said_in_one_line(synchub, disputed):
    assert synchub("connection", "change", "erp", "--set", "rank=7").out == (
        "rank: 0 → 7\n2 records have other values by the new rules\n"
    )
    assert [disputed.record(code=code).phone for code in ("1", "2")] == ["1", "1"]
    assert synchub("connection", "change", "erp", "--set", "rank=8").out == "rank: 7 → 8\n"
    (step,) = [step for step in synchub("record", "history", "1000000000", "--json").rows if step["message"] is None]
    assert (step["connection"], step["became"]) == ("hub", {"phone": {"before": "2", "after": "1"}})


def test_new_rules_of_a_reviewed_file_are_carried_out_at_once_but_not_by_a_dry_run(synchub, disputed, alone):
    disputed.wait()
    disputed.say("crm", key="2", phone="1")
    (alone / "f.toml").write_text('[connection.erp]\ndialect = "fast"\nrank = 3\n')
    assert synchub("connection", "apply", "f.toml", "--dry-run").out == "erp: rank: 0 → 3\n"
    assert disputed.record(code="1").phone == "2"
    assert synchub("connection", "apply", "f.toml").out == (
        "erp: rank: 0 → 3\n1 record has other values by the new rules\n"
    )
    assert disputed.record(code="1").phone == "1"
    assert synchub("connection", "apply", "f.toml").out == "Nothing differs.\n"


@pytest.mark.parametrize("command", ["show", "pause", "resume", "change", "rotate-secret"])
def test_an_unknown_connection_is_one_line(synchub, command):
    assert (
        synchub("connection", command, "nobody").err == "synchub: there is no connection 'nobody': known are none yet\n"
    )


def test_a_rotation_prints_the_new_secret_once_and_leaves_the_old_one_its_grace(synchub, directory):
    (made,) = synchub("connection", "add", "erp", "--dialect", "fast", "--json").rows
    (new,) = synchub("connection", "rotate-secret", "erp", "--json").rows
    assert new["credentials"]["token"] != made["credentials"]["token"]
    for each in (made, new):
        assert directory.by_token("fast", each["credentials"]["token"]).name == "erp"
    assert "counts" not in synchub("connection", "rotate-secret", "erp", "--grace", "0").err


@pytest.mark.parametrize("grace", ["inf", "nan", "1e300", "-1"])
def test_a_grace_that_is_no_time_is_one_line(synchub, grace):
    synchub("connection", "add", "erp", "--dialect", "fast")
    said = synchub("connection", "rotate-secret", "erp", "--grace", grace)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "--grace" in said.err


def test_a_rotation_takes_no_secret_that_cannot_be_said(synchub):
    synchub("connection", "add", "erp", "--dialect", "fast")
    for secret in ("token=…", "target_token=Bearer abc"):
        said = synchub("connection", "rotate-secret", "erp", "--set", secret)
        assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
        assert "must be only ASCII letters, digits and signs" in said.err


def test_a_rotation_takes_a_given_secret(synchub, directory):
    synchub("connection", "add", "erp", "--dialect", "fast")
    assert synchub("connection", "rotate-secret", "erp", "--set", "token=mine").code == 0
    assert directory.by_token("fast", "mine").name == "erp"


FILE = """
[connection.erp]
dialect = "fast"
rank = 10
token = { env = "ERP_TOKEN" }
told = { customer = ["name", "phone"], item = "all" }

[connection."tms.live"]
dialect = "aljex"
allowed_addresses = ["192.0.2.0/24"]

[connection.hook]
dialect = "webhook"
url = "http://127.0.0.1:1"
"""


@pytest.fixture
def reviewed(alone, monkeypatch):
    monkeypatch.setenv("ERP_TOKEN", "from-the-environment")
    (alone / "connections.toml").write_text(FILE)
    return alone / "connections.toml"


def test_a_reviewed_file_adds_what_is_missing_and_is_safe_to_repeat(synchub, engine, directory, reviewed):
    said = synchub("connection", "apply", str(reviewed))
    assert said.code == 0
    for part in ("erp: added", "tms.live: added", "tms.live: password is ", "hook: added", "hook: secret is whsec_"):
        assert part in said.out
    assert "from-the-environment" not in said.out
    assert directory.by_token("fast", "from-the-environment").rank == 10
    assert row(engine, "erp").told == {"customer": ["name", "phone"], "item": None}
    before = [vars(row(engine, name)) for name in ("erp", "tms.live", "hook")]
    assert synchub("connection", "apply", str(reviewed)).out == "Nothing differs.\n"
    after = [vars(row(engine, name)) for name in ("erp", "tms.live", "hook")]
    assert [each | {"_sa_instance_state": 0} for each in before] == [each | {"_sa_instance_state": 0} for each in after]


def test_a_reviewed_file_prints_each_difference(synchub, reviewed, monkeypatch):
    synchub("connection", "apply", str(reviewed))
    reviewed.write_text(FILE.replace("rank = 10", "rank = 11").replace("192.0.2.0/24", "192.0.2.7"))
    monkeypatch.setenv("ERP_TOKEN", "another")
    expected = [
        "erp: rank: 10 → 11",
        "erp: token: changed",
        "tms.live: allowed_addresses: ['192.0.2.0/24'] → ['192.0.2.7/32']",
    ]
    assert synchub("connection", "apply", str(reviewed), "--dry-run").out.splitlines() == expected
    assert synchub("connection", "apply", str(reviewed)).out.splitlines() == expected


def test_a_dry_run_changes_nothing_and_shows_no_secret(synchub, reviewed):
    said = synchub("connection", "apply", str(reviewed), "--dry-run")
    assert said.out.splitlines() == ["erp: added", "tms.live: added", "hook: added"]
    assert synchub("connection", "list", "--json").rows == []


def test_new_credentials_are_printed_though_what_follows_fails(synchub, disputed, engine, alone):
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE change RENAME TO gone"))
    (alone / "f.toml").write_text('[connection.erp]\ndialect = "fast"\nrank = 3\n[connection.new]\ndialect = "fast"\n')
    said = synchub("connection", "apply", "f.toml")
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert said.out.startswith("erp: rank: 0 → 3\nnew: added\nnew: token is ")


def test_a_reviewed_file_is_applied_whole_or_not_at_all(synchub, reviewed):
    reviewed.write_text(FILE + '\n[connection.last]\ndialect = "fast"\ntoken = "from-the-environment"\n')
    said = synchub("connection", "apply", str(reviewed))
    assert said.code == 1
    assert "connection 'last': connection 'erp' has the same secret" in said.err
    assert synchub("connection", "list", "--json").rows == []


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("x = ", "is no TOML"),
        ("[connections.erp]\n", "'connections' has no place there"),
        ("connection = 3\n", "'connection' has no place there"),
        ("[connection.erp]\nrank = 1\n", "connection 'erp': there is no dialect ''"),
        ('[connection.erp]\ndialect = "fast"\nrnak = 1\n', "connection 'erp': there is no setting 'rnak'"),
        ('[connection.erp]\ndialect = "fast"\ntoken = { env = "NOT_THERE" }\n', "variable NOT_THERE is not set"),
        ('[connection.erp]\ndialect = "fast"\ntoken = 5\n', "connection 'erp': token must be a text"),
        ('[connection.erp]\ndialect = "fast"\nrank = [1]\n', "connection 'erp': rank: must be a whole number"),
        ('[connection.erp]\ndialect = "fast"\nrank = true\n', "connection 'erp': rank: must be a whole number"),
        ('[connection.erp]\ndialect = "fast"\ntold = {customer=5}\n', "connection 'erp': told: must be 'all' or"),
    ],
)
def test_a_file_that_cannot_be_applied_is_one_line(synchub, alone, content, fault):
    (alone / "f.toml").write_text(content)
    said = synchub("connection", "apply", "f.toml")
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert fault in said.err


def test_a_file_cannot_change_a_connections_dialect(synchub, alone):
    synchub("connection", "add", "erp", "--dialect", "fast")
    (alone / "f.toml").write_text('[connection.erp]\ndialect = "aljex"\n')
    assert (
        "connection 'erp': it speaks fast, which cannot be changed to aljex"
        in synchub("connection", "apply", "f.toml").err
    )


def test_who_uploads_to_the_hub_is_told_where_and_by_which_key_it_knows_the_server(synchub, alone):
    said = synchub("connection", "add", "freight", "--dialect", "aljex", "--set", "files=hub", "--json")
    told = json.loads(said.out)["upload_to"]
    fingerprint = host_key(alone / "data").get_fingerprint()
    assert told == {"host": "127.0.0.1", "port": 2222, "user": "freight", "host_key": fingerprint}
    assert json.loads(synchub("connection", "show", "freight", "--json").out)["upload_to"] == told
    assert f"host_key: {fingerprint}" in synchub("connection", "show", "freight").out
    printed = synchub("connection", "add", "rail", "--dialect", "aljex", "--set", "files=hub").out
    assert re.search(rf"^host key +{re.escape(fingerprint)}$", printed, re.MULTILINE)


def test_where_it_uploads_is_told_as_it_is_set(synchub, alone, monkeypatch):
    synchub("connection", "add", "freight", "--dialect", "aljex")
    assert "upload_to" not in synchub("connection", "show", "freight").out
    synchub("connection", "change", "freight", "--set", "files=hub")
    monkeypatch.setenv("SYNCHUB_SFTP_HOST", "::")
    monkeypatch.setenv("SYNCHUB_SFTP_PORT", "0")
    told = json.loads(synchub("connection", "show", "freight", "--json").out)["upload_to"]
    assert "any address" in told["host"]
    assert told["port"] == "as synchub sftp-server says"
    assert told["host_key"] == "made when synchub sftp-server starts"
    (alone / "data" / "sftp_host_key").write_text("nonsense")
    told = json.loads(synchub("connection", "show", "freight", "--json").out)["upload_to"]
    assert told["host_key"].startswith("cannot be read")
