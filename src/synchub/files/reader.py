"""What a dialect says about its files: which there are, and what a row of each means."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from synchub.master.writes import Write


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of file.

    A full file (`window_days` is None) holds every record of the table; a windowed one those that were touched within
    so many days before it. `window_fields` are the columns of ours that say when; a copy none of which is filled is in
    no window. `key_fields` are the header's names, in lower case, of which the first that is filled is the key.
    """

    name: str
    title: str
    entity: str
    key_fields: tuple[str, ...]
    window_days: int | None = None
    window_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bad:
    """Why a row is quarantined: a sentence for the operator that names the field."""

    reason: str


RowReader = Callable[[Sequence[str]], Write | Bad]
"""Reads a row's values, in the header's order and as many as it has columns; the write is partial."""


KeyReader = Callable[[Sequence[str]], str | None]
"""Reads the external key of a row alone, which is quicker."""


@dataclass(frozen=True, slots=True)
class Columns:
    """How a header is understood.

    `unknown` are its columns that we have no column for (their values are kept in the image), `missing` those of ours
    that it lacks, `secrets` the places (from 0) whose values are never kept, `keys` the places of the key. `key` is the
    external key of a row, None if it has none; where it is not given, it is that of the write.
    """

    read: RowReader
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    secrets: frozenset[int]
    keys: tuple[int, ...]
    key: KeyReader | None = None

    def key_of(self, values: Sequence[str]) -> str | None:
        """The external key of a row; None if it has none."""
        if self.key is not None:
            return self.key(values)
        row = self.read(values)
        return row.key if isinstance(row, Write) else None


class Reader(Protocol):
    """Reads the files of one connection; made from its settings."""

    def tables(self) -> Sequence[Table]:
        """All kinds of files that this connection may deliver."""

    def table_of(self, name: str) -> Table | None:
        """The kind of a file by the name under which it is delivered; None if it is none of ours."""

    def columns(self, table: Table, header: Sequence[str]) -> Columns:
        """How rows under this header are read.

        Raises:
            Unreadable: it is no header of this table: the text says which column is missing, or comes twice.
        """


ReaderFactory = Callable[[Mapping[str, Any]], Reader]
"""Makes a connection's reader from its settings as they are kept."""


def read(columns: Columns, values: Sequence[str]) -> Write | Bad:
    """What a row says; a value that the reader stumbles over makes it bad."""
    try:
        return columns.read(values)
    except ValueError as error:
        return Bad(f"it cannot be read: {type(error).__name__}")
