"""A copy of the hub with one line changed, and a process that runs on it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.mutations.mutants import Mutant

ROOT = Path(__file__).resolve().parents[2]


def graft(mutant: Mutant, folder: Path) -> None:
    """Copy the source into a folder and change the one line."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "src" / "synchub" / mutant.file
    source = path.read_text()
    if source.count(mutant.find) != 1:
        raise LookupError(f"'{mutant.find}' stands {source.count(mutant.find)} times in {mutant.file}, not once")
    path.write_text(source.replace(mutant.find, mutant.put))


def run(folder: Path, proof: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run a proof on the changed copy: the simulator, or some tests."""
    command = ["-m", *proof] if proof[0] == "tests.simulation" else ["-m", "pytest", "-x", "-q", *proof]
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder / "src"), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
