"""Questions that are asked at about the same time, answered together on one thread.

There is no timer. Idle, a question is taken the moment it comes; while it is answered, others gather and go together:
a thread, a session and a statement for many cost hardly more than for one.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

MOST = 64
"""The questions that are answered together."""

Question = TypeVar("Question")
Found = TypeVar("Found")


class Gathering(Generic[Question, Found]):
    """Asks `answer` for the answers to many questions, in their order; belongs to one event loop."""

    def __init__(self, answer: Callable[[Sequence[Question]], Sequence[Found]]) -> None:
        self._answer = answer
        self._waiting: list[tuple[Question, asyncio.Future[Found]]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Found:
        """The answer to a question; it raises what `answer` raises for this question alone."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Found] = loop.create_future()
        self._waiting.append((question, future))
        if self._working is None:
            self._working = loop.create_task(self._work())
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                if asked := [each for each in taken if not each[1].done()]:
                    await self._settle(asked)
        finally:
            self._working = None

    async def _settle(self, asked: Sequence[tuple[Question, asyncio.Future[Found]]]) -> None:
        """Answer these; if that fails, each alone, so that none fails for another's sake."""
        try:
            found = await asyncio.to_thread(self._answer, [question for question, _ in asked])
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            if len(asked) > 1:
                for one in asked:
                    await self._settle([one])
            elif not asked[0][1].done():
                asked[0][1].set_exception(error)
            return
        for (_, future), answer in zip(asked, found, strict=True):
            if not future.done():
                future.set_result(answer)
