"""The load on the hub's live surface: wrk, or a generator of our own where it is not installed."""

import asyncio
import json
import random
import shutil
import subprocess
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import quantiles
from tempfile import NamedTemporaryFile

import httpx
from benchmarks.bench import tell
from benchmarks.data import form_template

CONNECTIONS = 32
PATH = "/aljex/sync"
SCRIPT = Path(__file__).with_name("live.lua")
PATIENCE = 30.0


@dataclass(frozen=True)
class Outcome:
    """What a load came to: answers, seconds, refusals, and the median and 99th percentile in milliseconds."""

    requests: int
    seconds: float
    failed: int
    median: float
    p99: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


@dataclass(frozen=True)
class Load:
    """Posts about records as fast as it is answered."""

    url: str
    authorization: str

    @classmethod
    def of(cls, url: str, login: Mapping[str, str]) -> "Load":
        """A load with HTTP Basic."""
        proof = b64encode(f"{login['username']}:{login['password']}".encode()).decode()
        return cls(url + PATH, f"Basic {proof}")

    def post(self, seconds: float, *, keys: int = 0, after: int = 0) -> Outcome:
        """Post for some seconds about `keys` records at random, or about new ones, each once, the keys rising."""
        word = time.time_ns() // 1000 % 1_000_000_000
        outcome = (self._wrk if wrk_is_there() else self._ours)(seconds, keys, after, word)
        if outcome.failed:
            raise RuntimeError(f"{outcome.failed} of {outcome.requests} requests failed")
        return outcome

    def _wrk(self, seconds: float, keys: int, after: int, word: int) -> Outcome:
        with NamedTemporaryFile("w") as form:
            form.write(form_template())
            form.flush()
            size = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "--timeout", "30s", "-s", str(SCRIPT)]
            said = [form.name, self.authorization, *map(str, (keys, after, word))]
            command = ["wrk", *size, self.url, "--", *said]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
        return Outcome(**json.loads(done.stdout.splitlines()[-1]))

    def _ours(self, seconds: float, keys: int, after: int, word: int) -> Outcome:
        tell("wrk is not installed: the load comes from Python and takes more of the machine than wrk would")
        return asyncio.run(self._posters(seconds, keys, after, word))

    async def _posters(self, seconds: float, keys: int, after: int, word: int) -> Outcome:
        numbers, taken, end = count(1), list[float](), time.perf_counter() + seconds
        template = form_template()
        headers = {"authorization": self.authorization, "content-type": "application/x-www-form-urlencoded"}

        async def post(client: httpx.AsyncClient) -> None:
            while (began := time.perf_counter()) < end:
                sent = next(numbers)
                key = random.randint(1, keys) if keys else after + sent
                body = template.replace("{key}", f"K{key:07}").replace("{word}", str(word + sent))
                (await client.post(self.url, content=body, headers=headers)).raise_for_status()
                taken.append(1000 * (time.perf_counter() - began))

        async with httpx.AsyncClient(timeout=PATIENCE) as client, asyncio.TaskGroup() as tasks:
            for _ in range(CONNECTIONS):
                tasks.create_task(post(client))
        hundredths = quantiles(taken, n=100)
        return Outcome(len(taken), seconds, 0, hundredths[49], hundredths[98])


def wrk_is_there() -> bool:
    """Whether the load generator that is not Python is installed."""
    return shutil.which("wrk") is not None
