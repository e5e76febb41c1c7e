"""Partners that write as fast as they are answered, and write down outside the hub what they were promised.

Each poster has two records of its own and always one request under way, so of one record there is never more than one.
The name of a record says its key and how often it was sent: what is acknowledged can be compared with what any store
or receiver holds.
"""

import asyncio
import base64
import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode

POSTERS = 240
PAUSE = 0.05
LAST = 5.0
"""Seconds in which requests under way may still be answered when the load ends."""
BROKEN = (OSError, asyncio.IncompleteReadError)


@dataclass(frozen=True)
class Partners:
    """What the partners of a hub prove themselves with."""

    token: str
    username: str
    password: str
    secret: str

    @property
    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()

    def erp(self, *rows: Mapping[str, str], form: str = "setCustomer") -> "Post":
        """A call of the ERP system."""
        body = json.dumps({"form": form, "data": rows}).encode()
        return Post("/api/SyncData", {"authorization": self.token, "content-type": "application/json"}, body)

    def tms(self, table: str, action: str, **fields: str) -> "Post":
        """A call of the freight system's live sync."""
        said = {"web_sync_table_name": table, "web_sync_action": action, **fields}
        headers = {"authorization": self.basic, "content-type": "application/x-www-form-urlencoded"}
        return Post("/aljex/sync", headers, urlencode(said).encode())


@dataclass(frozen=True)
class Post:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def raw(self) -> bytes:
        head = [f"POST {self.path} HTTP/1.1", "host: hub", f"content-length: {len(self.body)}"]
        head += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*head, "", ""]).encode() + self.body


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    document: Any


@dataclass
class Load:
    """Many posters at the ports of one hub; `mark` begins the keys of their records."""

    ports: Iterable[int]
    partners: Partners
    mark: str
    posters: int = POSTERS
    acknowledged: dict[str, int] = field(default_factory=dict)
    promises: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, Answer]] = field(default_factory=list)
    odd: list[tuple[str, Answer]] = field(default_factory=list)
    answered: int = 0
    in_flight: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """All posters at work, in a thread of their own, during the block."""
        thread = threading.Thread(target=lambda: asyncio.run(self._all()), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.stop()
            thread.join()

    def so_far(self) -> dict[str, int]:
        """What is acknowledged by now, as a copy that stands still while more comes."""
        return dict(self.acknowledged)

    def stop(self) -> None:
        """Begin no more requests."""
        self._stop.set()

    async def _all(self) -> None:
        ports = list(self.ports)
        posters = [
            asyncio.create_task(self._poster(number, ports[number % len(ports)])) for number in range(self.posters)
        ]
        await asyncio.to_thread(self._stop.wait)
        await asyncio.wait(posters, timeout=LAST)
        for poster in posters:
            poster.cancel()
        await asyncio.gather(*posters, return_exceptions=True)

    async def _poster(self, number: int, port: int) -> None:
        turns = count(1)
        while not self._stop.is_set():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(PAUSE)
                continue
            try:
                await self._converse(number, turns, reader, writer)
            except BROKEN:
                await asyncio.sleep(PAUSE)
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    async def _converse(
        self, number: int, turns: Iterator[int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Send and wait, on one connection, for as long as it holds."""
        while not self._stop.is_set():
            key, turn, post = self._next(number, next(turns))
            self.in_flight += 1
            try:
                writer.write(post.raw)
                answer, last = await _answer(reader)
            finally:
                self.in_flight -= 1
            self._note(key, turn, post, answer)
            if answer.status == 503:
                await asyncio.sleep(PAUSE)
            if last:
                return

    def _next(self, number: int, turn: int) -> tuple[str, int, Post]:
        """Each poster's records take turns: one from the ERP system, one from the freight system."""
        key = f"{self.mark}{number:03}{'ab'[turn % 2]}"
        name = f"{key} {turn}"
        if turn % 2 == 0:
            return key, turn, self.partners.erp({"CustomerCode": key, "CustomerName": name, "Status": "1"})
        table = ("customers", "employees")[number % 2]
        return key, turn, self.partners.tms(table, "update", id=key, name=name)

    def _note(self, key: str, turn: int, post: Post, answer: Answer) -> None:
        self.answered += 1
        if answer.status == 200 and (answer.document.get("success") or answer.document.get("result") in STORED):
            self.acknowledged[key] = turn
            self.promises[key] += 1
        elif answer.status == 503:
            self.refused.append((post.path, answer))
        else:
            self.odd.append((post.path, answer))


STORED = {"created", "updated"}


async def _answer(reader: asyncio.StreamReader) -> tuple[Answer, bool]:
    """An answer, and whether it was the connection's last."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length:")[1].split("\r\n")[0])
    body = await reader.readexactly(length)
    return Answer(int(head.split(" ", 2)[1]), json.loads(body)), "connection: close" in head


def forgotten(promises: Mapping[str, int], records: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Promises that are not kept: each acknowledged turn of a record is a version of it."""
    versions = {str(record["label"]).split(" ")[0]: int(record["version"]) for record in records}
    return {key: times for key, times in promises.items() if versions.get(key, 0) < times}


def told(names: Iterable[str | None]) -> dict[str, int]:
    """Key → how often it was sent, from the names of records."""
    pairs = (name.split(" ") for name in names if name)
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}


def lost(acknowledged: Mapping[str, int], held: Mapping[str, int]) -> dict[str, tuple[int, int | None]]:
    """What was acknowledged and is not held, or only in an older state."""
    return {key: (turn, held.get(key)) for key, turn in acknowledged.items() if held.get(key, 0) < turn}
