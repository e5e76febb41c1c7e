"""Adding, changing and rotating connections."""

import pytest
from sqlalchemy import inspect
from tests.connections.desk import KINDS, LOGIN, SIGNED, TOKEN, Desk

from synchub.connections import options, registry
from synchub.connections.credentials import Vault
from synchub.connections.directory import Directory
from synchub.db import reading, writing
from synchub.errors import Misconfigured, NotAuthenticated, NotFound

HOOK = "http://127.0.0.1:1"


def test_ids_count_from_one_and_the_hub_is_zero(desk):
    for name in ("a", "b"):
        desk.add(name)
    assert [desk.row(name).id for name in ("a", "b")] == [1, 2]
    with reading(desk.engine) as session:
        assert session.get(registry.Connection, 0).name == "hub"
        assert [one.name for one in registry.everyone(session)] == ["a", "b"]


def test_credentials_are_made_for_what_is_not_given(desk):
    assert desk.add("erp", LOGIN, password="chosen") == {"username": "erp", "password": "chosen"}
    made = desk.add("crm", LOGIN, username="boss")
    assert made["username"] == "boss"
    assert len(made["password"]) > 40


def test_no_secret_stands_in_the_store_in_clear(desk):
    secrets = [desk.add("a")["token"], "my-own-word", "what-we-say", desk.add("h", SIGNED, url=HOOK)["secret"]]
    desk.add("b", token="my-own-word", target_token="what-we-say", url=HOOK)
    for name in ("a", "b", "h"):
        row = desk.row(name)
        text = repr({column.key: getattr(row, column.key) for column in inspect(row).mapper.column_attrs})
        assert not any(secret in text for secret in secrets)


@pytest.mark.parametrize("name", ["", "-x", "two words", "a/b", "a" * 65, "ä"])
def test_an_unfit_name_is_refused(desk, name):
    with pytest.raises(Misconfigured, match="cannot name a connection"):
        desk.add(name)


@pytest.mark.parametrize("name", ["erp", "ERP", "hub"])
def test_a_name_is_taken_in_any_case(desk, name):
    desk.add("Erp")
    with pytest.raises(Misconfigured, match="there is a connection '"):
        desk.add(name)


def test_an_unknown_connection_is_answered_with_those_that_are_known(desk):
    desk.add("erp")
    with pytest.raises(NotFound, match="there is no connection 'crm': known are erp"):
        desk.row("crm")


def test_two_connections_of_a_dialect_never_have_the_same_credentials(desk):
    desk.add("a", token="the-same")
    with pytest.raises(Misconfigured, match="connection 'a' has the same secret"):
        desk.add("b", token="the-same")
    desk.add("c", LOGIN, username="boss")
    with pytest.raises(Misconfigured, match="connection 'c' has the log-in 'boss'"):
        desk.add("d", LOGIN, username="boss")
    desk.add("e", LOGIN)
    with pytest.raises(Misconfigured, match="connection 'c' has the log-in 'boss'"):
        desk.change("e", username="boss")


def test_an_unknown_key_is_answered_with_the_known_ones(desk):
    with pytest.raises(
        Misconfigured, match=r"there is no setting 'urll' for dialect token: known are token, .* url, .* rank"
    ):
        desk.add("erp", urll=HOOK)


def test_a_needed_setting_is_asked_for(desk):
    with pytest.raises(Misconfigured, match=r"^url: is needed$"):
        desk.add("hook", SIGNED)


def test_a_setting_is_judged_by_the_dialects_model(desk):
    with pytest.raises(Misconfigured, match=r"^url: must start with http$"):
        desk.add("erp", url="ftp://x")
    for url in ("http://", "http:///hook", "http://h:port/hook", "http://[::1"):
        with pytest.raises(Misconfigured, match=r"^url: .* names no host that can be called"):
            desk.add("erp", url=url)
    desk.add("erp", parallel="3", keys='{"spots": "spot_number"}')
    assert desk.row("erp").settings == {"parallel": 3, "keys": {"spots": "spot_number"}}


def read(kind=TOKEN, **said):
    return options.read(kind, {"customer": ("name", "phone"), "item": ("name",)}, said).columns


@pytest.mark.parametrize(
    ("said", "column", "value"),
    [
        ({"rank": "-10"}, "rank", -10),
        ({"time_zone": "Europe/Vienna"}, "time_zone", "Europe/Vienna"),
        ({"writes": "customer, item"}, "writes", ["customer", "item"]),
        ({"writes": "all"}, "writes", None),
        ({"writes": ""}, "writes", []),
        ({"told": "customer:name+phone,item"}, "told", {"customer": ["name", "phone"], "item": None}),
        ({"told": "all"}, "told", None),
        ({"told": ""}, "told", {}),
        ({"told": ["item"]}, "told", {"item": None}),
        ({"told": {"customer": ["name"], "item": "all"}}, "told", {"customer": ["name"], "item": None}),
        ({"deletes": "copy"}, "deletes_record", False),
        ({"deletes": "record"}, "deletes_record", True),
        ({"matches_code": "no"}, "matches_code", False),
        ({"matches_code": True}, "matches_code", True),
        ({"allowed_addresses": "192.0.2.0/24, ::1"}, "allowed_addresses", ["192.0.2.0/24", "::1/128"]),
        ({"rate_limit": "60"}, "rate_limit", 60),
        ({"rate_limit": "0"}, "rate_limit", None),
        ({"active": "off"}, "active", False),
        ({"paused": "yes"}, "paused", True),
    ],
)
def test_a_rule_is_read(said, column, value):
    assert read(**said) == {column: value}


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"rank": "first"}, "rank: must be a whole number, not 'first'"),
        ({"rank": True}, "rank: must be a whole number, not True"),
        ({"rank": [1]}, "rank: must be a whole number, not [1]"),
        ({"rank": "9" * 5000}, "rank: must be a whole number"),
        ({"rank": "1000000"}, "rank: must lie between"),
        ({"time_zone": "Vienna/Europe"}, "time_zone: there is no time zone 'Vienna/Europe'"),
        (
            {"writes": "customers"},
            "writes: there is no entity that this dialect writes 'customers': known are customer",
        ),
        ({"told": "kunde"}, "told: there is no entity 'kunde': known are customer, item"),
        ({"told": "customer:fax"}, "told: there is no field 'fax': known are name, phone"),
        ({"deletes": "all"}, "deletes: must be 'record'"),
        ({"active": "perhaps"}, "active: must be yes or no, not 'perhaps'"),
        ({"allowed_addresses": "localhost"}, "'localhost' is neither an address nor a network"),
        ({"rate_limit": "-1"}, "rate_limit: must be a number of requests a minute"),
        ({"rate_limit": "9" * 20}, "rate_limit: must be a number of requests a minute"),
        ({"rate_limit": True}, "rate_limit: must be a number of requests a minute, 0 for no limit, not True"),
        ({"told": 5}, "told: must be 'all' or entities, each with its fields"),
        ({"told": {"customer": 5}}, "told: must be 'all' or entities, each with its fields"),
        ({"told": {"customer": 1}}, "told: must be 'all' or entities, each with its fields"),
        ({"told": {"customer": False}}, "told: must be 'all' or entities, each with its fields"),
        ({"writes": [1]}, "writes: must be 'all' or a list of entities, not [1]"),
        ({"deletes": ["record"]}, "deletes: must be 'record'"),
        ({"allowed_addresses": 7}, "allowed_addresses: must be a list of addresses and networks, not 7"),
    ],
)
def test_a_rule_that_cannot_be_read_is_one_line(said, fault):
    with pytest.raises(Misconfigured) as raised:
        read(**said)
    assert str(raised.value).startswith(fault)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("texts", [["rank"], ["=1"], ["rank=1", "rank=2"]])
def test_options_are_pairs_and_each_comes_once(texts):
    with pytest.raises(Misconfigured):
        options.pairs(texts)


def test_the_value_of_a_pair_may_hold_an_equals_sign():
    assert options.pairs(["token=a=b"]) == {"token": "a=b"}


def test_a_dialects_word_on_codes_holds_unless_the_operator_says_otherwise(desk):
    desk.add("a", LOGIN)
    desk.add("b", LOGIN, matches_code="yes")
    assert [desk.row(name).matches_code for name in ("a", "b")] == [False, True]


def test_a_change_tells_what_differs_and_no_secret(desk):
    desk.add("erp", rank="1", token="old-word", target_token="said", url=HOOK)
    told = desk.change("erp", rank="2", token="new-word", target_token="other", url=HOOK, deletes="copy", told="item")
    assert told == [
        "rank: 1 → 2",
        "deletes: True → False",
        "told: unset → {'item': None}",
        "token: changed",
        "target_token: changed",
    ]


def test_a_change_that_is_repeated_changes_nothing(desk):
    said = {"rank": "2", "token": "word", "target_token": "said", "url": HOOK, "told": "item"}
    desk.add("erp")
    assert desk.change("erp", **said)
    before = desk.row("erp")
    assert desk.change("erp", **said) == []
    assert desk.row("erp").credentials == before.credentials
    assert desk.row("erp").sealed == before.sealed


def test_a_changed_secret_ends_the_old_one_at_once(desk):
    desk.add("erp", token="old")
    desk.change("erp", token="new")
    directory = Directory(desk.engine, desk.vault.secret_key)
    assert directory.by_token("token", "new").name == "erp"
    with pytest.raises(NotAuthenticated, match="not known here"):
        directory.by_token("token", "old")


def test_a_log_in_can_be_changed(desk):
    password = desk.add("erp", LOGIN)["password"]
    assert desk.change("erp", username="boss") == ["username: erp → boss"]
    assert Directory(desk.engine, "").by_login("login", "boss", password).name == "erp"


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ({"told": "item"}, True),
        ({"url": HOOK}, True),
        ({"key_template": "{key}"}, True),
        ({"rank": "5"}, False),
        ({"parallel": "2"}, False),
        ({"url": HOOK, "mode": "changes"}, False),
    ],
)
def test_a_target_is_compared_with_all_records_again_when_its_share_changes(desk, said, again):
    desk.add("erp")
    desk.set("erp", cursor=77)
    desk.change("erp", **said)
    assert desk.row("erp").cursor == (0 if again else 77)


@pytest.mark.parametrize(
    ("said", "again"), [({"told": "item"}, False), ({"url": HOOK}, False), ({"mode": "state"}, True)]
)
def test_a_follower_of_the_feed_never_gets_its_history_again(desk, said, again):
    desk.add("erp", mode="changes")
    desk.set("erp", cursor=77)
    desk.change("erp", **said)
    assert desk.row("erp").cursor == (0 if again else 77)


@pytest.mark.parametrize("act", ["change", "resume", "rotate"])
def test_what_an_operator_mends_is_called_at_once(desk, act):
    desk.add("erp")
    desk.set("erp", backoff_until=desk.now + 99, backoff_count=3, backoff_reason="401", paused=True)
    if act == "change":
        desk.change("erp", url=HOOK)
    elif act == "rotate":
        desk.rotate("erp")
    else:
        with writing(desk.engine) as session:
            registry.resume(registry.get(session, "erp"))
    row = desk.row("erp")
    assert (row.backoff_until, row.backoff_count, row.backoff_reason) == (0, 0, None)
    assert row.paused is (act != "resume")


def test_a_rotation_makes_all_secrets_of_the_dialect_anew(desk):
    old = desk.add("erp", LOGIN)
    new = desk.rotate("erp")
    assert set(new) == {"password"}
    assert new["password"] != old["password"]


def test_a_rotation_takes_a_given_secret_and_what_we_say_has_no_grace(desk):
    desk.add("erp", target_token="old", url=HOOK)
    assert desk.rotate("erp", {"target_token": "new"}) == {"target_token": "new"}
    assert Directory(desk.engine, desk.vault.secret_key).secrets(desk.row("erp")) == {"target_token": "new"}


def test_no_more_than_two_signing_secrets_count(desk):
    desk.add("hook", SIGNED, url=HOOK)
    second, third = desk.rotate("hook")["secret"], desk.rotate("hook")["secret"]
    assert Directory(desk.engine, desk.vault.secret_key).secrets(desk.row("hook")) == {"secret": f"{third} {second}"}


def test_a_second_rotation_does_not_lengthen_the_first_ones_grace(desk):
    first = desk.add("erp")["token"]
    desk.rotate("erp", grace=10_000_000)
    desk.rotate("erp", grace=100_000_000)
    directory = Directory(desk.engine, "")
    desk.wait(5)
    assert directory.by_token("token", first)
    desk.wait(6)
    with pytest.raises(NotAuthenticated, match="not known here"):
        directory.by_token("token", first)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"username": "x"}, "a connection of dialect login has no secret 'username': it has password"),
        ({"password": ""}, "password may not be empty"),
    ],
)
def test_a_rotation_of_what_is_no_secret_is_refused(desk, given, fault):
    desk.add("erp", LOGIN)
    with pytest.raises(Misconfigured, match=fault):
        desk.rotate("erp", given)


def test_a_lost_key_is_not_overwritten_unless_that_is_said(desk, engine):
    desk.add("hook", SIGNED, url=HOOK)
    other = Desk(engine, Vault("another key that is long enough"))
    with pytest.raises(Misconfigured, match="SYNCHUB_SECRET_KEY does not open"):
        other.rotate("hook")
    new = other.rotate("hook", forget=True)["secret"]
    assert Directory(engine, other.vault.secret_key).secrets(other.row("hook")) == {"secret": new}


def test_every_key_of_a_dialect_is_told_once():
    for kind in KINDS.values():
        assert len(set(options.known(kind))) == len(options.known(kind))


@pytest.mark.parametrize("said", [{"rank": "3"}, {"deletes": "copy"}, {"rank": "3", "deletes": "copy"}])
def test_a_partner_whose_word_weighs_something_else_is_to_be_weighed_anew(desk, said):
    desk.add("a")
    desk.change("a", **said)
    assert (desk.row("a").rules_version, desk.row("a").weighed_to) == (1, 0)
    desk.set("a", weighed_to=1_000_000_007)
    desk.change("a", **said)
    assert (desk.row("a").rules_version, desk.row("a").weighed_to) == (1, 1_000_000_007)
    desk.change("a", rank="4")
    assert (desk.row("a").rules_version, desk.row("a").weighed_to) == (2, 0)


def test_any_other_change_leaves_what_its_words_weigh(desk):
    desk.add("a")
    desk.change("a", told="item", rate_limit="5", token="new")
    assert (desk.row("a").rules_version, desk.row("a").weighed_to) == (0, None)
