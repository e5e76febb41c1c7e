"""OpenSSH's own `sftp` uploads to the hub's SFTP server, with a password and with a key."""

import os
import shutil
import subprocess

import asyncssh
import pytest
from tests.cli.process import eventually
from tests.files.uploading import join, uploads

pytestmark = pytest.mark.e2e

ROWS = b"id,name\n1,Acme\n"
PATIENCE = 120


@pytest.fixture
def tms(engine, tmp_path):
    key = asyncssh.generate_private_key("ssh-ed25519", comment="tms")
    key.write_private_key(path := tmp_path / "key")
    path.chmod(0o600)
    return join(engine, "tms", files_client_key=key.export_public_key().decode())


@pytest.fixture
def place(store_url, tmp_path):
    with uploads(store_url, tmp_path / "data", sftp_max_file=1_000_000) as made:
        yield made


@pytest.fixture
def known(place, tmp_path):
    """What OpenSSH knows of the server: the key that it shows now, compared with the fingerprint that it told."""
    found = subprocess.run(
        ["ssh-keyscan", "-p", str(place.port), "-t", "ed25519", place.host], check=True, capture_output=True
    )
    path = tmp_path / "known_hosts"
    path.write_bytes(found.stdout)
    told = subprocess.run(["ssh-keygen", "-lf", str(path)], check=True, capture_output=True, text=True)
    assert place.fingerprint in told.stdout
    return path


@pytest.fixture
def openssh(place, known, tms, tmp_path):
    """Commands of `sftp`, carried out one after the other until one fails."""

    def run(*commands, program="sftp", key="key", password=None):
        options = {
            "UserKnownHostsFile": known,
            "StrictHostKeyChecking": "yes",
            "IdentityFile": tmp_path / key,
            "IdentitiesOnly": "yes",
            "PreferredAuthentications": "password,keyboard-interactive" if password else "publickey",
            "NumberOfPasswordPrompts": "1",
        }
        said = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        port = ["-p" if program == "ssh" else "-P", str(place.port)]
        env = dict(os.environ)
        if password:
            asking = tmp_path / "asking"
            asking.write_text(f"#!/bin/sh\necho '{password}'\n")
            asking.chmod(0o700)
            env |= {"SSH_ASKPASS": str(asking), "SSH_ASKPASS_REQUIRE": "force"}
        elif program == "sftp":
            said += ["-b", "-"]
        target = [f"{tms[0]}@{place.host}"]
        if program == "scp":
            port, target = [*port, "-O"], [*commands[:-1], f"{target[0]}:{commands[-1]}"]
        return subprocess.run(
            [program, *said, *port, *target, *(commands if program == "ssh" else ())],
            check=False,
            env=env,
            cwd=tmp_path,
            input="\n".join(commands) + "\n" if program == "sftp" else "",
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    (tmp_path / "loads.csv").write_bytes(ROWS)
    return run


@pytest.fixture(autouse=True)
def _installed():
    assert shutil.which("sftp"), "openssh-client is missing: make e2e installs it"


def test_it_uploads_with_a_key_and_keeps_the_time(openssh, place, tmp_path):
    os.utime(tmp_path / "loads.csv", (1_700_000_000, 1_700_000_000))
    done = openssh("pwd", "put -p loads.csv", "ls -l")
    assert done.returncode == 0, done.stderr
    assert "Remote working directory: /" in done.stdout
    assert "loads.csv" in done.stdout
    assert place.waiting("tms") == {"loads.csv": ROWS}
    assert (place.inboxes / "tms" / "loads.csv").stat().st_mtime == 1_700_000_000


def test_it_uploads_with_a_password_and_not_with_a_wrong_one(openssh, place, tms):
    assert openssh("put loads.csv", password="wrong").returncode != 0
    assert place.waiting("tms") == {}
    done = openssh("put loads.csv", password=tms[1])
    assert done.returncode == 0, done.stderr
    assert place.waiting("tms") == {"loads.csv": ROWS}


def test_it_uploads_under_another_name_and_renames(openssh, place):
    for content in (ROWS, ROWS + b"2,Beta\n"):
        done = openssh("put loads.csv loads.csv.part", "rename loads.csv.part loads.csv")
        assert done.returncode == 0, done.stderr
        assert place.waiting("tms") == {"loads.csv": content}
        (place.inboxes.parents[1] / "loads.csv").write_bytes(ROWS + b"2,Beta\n")


def test_it_gets_back_appends_and_removes(openssh, place, tmp_path):
    assert openssh("put loads.csv").returncode == 0
    (tmp_path / "loads.csv").write_bytes(ROWS * 2)
    assert openssh("reput loads.csv").returncode == 0
    assert place.waiting("tms") == {"loads.csv": ROWS * 2}
    assert openssh("get loads.csv back.csv", "rm loads.csv").returncode == 0
    assert (tmp_path / "back.csv").read_bytes() == ROWS * 2
    assert place.waiting("tms") == {}


@pytest.mark.parametrize(
    "command",
    [
        "get ../../synchub.db",
        "get /etc/passwd",
        "mkdir mine",
        "put loads.csv processed/loads.csv",
        "ln -s /etc/passwd link",
        "ln loads.csv again.csv",
        "cd ..\nget data/sftp_host_key",
        "put large.csv",
    ],
)
def test_it_is_refused_what_is_not_its_own(openssh, place, tmp_path, command):
    (tmp_path / "large.csv").write_bytes(b"x" * 1_000_001)
    assert openssh("put loads.csv", command).returncode != 0
    assert place.waiting("tms") == {"loads.csv": ROWS}


def test_there_is_no_shell_and_no_old_scp(openssh, place):
    assert openssh("true", program="ssh").returncode != 0
    assert openssh("loads.csv", "loads.csv", program="scp").returncode != 0
    assert place.waiting("tms") == {}


def test_one_that_is_killed_while_it_uploads_leaves_nothing(place, known, tms, tmp_path):
    large = tmp_path / "data" / "large.csv"
    large.write_bytes(b"x" * 900_000)
    command = ["sftp", "-b", "-", "-l", "200", "-P", str(place.port)]
    command += ["-o", f"UserKnownHostsFile={known}", "-i", str(tmp_path / "key"), f"{tms[0]}@{place.host}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdin is not None
        client.stdin.write(f"put {large}\n")
        client.stdin.flush()
        assert eventually(lambda: any(place.waiting("tms").values()))
        client.kill()
    assert eventually(lambda: place.waiting("tms") == {})
