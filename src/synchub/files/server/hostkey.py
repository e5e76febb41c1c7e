"""The key by which partners know this server again: made once, kept in the data directory."""

import os
from pathlib import Path

import asyncssh

from synchub.disk import settle
from synchub.errors import Misconfigured

NAME = "sftp_host_key"


def is_made(folder: Path) -> bool:
    """Whether there is a key in this directory."""
    return (folder / NAME).exists()


def host_key(folder: Path) -> asyncssh.SSHKey:
    """The key in this directory, made (Ed25519) if there is none.

    Raises:
        Misconfigured: what is there is no key that can be read.
    """
    path = folder / NAME
    if not is_made(folder):
        _make(path)
    path.chmod(0o600)
    try:
        return asyncssh.read_private_key(path)
    except (asyncssh.KeyImportError, ValueError) as error:
        raise Misconfigured(
            f"{path} is no private key that can be read ({error}): put the one that partners know back, or remove it "
            "and tell them the new fingerprint"
        ) from None


def _make(path: Path) -> None:
    """Write a new key; whoever sees the file sees it whole, and one that somebody else made meanwhile stays."""
    beside = path.with_name(f".{NAME}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(asyncssh.generate_private_key("ssh-ed25519", comment="synchub").export_private_key())
        file.flush()
        os.fsync(descriptor)
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    settle(path.parent)
