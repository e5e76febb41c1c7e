"""A fifth dialect is a new folder, with its contract among the tests, and nothing else."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
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

    def contract(self, *dialects: str) -> "Counter[tuple[str, str]]":
        """How many tests of the contract ended how, for each of some dialects."""
        said = self.run(*CONTRACT, "-rA", "-k", f"({' or '.join(dialects)}) and not postgresql").stdout
        counts = Counter(re.findall(rf"(?m)^(PASSED|FAILED|ERROR) .*\b({'|'.join(dialects)})\b", said))
        assert {dialect for _, dialect in counts} == {*dialects}, said
        return counts


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project") / "synchub")


def test_a_fifth_dialect_is_new_files_alone(project):
    after = project.files()
    assert {path: after[path] for path in project.before} == project.before
    assert {path.parts[-2] for path in after.keys() - project.before.keys()} == {"semaphore"}


@pytest.mark.slow
def test_the_contract_holds_for_a_fifth_dialect_as_for_the_others(project):
    counts = project.contract("semaphore", "aljex")
    assert {outcome for outcome, _ in counts} == {"PASSED"}
    assert counts["PASSED", "semaphore"] == counts["PASSED", "aljex"] > 10


@pytest.mark.slow
def test_the_contract_fails_for_a_fifth_dialect_that_refuses_in_other_words(project):
    with project.changed("routes.py", "    faults.speak(app)\n", ""):
        counts = project.contract("semaphore")
    assert counts["PASSED", "semaphore"] < counts.total() / 2


@pytest.mark.slow
def test_a_fifth_dialect_needs_no_place_in_the_import_rules_which_hold_for_it(project):
    assert project.run("-c", LINT, "--no-cache").returncode == 0
    with project.changed(
        "routes.py", "from synchub.intake.body", "import synchub.dialects.fast\nfrom synchub.intake.body"
    ):
        assert project.run("-c", LINT, "--no-cache").returncode == 1
