"""What one Aljex connection is set to: the fields that identify a record of each table, and those that are secrets."""

from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from synchub.dialects.aljex.titles import TITLES
from synchub.files.settings import FileSettings

ID = ("id",)
KEYS = {"spots": ("spot_number",), "invoicing": ("pro_num",), "salesreps": ("id", "salesrep_id")}
"""Tables that are not known by `id`: facts/aljex_tables.json, `key` and `key_alternatives`."""
SECRETS = ("pay_to_account", "passwd", "username")


class AljexSettings(FileSettings, extra="forbid"):
    """What one connection is set to."""

    keys: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="table=field, with commas, for tables whose key is another field than usual; "
        "of several fields with | between them the first that is filled counts",
    )
    redact: tuple[str, ...] = Field(SECRETS, description="fields whose values are secrets, with commas")

    @field_validator("keys", mode="before")
    @classmethod
    def _read_keys(cls, given: Any) -> Any:
        """Also from one text, as a command line gives it; names in any letter case."""
        if isinstance(given, str):
            given = dict(_pairs(given))
        if not isinstance(given, dict):
            return given
        return {_name(table): _names(fields, "|") for table, fields in given.items()}

    @field_validator("redact", mode="before")
    @classmethod
    def _read_redact(cls, given: Any) -> Any:
        return _names(given, ",")

    @model_validator(mode="after")
    def _keys_are_no_secrets(self) -> Self:
        for table, fields in {**KEYS, "other tables": ID, **self.keys}.items():
            if not fields:
                raise ValueError(f"keys: {table} has no field")
            if secret := set(fields) & set(self.redact):
                raise ValueError(f"redact: {', '.join(secret)} is the key of {table}")
        return self

    @model_validator(mode="after")
    def _expected_files_can_come(self) -> Self:
        tables = [*TITLES, *self.files_patterns]
        if unknown := self.files_expected.keys() - tables:
            raise ValueError(f"files_expected: there is no table {', '.join(sorted(unknown))}, but {', '.join(tables)}")
        return self

    def key_fields(self, table: str) -> tuple[str, ...]:
        """The fields, lower case, of which the first that is filled is the key of a table's record."""
        return self.keys.get(table) or KEYS.get(table, ID)


def _pairs(given: str) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in given.split(",") if part.strip()]
    if not all(equals for _, equals, _ in parts):
        raise ValueError("must look like table=field,table=field")
    return [(table, fields) for table, _, fields in parts]


def _names(given: Any, separator: str) -> Any:
    names = given.split(separator) if isinstance(given, str) else given
    return _once(names) if isinstance(names, list | tuple) else names


def _once(names: Any) -> tuple[str, ...]:
    """The names in lower case, each once, in the order given."""
    return tuple(dict.fromkeys(name for given in names if (name := _name(given))))


def _name(given: Any) -> str:
    return str(given).strip().lower()
