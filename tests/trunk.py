"""A process that has loaded the whole hub, from which others branch off: to load it takes longest of all they do.

It has one thread. Each message on the socket that is its standard input names a command line, with its environment and
its folder; with it come the branch's own standard input, output and error, and a pipe on which its number is said when
it runs, and its exit code when it has ended.
"""

import gc
import json
import os
import pkgutil
import socket
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import synchub

LIBRARIES = (
    "alembic.command",
    "httptools",
    "logging.config",
    "psycopg",
    "psycopg_binary",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
)
"""What a hub imports only when it begins to work."""
LONGEST = 1 << 20


def load() -> None:
    """Import all that branches would."""
    for module in pkgutil.walk_packages(synchub.__path__, "synchub."):
        if not module.name.startswith("synchub._migrations"):
            import_module(module.name)
    for library in LIBRARIES:
        import_module(library)
    gc.freeze()  # or the collector would write to every page that a branch shares
    tasks = Path("/proc/self/task")
    assert not tasks.exists() or len(list(tasks.iterdir())) == 1, "only a process of one thread may branch"


def branch_off(asked: socket.socket) -> None:
    """Do what is asked for; returns in a process that is to run its `sys.argv`, and nowhere else."""
    while True:
        said, streams, _, _ = socket.recv_fds(asked, LONGEST, 4)
        if not said:
            os._exit(0)
        if os.fork() == 0:
            if number := os.fork():
                keep(number, streams)
            become(json.loads(said), streams)
            return
        for stream in streams:
            os.close(stream)
        _reap()


def keep(number: int, streams: list[int]) -> None:
    """Wait for a branch and say how it ended, as its parent alone can."""
    for stream in streams[:3]:
        os.close(stream)
    code = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    os.write(streams[3], b"%d\n" % code)
    os._exit(0)


def become(wish: dict[str, Any], streams: list[int]) -> None:
    """Be the process that is asked for: with nothing of what this one has but its modules."""
    if wish["session"]:
        os.setsid()
    os.write(streams[3], b"%d\n" % os.getpid())
    os.chdir(wish["cwd"])
    for number, stream in enumerate(streams[:3]):
        os.dup2(stream, number)
    for stream in streams:
        os.close(stream)
    _speak_anew()
    os.environ.clear()
    os.environ.update(wish["env"])
    time.tzset()
    sys.argv = wish["command"]


def _speak_anew() -> None:
    """Python looks at what its streams are when it starts: these are others."""
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)


def _reap() -> None:
    """Forget the keepers that have ended."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


if __name__ == "__main__":
    load()
    with socket.socket(fileno=os.dup(0)) as trunk:
        branch_off(trunk)
    from synchub.cli import main

    main()
