"""Which file holds which entity's records: `01-customer.jsonl`, `customer.csv`."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from synchub.dialects.dialect import Transfer
from synchub.errors import Misconfigured

TABLE, LINES = ".csv", ".jsonl"
CONTENTS = "contents"
"""The directory beside the files where contents are, by their SHA-256."""
_NAME = re.compile(r"(?:\d+-)?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Held:
    """A file, and how the records in it are taken."""

    path: Path
    transfer: Transfer

    @property
    def is_table(self) -> bool:
        """Whether it is one of a spreadsheet."""
        return self.path.suffix.lower() == TABLE


def name_of(place: int, transfer: Transfer, *, as_csv: bool) -> str:
    """What the file of an entity is called, which stands at this place among all."""
    return f"{place:02}-{transfer.entity}{TABLE if as_csv else LINES}"


def chosen(transfers: Sequence[Transfer], entities: Collection[str]) -> list[Transfer]:
    """Those of the entities named, or all.

    Raises:
        Misconfigured: one of them cannot be carried.
    """
    for name in entities:
        if not any(each.is_called(name) for each in transfers):
            raise Misconfigured(f"there is no '{name}' to be carried: there are {_listed(transfers)}")
    return [each for each in transfers if not entities or any(map(each.is_called, entities))]


def files_of(path: Path, transfers: Sequence[Transfer], entities: Sequence[str]) -> list[Held]:
    """The files to be read, in the order in which their records can be taken.

    Raises:
        Misconfigured: one cannot be read, or does not say what it holds.
    """
    wanted = chosen(transfers, entities)
    if not path.is_dir():
        return [_alone(path, transfers, wanted if entities else [])]
    found = [_named(each, transfers) for each in sorted(path.iterdir()) if each.suffix.lower() in {TABLE, LINES}]
    return [held for transfer in wanted for held in found if held.transfer is transfer]


def _alone(path: Path, transfers: Sequence[Transfer], wanted: Sequence[Transfer]) -> Held:
    if len(wanted) > 1:
        raise Misconfigured("a file holds one entity: say --entity once")
    return _fit(Held(path, wanted[0])) if wanted else _named(path, transfers)


def _named(path: Path, transfers: Sequence[Transfer]) -> Held:
    """The file with what its name says that it holds."""
    match = _NAME.fullmatch(path.stem.lower())
    for transfer in transfers:
        if match and transfer.is_called(match.group(1)):
            return _fit(Held(path, transfer))
    raise Misconfigured(f"'{path.name}' does not say what it holds: name it after one of {_listed(transfers)}")


def _fit(held: Held) -> Held:
    if held.is_table and held.transfer.columns is None:
        raise Misconfigured(f"'{held.path.name}': a {held.transfer.entity} is too deep for a table, use {LINES}")
    return held


def _listed(transfers: Sequence[Transfer]) -> str:
    return ", ".join(each.entity for each in transfers)
