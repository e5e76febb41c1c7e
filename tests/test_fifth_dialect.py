"""A fifth dialect is a new folder, with its contract among the tests, and nothing else."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NEW = ROOT / "tests" / "fifth"
PARTS = ("src", "tests", "migrations", "pyproject.toml")
CONTRACT = ("-m", "pytest", "tests/test_contract.py", "-q", "-p", "pytest_socket", "-p", "no:cacheprovider")
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


class Project:
    """A copy of the project, to which a dialect was added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in PARTS:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, folder / name)
        self.before = self.files()
        shutil.copytree(NEW, folder, dirs_exist_ok=True)

    def files(self) -> dict[Path, bytes]:
        return {path.relative_to(self.folder): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    @contextmanager
    def changed(self, name: str, find: str, put: str) -> Iterator[None]:
        """Change the new dialect; at the end it is as it was."""
        path = self.folder / "src" / "synchub" / "dialects" / "semaphore" / name
        source = path.read_text()
        assert source.count(find) == 1
        path.write_text(source.replace(find, put))
        try:
            yield
        finally:
            path.write_text(source)

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        environment = dict(os.environ) | {
            "PYTHONPATH": os.pathsep.join([str(self.folder / "src"), str(self.folder)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def contract(self, dialect: str) -> tuple[int, int]:
        """How many tests of the contract hold for a dialect, and how many fail."""
        said = self.run(*CONTRACT, "-k", f"{dialect} and not postgresql").stdout
        counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", said)}
        assert counts, said
        return counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project") / "synchub")


def test_a_fifth_dialect_is_new_files_alone(project):
    after = project.files()
    assert {path: after[path] for path in project.before} == project.before
    assert {path.parts[-2] for path in after.keys() - project.before.keys()} == {"semaphore"}


@pytest.mark.slow
def test_the_contract_holds_for_a_fifth_dialect_as_for_the_others(project):
    held, failed = project.contract("semaphore")
    others, _ = project.contract("aljex")
    assert (held, failed) == (others, 0)
    assert held > 10


@pytest.mark.slow
def test_the_contract_fails_for_a_fifth_dialect_that_refuses_in_other_words(project):
    with project.changed("routes.py", "    faults.speak(app)\n", ""):
        held, failed = project.contract("semaphore")
    assert failed > held / 2


@pytest.mark.slow
def test_a_fifth_dialect_needs_no_place_in_the_import_rules_which_hold_for_it(project):
    assert project.run("-c", LINT, "--no-cache").returncode == 0
    with project.changed(
        "routes.py", "from synchub.intake.body", "import synchub.dialects.fast\nfrom synchub.intake.body"
    ):
        assert project.run("-c", LINT, "--no-cache").returncode == 1
