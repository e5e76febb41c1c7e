"""What a partner of any dialect says reaches all others, and is told again when SuperOffice asks for it."""

import pytest
from tests.e2e.hub import eventually
from tests.e2e.joined import aim, came, copies, customers, hooked, hub_at, is_at_rest, join, start
from tests.scenarios.partners import App, Crm, Erp, Tms
from tests.served import fresh

pytestmark = pytest.mark.slow

TARGETS = {"branch", "field", "hook"}
SERVERS = {"branch": Erp, "field": App}


@pytest.fixture
def a(store_url, tmp_path, places):
    with hub_at(tmp_path / "a", store_url, places.a, resync_wait="60") as hub:
        yield hub


@pytest.fixture
def b(sqlite_template, tmp_path, places):
    """Where the servers of partners are."""
    with hub_at(tmp_path / "b", fresh(sqlite_template, tmp_path), places.b) as hub:
        yield hub


@pytest.fixture
def hook(a, places):
    with hooked(a, places.receiver) as made:
        yield made


def test_a_customer_reaches_everybody_but_its_origin_and_a_resync_sends_it_again(a, b, hook):
    crm = join(a, "crm", Crm)
    speakers = {name: join(a, name, kind) for name, kind in {"erp": Erp, "app": App, "tms": Tms}.items()}
    speakers |= {name: aim(a, name, kind, b) for name, kind in SERVERS.items()}
    start(b)
    start(a)
    for name, speaker in speakers.items():
        speaker.say(name.upper())

    def told():
        return copies(b) | {("hook", one["key"]) for one in hook.latest()}

    everywhere = {(target, name.upper()) for target in TARGETS for name in speakers if name != target}
    eventually(lambda: told() == everywhere)
    eventually(lambda: is_at_rest(a))
    assert told() == everywhere

    before = {name: came(b, name, kind) for name, kind in SERVERS.items()}
    again = {code: one.id for code, one in customers(a).items() if code in {"ERP", "TMS", "FIELD"}}
    answer = crm.resync(*again.values())
    assert (answer["Status"], answer["IsOk"], answer["ErrorCode"]) == ("Ok", True, "")
    assert [item["RecordId"] for item in answer["Changes"]["UpdatedRecords"]] == sorted(again.values())
    for name, kind in SERVERS.items():
        assert came(b, name, kind) - before[name] == dict.fromkeys(again, 1)
    forced = [one["data"]["key"] for id_, one in zip(hook.ids, hook.heard, strict=True) if "_r" in id_]
    assert sorted(forced) == sorted(again)
    assert is_at_rest(a)
    assert (hook.forged, hook.repeats()) == (0, [])
