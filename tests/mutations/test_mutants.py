"""Each line that keeps a promise is guarded: with that line changed, a test fails."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.mutations.files import FILES, HISTORIES
from tests.mutations.grafting import Graft
from tests.mutations.mutants import CLAUSES, PROMISES, Mutant
from tests.mutations.resyncs import RESYNCS, SERVERS

SHARE = 6
"""One in so many is changed by `make test`, the others by `make e2e`."""
HOLDS, FAILED = 0, 1
"""The exit codes of pytest, and of the simulator."""


def parts(*mutants: Mutant) -> list[Any]:
    """The mutants, most of them for `make e2e`."""
    marked = [() if place % SHARE == 0 else pytest.mark.e2e for place in range(len(mutants))]
    return [pytest.param(mutant, marks=marks) for mutant, marks in zip(mutants, marked, strict=True)]


@pytest.fixture(scope="module")
def graft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graft]:
    made = Graft(tmp_path_factory.mktemp("graft"))
    yield made
    made.close()


@pytest.fixture
def changed(graft: Graft, mutant: Mutant) -> Iterator[Graft]:
    with graft.changed(mutant):
        yield graft


@pytest.mark.parametrize("mutants", [PROMISES, RESYNCS, FILES], ids=["promises", "resyncs", "files"])
def test_every_proof_holds_while_nothing_is_changed(graft: Graft, mutants: tuple[Mutant, ...]) -> None:
    """But for those on PostgreSQL, which take long; a server that does not start is no failed test."""
    outcome = graft.test(sorted({mutant.proof for mutant in mutants if "[postgresql" not in mutant.proof}))
    assert outcome.code == HOLDS, outcome.said


@pytest.mark.parametrize("mutant", parts(*PROMISES, *RESYNCS, *FILES), ids=lambda mutant: mutant.promise)
def test_a_test_fails_without(mutant: Mutant, changed: Graft) -> None:
    outcome = changed.test([mutant.proof])
    assert outcome.code == FAILED, outcome.said
    assert "1 failed" in outcome.said, outcome.said


@pytest.mark.parametrize("mutant", parts(*CLAUSES, *SERVERS, *HISTORIES), ids=lambda mutant: mutant.promise)
def test_a_history_fails_without(mutant: Mutant, changed: Graft) -> None:
    outcome = changed.run("tests.simulation", "--known", mutant.proof)
    assert outcome.code == FAILED, outcome.said
    assert " posts " in outcome.said, outcome.said
