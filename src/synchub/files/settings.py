"""What a connection with files is set to; the settings of a dialect that reads files have these among them."""

from datetime import time
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator

LONGEST_TABLE = 64
"""Letters of a table's name, as the store keeps it."""
HUB = "hub"
"""Says that the partner uploads to this hub's own SFTP server."""
SECRETS = ("files_password", "files_key")
"""The outbound secrets by which the hub proves itself to a partner's SFTP server: a password, or a private key."""


class FileSettings(BaseModel, extra="forbid"):
    """Where a connection's files are, when one is taken, and what is expected of them."""

    files: str = Field(
        "",
        description="where its files are: a directory, sftp://user@host:port/directory, or 'hub' for the directory "
        "that 'synchub sftp-server' gives it; empty: it has none",
    )
    files_host_key: str = Field(
        "", description="fingerprint of the SFTP server's host key, as 'synchub file trust' finds and keeps it"
    )
    files_client_key: str = Field(
        "",
        description="public key, as OpenSSH writes it, with which the partner may log in at this hub's own SFTP server "
        "as well as with its password",
    )
    files_every: float = Field(60.0, ge=0.05, description="seconds between two looks")
    files_cron: str = Field("", description="when to look instead, as a cron line in the connection's time zone")
    files_ready: Literal["steady", "done-file", "rename"] = Field(
        "steady",
        description="when a file is whole: steady (two looks agree, and it is old enough), done-file (name.done is "
        "beside it), rename (as soon as it has a name of ours)",
    )
    files_done: str = Field(".done", min_length=1, description="what the name of a done-file has after the file's name")
    files_min_age: float | None = Field(
        None, ge=0, description="seconds for which a steady file must not have changed; unset: longer than three looks"
    )
    files_margin: float = Field(
        3600.0, ge=0, description="seconds that an export may take at most: a file speaks for the time before that"
    )
    files_patterns: dict[str, str] = Field(
        default_factory=dict,
        description="table=pattern, with commas, for files that are named otherwise; * and ? match",
    )
    files_missing: Literal["report", "flag", "tombstone"] = Field(
        "report", description="what becomes of a record that a full file does not hold"
    )
    files_max_shrink: float = Field(
        0.5,
        ge=0,
        le=1,
        description="share of rows or bytes by which a file may be smaller than the last one, and of rows that may be "
        "damaged",
    )
    files_max_blank_keys: float = Field(0.1, ge=0, le=1, description="share of rows whose key may be blank")
    files_expected: dict[str, time] = Field(
        default_factory=dict,
        description="table=06:30, with commas: by when, in the connection's time zone, a file must be there each day",
    )

    @field_validator("files")
    @classmethod
    def _is_a_place(cls, given: str) -> str:
        if "://" not in given:
            if given.strip() not in {"", HUB} and not Path(given.strip()).is_absolute():
                raise ValueError("a directory must begin with /: where the hub is started from must not matter")
            return given.strip()
        parts = urlsplit(given)
        try:
            has_all = parts.scheme == "sftp" and parts.hostname and parts.username and parts.port != 0
        except ValueError:  # what should be a port is none
            has_all = False
        if not has_all:
            raise ValueError("must be a directory, sftp://user@host:port/directory, or hub")
        if parts.password:
            raise ValueError("a password stands in files_password, where it is kept sealed")
        return given.strip()

    @field_validator("files_cron")
    @classmethod
    def _is_a_cron_line(cls, given: str) -> str:
        from croniter import CroniterError, croniter

        try:
            if given.strip():
                croniter(given).get_next()
        except CroniterError:  # also one whose day never comes
            raise ValueError("must be a cron line, as 15 6 * * 1-5") from None
        return given.strip()

    @field_validator("files_patterns", "files_expected", mode="before")
    @classmethod
    def _read_pairs(cls, given: Any) -> Any:
        """Also from one text, as a command line gives it; tables in any letter case."""
        if isinstance(given, str):
            parts = [part.partition("=") for part in given.split(",") if part.strip()]
            if not all(equals for _, equals, _ in parts):
                raise ValueError("must look like table=value,table=value")
            given = {table: value.strip() for table, _, value in parts}
        if not isinstance(given, dict):
            return given
        if long := [str(table) for table in given if len(str(table).strip()) > LONGEST_TABLE]:
            raise ValueError(
                f"the name of a table has no more than {LONGEST_TABLE} letters: {long[0][:LONGEST_TABLE]}…"
            )
        return {str(table).strip().lower(): value for table, value in given.items()}
