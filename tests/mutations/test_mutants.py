"""Each line that keeps a promise is guarded: with that line changed, a test fails."""

from pathlib import Path

import pytest
from tests.mutations.grafting import graft, run
from tests.mutations.mutants import CLAUSES, PROMISES, Mutant

FAILED = 1
"""The exit code of pytest when a test failed, and of the simulator when a history did."""


@pytest.mark.parametrize("mutant", PROMISES, ids=lambda mutant: mutant.promise)
def test_a_test_fails_without(mutant: Mutant, tmp_path: Path) -> None:
    graft(mutant, tmp_path)
    outcome = run(tmp_path, mutant.proof)
    assert outcome.returncode == FAILED, outcome.stdout + outcome.stderr
    assert "failed" in outcome.stdout


@pytest.mark.parametrize("mutant", CLAUSES, ids=lambda mutant: mutant.promise)
def test_a_history_fails_without(mutant: Mutant, tmp_path: Path) -> None:
    graft(mutant, tmp_path)
    outcome = run(tmp_path, mutant.proof)
    assert outcome.returncode == FAILED, outcome.stdout + outcome.stderr
    assert "settled" in outcome.stdout, outcome.stdout + outcome.stderr
