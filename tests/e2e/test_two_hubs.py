"""Two hubs that tell each other come to rest, and stay at rest when both tell everything again."""

import threading

import pytest
from tests.e2e.hub import eventually
from tests.e2e.joined import came, change, connect, customers, flow, hub_at, is_at_rest, join, resyncs, start
from tests.scenarios.partners import App, Crm, Erp
from tests.served import fresh

pytestmark = pytest.mark.slow

ONLY_A, BOTH, ONLY_B = ([f"{where}{n:02}" for n in range(10)] for where in ("A", "AB", "B"))
QUIET = 2.5
"""Seconds in which every worker looks at least twice for something to do."""


@pytest.fixture
def hubs(store_url, sqlite_template, tmp_path, places):
    with (
        hub_at(tmp_path / "a", store_url, places.a) as a,
        hub_at(tmp_path / "b", fresh(sqlite_template, tmp_path), places.b) as b,
    ):
        yield a, b


def pair(a, b, kind):
    """Let two hubs tell each other; where both were told something, hub A's word counts."""
    at_a = connect(a, "b", kind.dialect)
    at_b = connect(b, "a", kind.dialect, url=a.url, rank="9", **kind.log_in(at_a))
    change(a, "b", kind.dialect, url=b.url, **kind.log_in(at_b))


def rest(*hubs):
    """Wait until nothing flows between the hubs, and see that nothing begins to by itself."""
    try:
        eventually(lambda: are_at_rest(*hubs))
    except AssertionError as late:
        for hub in hubs:
            late.add_note(hub.state())
        raise
    flowed = flow(*hubs)
    threading.Event().wait(QUIET)
    assert flow(*hubs) == flowed


def are_at_rest(*hubs):
    """Whether all are at rest at one moment: what one told last may have woken another that was looked at before."""
    flowed = flow(*hubs)
    return all(is_at_rest(hub) for hub in hubs * 2) and flow(*hubs) == flowed


def held(hub):
    return {code: (one.label, one.phone) for code, one in customers(hub).items()}


def versions(hub):
    return {code: (one.version, one.changed) for code, one in customers(hub).items()}


@pytest.mark.parametrize(
    ("store_url", "kind"),
    [
        ("sqlite", Erp),
        ("postgresql", App),
        pytest.param("sqlite", App, marks=pytest.mark.e2e),
        pytest.param("postgresql", Erp, marks=pytest.mark.e2e),
    ],
    indirect=["store_url"],
)
def test_two_hubs_come_to_rest_and_stay_there_when_both_tell_everything_again(hubs, kind):
    a, b = hubs
    pair(a, b, kind)
    partners = [(join(hub, "erp", Erp, rank=rank), join(hub, "crm", Crm)) for hub, rank in ((a, "9"), (b, "0"))]
    start(b)
    start(a)
    (erp_a, _), (erp_b, _) = partners
    erp_a.say(*ONLY_A, *BOTH, phone="1")
    erp_b.say(*BOTH, *ONLY_B, phone="2")
    rest(a, b)
    everything = dict.fromkeys(ONLY_A + BOTH, "1") | dict.fromkeys(ONLY_B, "2")
    assert held(a) == held(b) == {code: (f"Mill {code}", phone) for code, phone in everything.items()}

    before = came(a, "b", kind), came(b, "a", kind), versions(a), versions(b)
    for _, crm in partners:
        crm.resync_later()
    rest(a, b)
    assert [[one["state"] for one in resyncs(hub)] for hub in hubs] == [["done"], ["done"]]
    assert (came(a, "b", kind) - before[0]) == (came(b, "a", kind) - before[1]) == dict.fromkeys(everything, 1)
    assert (versions(a), versions(b)) == before[2:]
