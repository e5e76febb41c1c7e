"""What a dialect's tests tell the contract tests about it: each has a `contract.py` with a `CONTRACT`."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Contract:
    """A request that is stored as so many `records` (blanks after it change nothing), one that cannot be read, and how
    a partner proves itself and knows a refusal.
    """

    good: bytes
    unreadable: bytes
    headers: Callable[[dict[str, str]], dict[str, str]]
    is_refusal: Callable[[Any], bool]
    records: int = 1


def contract_of(dialect: str) -> Contract:
    """The contract of a dialect; one that answers requests must have one."""
    found: Contract = import_module(f"tests.dialects.{dialect}.contract").CONTRACT
    return found
