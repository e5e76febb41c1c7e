"""Files are collected from the SFTP server that most partners run."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.files.desk import Desk

from synchub.files.sftp import reach
from synchub.files.ssh import Address, Untrusted, fingerprint_of

pytestmark = pytest.mark.e2e

SETTINGS = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile {folder}/pid
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
Subsystem sftp internal-sftp
"""


class OpenSsh:
    """Its sshd as this user, with keys of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inbox = folder / "inbox"
        self.inbox.mkdir(parents=True)
        for name in ("host_key", "user_key"):
            self._make_key(name)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        (folder / "sshd_config").write_text(SETTINGS.format(port=self.port, folder=folder))

    def _make_key(self, name: str) -> None:
        path = self.folder / name
        path.unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)

    @property
    def fingerprint(self) -> str:
        """As its owner reads it."""
        said = subprocess.run(
            ["ssh-keygen", "-lf", self.folder / "host_key.pub"], check=True, capture_output=True, text=True
        )
        return said.stdout.split()[1]

    @property
    def url(self) -> str:
        return f"sftp://{getpass.getuser()}@127.0.0.1:{self.port}{self.inbox}"

    @property
    def key(self) -> str:
        return (self.folder / "user_key").read_text()

    @contextmanager
    def running(self) -> Iterator[None]:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        process = subprocess.Popen(
            [shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f", self.folder / "sshd_config"],
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(100):
                with socket.socket() as knock:
                    if knock.connect_ex(("127.0.0.1", self.port)) == 0:
                        break
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(30)

    def become_another(self) -> None:
        self._make_key("host_key")


@pytest.fixture
def openssh(tmp_path):
    return OpenSsh(tmp_path / "openssh")


@pytest.fixture
def desk(engine, tmp_path):
    return Desk(engine, tmp_path)


def test_files_are_trusted_taken_and_put_away(desk, openssh):
    content = os.urandom(20 * 1024 * 1024)
    (openssh.inbox / "things.csv").write_bytes(content)
    (openssh.inbox / "parts.csv").symlink_to("/etc/passwd")
    with openssh.running():
        desk.connect(secrets={"files_key": openssh.key}, files=openssh.url, files_host_key=openssh.fingerprint)
        assert desk.look() == {}
        (run,) = desk.runs()
        assert desk.content(run) == content
        assert (openssh.inbox / "processed" / "things.csv").read_bytes() == content
        (openssh.inbox / "things.csv").write_bytes(b"id\n2\n")
        desk.look()
    assert len(list((openssh.inbox / "processed").iterdir())) == 2


def test_another_host_key_is_not_talked_to(desk, openssh):
    address = Address.of("partner", openssh.url)
    with openssh.running():
        before = openssh.fingerprint
        assert fingerprint_of(address, private=True) == before
    openssh.become_another()
    with openssh.running(), pytest.raises(Untrusted, match="another host key"):
        reach(address, before, {"files_key": openssh.key}, private=True)


def test_a_directory_that_is_shut_is_told(desk, openssh):
    with openssh.running():
        desk.connect(
            secrets={"files_key": openssh.key}, files=f"{openssh.url}/nowhere", files_host_key=openssh.fingerprint
        )
        assert "there is no directory" in desk.look()["partner"]
