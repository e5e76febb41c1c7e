"""What every benchmark is given, and the order in which contenders take turns."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks.stores import Postgres, Sqlite

Contender = TypeVar("Contender")


@dataclass(frozen=True)
class Bench:
    """Where to work, the stores, and how much to do."""

    folder: Path
    postgres: Postgres
    sqlite: Sqlite
    rounds: int
    quick: bool

    def turns(self, contenders: Sequence[Contender]) -> Iterator[Contender]:
        """All contenders in each round, in turned order in every second one: what drifts favours nobody."""
        for number in range(self.rounds):
            yield from contenders if number % 2 == 0 else reversed(contenders)


def tell(text: str) -> None:
    """Say how far it is, beside the figures."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)
