"""Requests about many records by 32 connections at once, by wrk or a generator of our own; or one after the other."""

import asyncio
import json
import random
import subprocess
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from tempfile import NamedTemporaryFile
from typing import Any

import httpx
from benchmarks.bench import tell
from benchmarks.growing import key
from benchmarks.load import CONNECTIONS, PATIENCE, Outcome, wrk_is_there

SCRIPT = Path(__file__).with_name("field.lua")


def authorization(login: Mapping[str, str]) -> str:
    """How a field proves itself."""
    return "Basic " + b64encode(f"{login['domain']}:{login['api_key']}".encode()).decode()


@dataclass(frozen=True)
class Asked:
    """Requests of one kind; {key} in path and body stands for one of so many keys, {word} for what differs."""

    url: str
    method: str
    path: str
    proof: str
    keys: int
    body: Any = None

    @property
    def content(self) -> str:
        """The body as it is sent, but for what differs."""
        return "" if self.body is None else json.dumps(self.body)

    def rate(self, seconds: float) -> Outcome:
        """The answers to as many as can be had in some seconds; all must be 200."""
        outcome = self._by_wrk(seconds) if wrk_is_there() else asyncio.run(self._by_ours(seconds))
        if outcome.failed:
            raise RuntimeError(f"{outcome.failed} of {outcome.requests} requests to {self.path} failed")
        return outcome

    def once(self) -> None:
        """Make one request."""
        with httpx.Client(headers=self._headers, timeout=PATIENCE) as client:
            self._see(client.request(self.method, **self._drawn(0)))

    def delay(self, seconds: float) -> float:
        """The median of the milliseconds that an answer takes, where one request comes after the other."""
        taken, end = list[float](), time.perf_counter() + seconds
        with httpx.Client(headers=self._headers, timeout=PATIENCE) as client:
            while (began := time.perf_counter()) < end:
                self._see(client.request(self.method, **self._drawn(len(taken))))
                taken.append(1000 * (time.perf_counter() - began))
        return median(taken)

    @property
    def _headers(self) -> dict[str, str]:
        return {"authorization": self.proof, "content-type": "application/json"}

    def _drawn(self, word: int) -> dict[str, Any]:
        named = key(random.randint(1, self.keys))
        path, content = (
            text.replace("{key}", named).replace("{word}", str(word)) for text in (self.path, self.content)
        )
        return {"url": self.url + path, "content": content or None}

    def _see(self, answer: httpx.Response) -> None:
        answer.raise_for_status()
        if self.body is not None and answer.text.startswith('{"code":0'):
            raise RuntimeError(f"{self.path} answered {answer.text[:2000]}")

    def _by_wrk(self, seconds: float) -> Outcome:
        self.once()
        with NamedTemporaryFile("w") as body:
            body.write(self.content)
            body.flush()
            size = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "--timeout", "30s", "-s", str(SCRIPT)]
            word = str(time.time_ns() // 1000 % 1_000_000_000)
            said = [self.method, self.path, body.name, self.proof, str(self.keys), word]
            done = subprocess.run(["wrk", *size, self.url, "--", *said], check=True, capture_output=True, text=True)
        return Outcome(**json.loads(done.stdout.splitlines()[-1]))

    async def _by_ours(self, seconds: float) -> Outcome:
        tell("wrk is not installed: the load comes from Python and takes more of the machine than wrk would")
        words, taken, end = count(time.time_ns()), list[float](), time.perf_counter() + seconds

        async def ask(client: httpx.AsyncClient) -> None:
            while (began := time.perf_counter()) < end:
                self._see(await client.request(self.method, **self._drawn(next(words))))
                taken.append(1000 * (time.perf_counter() - began))

        async with httpx.AsyncClient(headers=self._headers, timeout=PATIENCE) as client, asyncio.TaskGroup() as tasks:
            for _ in range(CONNECTIONS):
                tasks.create_task(ask(client))
        hundredths = quantiles(taken, n=100)
        return Outcome(len(taken), seconds, 0, hundredths[49], hundredths[98])
