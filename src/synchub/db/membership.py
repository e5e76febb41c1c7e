"""Many keys in one statement: they are one parameter however many there are."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Many(TypeDecorator[Sequence[Any]]):
    """Many values as one parameter: an array on PostgreSQL, a JSON document on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(postgresql.ARRAY(BigInteger() if self.kind == "number" else Text()))

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        return json.dumps(value) if dialect.name == "sqlite" else value


_NUMBERS, _TEXTS = _Many("number"), _Many("text")


class _Among(FunctionElement[bool]):
    """A column and its many values; how that is written is each database's own."""

    name = "among"
    type = Boolean()
    inherit_cache = True
    _is_implicitly_boolean = True  # or SQLAlchemy compares it with 1 on SQLite, which then uses no index


@compiles(_Among, "postgresql")
def _among_array(element: _Among, compiler: Any, **kw: Any) -> str:
    what, values = (compiler.process(part, **kw) for part in element.clauses)
    return f"{what} = ANY({values})"


@compiles(_Among, "sqlite")
def _among_document(element: _Among, compiler: Any, **kw: Any) -> str:
    what, values = (compiler.process(part, **kw) for part in element.clauses)
    return f"{what} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both are compiled, the values a parameter


def among(what: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """`what` (a column) is one of `values` (texts or integers), as a single parameter."""
    kind = _NUMBERS if issubclass(what.type.python_type, int) else _TEXTS
    return _Among(what, bindparam(None, list(values), type_=kind, unique=True))


def many(what: Any, name: str) -> ColumnElement[bool]:
    """As `among`, with the values given at execution as the parameter `name`, for a statement that is built once."""
    kind = _NUMBERS if issubclass(what.type.python_type, int) else _TEXTS
    return _Among(what, bindparam(name, type_=kind))
