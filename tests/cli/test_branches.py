"""Processes that branch off one that has loaded the hub are as those that are started."""

import os
import signal

import pytest
from tests import branches
from tests.cli.process import running, started

SETTINGS = {"SYNCHUB_PORT": "0", "SYNCHUB_SECRET_KEY": "a key that is long enough for the tests"}


@pytest.fixture
def own(alone):
    """What a process needs of the environment of the tests; nothing of ours is in it."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


def test_a_branch_ends_with_the_code_of_its_command(own):
    assert (branches.run("--help", env=own).returncode, branches.run("nonsense", env=own).returncode) == (0, 2)


def test_a_branch_has_its_own_environment_and_folder(own, monkeypatch, tmp_path):
    monkeypatch.setenv("SYNCHUB_DATA_DIR", str(tmp_path / "of the tests"))
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        made = branches.run("migrate", env=own | {"SYNCHUB_DATA_DIR": name}, cwd=tmp_path / name)
        assert made.returncode == 0, made.stderr
        assert (tmp_path / name / name / "synchub.db").exists()
    missing = branches.run("record", "list", env=own | SETTINGS, cwd=tmp_path)
    assert "there is no store at data/synchub.db" in missing.stderr


@pytest.mark.parametrize("process", [running, started])
def test_a_process_that_is_killed_ends_with_the_signal(bare, alone, monkeypatch, process):
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    assert bare("migrate").code == 0
    with process("work") as hub:
        hub.hear("tells partners")
        assert hub.process.poll() is None
        hub.process.kill()
        assert hub.process.wait(60) == -signal.SIGKILL


def test_a_branch_of_its_own_session_is_killed_with_all_that_it_started(own, bare, alone):
    assert bare("migrate").code == 0
    branch = branches.Speaking("work", env=own | SETTINGS, cwd=alone, session=True)
    with branch:
        assert os.getpgid(branch.pid) == os.getsid(branch.pid) == branch.pid
        os.killpg(branch.pid, signal.SIGKILL)
        assert branch.wait(60) == -signal.SIGKILL
