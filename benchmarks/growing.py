"""Stores with many records: what the hub made of the first one is written again and again by COPY.

Each has ids, numbers and a key of its own, its copies and its history, as if it had been sent.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import psycopg
from psycopg import sql

CHUNK = 5_000
OWN = {
    "master_record": {"id": "record", "changed": "change"},
    "cross_reference": {"id": "copy", "record_id": "record", "home_record_id": "record"},
    "change": {"number": "change", "record_id": "record", "copy_id": "copy"},
    "customer": {"id": "record"},
    "job": {"id": "record", "number": "series"},
}
"""The columns whose numbers are a record's own, by table."""
Connection = psycopg.Connection[tuple[object, ...]]


def key(number: int) -> str:
    """The key of a record by its number; the first one has the number 1."""
    return f"K{number:07}"


@dataclass(frozen=True)
class First:
    """The record that the hub made: its own numbers by kind, the highest there are, and the words that name it."""

    numbers: Mapping[str, list[int]]
    highest: Mapping[str, int]
    words: tuple[str, ...]

    def rule(self, kind: str, value: int) -> tuple[int, int]:
        """What a number becomes for the n-th record: the first of these and n times the second."""
        if kind == "series":
            return value - 1, 1
        known = self.numbers[kind]
        return self.highest[kind] + known.index(value) + 1 - 2 * len(known), len(known)


def grow(url: str, entity: str, count: int) -> None:
    """Let a store have so many records of an entity, of which it has the first."""
    with psycopg.connect(url) as connection:
        first = _first(connection, entity)
        connection.execute("SET session_replication_role = replica")  # what is referred to may come later
        for table in ("master_record", entity, "cross_reference", "change"):
            _write(connection, table, first, count)
        _go_on(connection)


def spread(url: str, daily: int = 500) -> None:
    """Let so many jobs begin on each day from 2021 on: most are worked on as planned, some late, a few not yet."""
    with psycopg.connect(url) as connection:
        connection.execute(_SPREAD, {"daily": daily})


_MOMENT = "to_char(at + {} * interval '1 minute', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
_SPREAD = f"""
UPDATE job SET
    status = CASE WHEN place % 50 = 0 THEN 1 ELSE 5 END,
    scheduled_begin = {_MOMENT.format(0)},
    scheduled_end = {_MOMENT.format(90)},
    real_begin = CASE WHEN place % 50 > 0 THEN {_MOMENT.format("late")} END,
    real_end = CASE WHEN place % 50 > 0 THEN {_MOMENT.format("(late + 80)")} END
FROM (
    SELECT id, place, timestamp '2021-01-01 06:00' + place / %(daily)s * interval '1 day'
        + place % 540 * interval '1 minute' AS at, CASE WHEN place % 20 = 1 THEN 1440 ELSE 7 END AS late
    FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM job) AS numbered
) AS placed
WHERE placed.id = job.id
""".replace("place % ", "place %% ")  # noqa: S608 - nothing in it comes from elsewhere


def _first(connection: Connection, entity: str) -> First:
    question = "SELECT id FROM master_record WHERE entity = %s ORDER BY id LIMIT 1"
    record = int(str(_one(connection, question, entity)))
    numbers = {
        "record": [record],
        "copy": _numbers(connection, "SELECT id FROM cross_reference WHERE record_id = %s ORDER BY id", record),
        "change": _numbers(connection, "SELECT number FROM change WHERE record_id = %s ORDER BY number", record),
    }
    highest = {
        "record": int(str(_one(connection, "SELECT max(id) FROM master_record"))),
        "copy": int(str(_one(connection, "SELECT max(id) FROM cross_reference"))),
        "change": int(str(_one(connection, "SELECT value FROM counter WHERE name = 'change'"))),
    }
    named = (str(_one(connection, "SELECT job_id FROM job WHERE id = %s", record)),) if entity == "job" else ()
    return First(numbers, highest, named)


def _one(connection: Connection, question: str, *values: object) -> object:
    row = connection.execute(question.encode(), values).fetchone()
    if row is None:
        raise RuntimeError(f"nothing answers {question}")
    return row[0]


def _numbers(connection: Connection, question: str, *values: object) -> list[int]:
    return [int(str(value)) for (value,) in connection.execute(question.encode(), values)]


def _write(connection: Connection, table: str, first: First, count: int) -> None:
    column = "id" if OWN[table].get("id") == "record" else "record_id"
    chosen = sql.SQL("COPY (SELECT * FROM {} WHERE {} = {}) TO STDOUT")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(table)))
        columns = [each.name for each in cursor.description or ()]
        asked = chosen.format(sql.Identifier(table), sql.Identifier(column), sql.Literal(first.numbers["record"][0]))
        with cursor.copy(asked) as copy:
            lines = b"".join(map(bytes, copy)).decode().splitlines()
        templates = [_template(first, table, columns, line.split("\t")) for line in lines]
        with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
            for chunk in _chunks(_lines(first, templates, count)):
                copy.write(chunk)


Template = tuple[list[str], list[tuple[int, int, int]]]
"""The values of a row, and which of them are numbers of the record: its place, and the rule for the n-th."""


def _template(first: First, table: str, columns: list[str], values: list[str]) -> Template:
    rules = []
    for place, (name, value) in enumerate(zip(columns, values, strict=True)):
        if name in OWN[table] and value != r"\N":
            rules.append((place, *first.rule(OWN[table][name], int(value))))
    return values, rules


def _lines(first: First, templates: list[Template], count: int) -> Iterator[str]:
    for number in range(2, count + 1):
        for values, rules in templates:
            made = [*values]
            for place, offset, step in rules:
                made[place] = str(offset + number * step)
            line = "\t".join(made).replace(key(1), key(number))
            for word in first.words:
                line = line.replace(word, f"{word}{number}")
            yield line + "\n"


def _chunks(lines: Iterable[str]) -> Iterator[str]:
    lines = iter(lines)
    while chunk := "".join(islice(lines, CHUNK)):
        yield chunk


def _go_on(connection: Connection) -> None:
    """Let the numbers that the hub draws go on after those that were written."""
    connection.execute("SELECT setval('record_number', (SELECT max(id) FROM master_record))")
    connection.execute("SELECT setval(pg_get_serial_sequence('cross_reference', 'id'), max(id)) FROM cross_reference")
    connection.execute("UPDATE counter SET value = (SELECT max(number) FROM change) WHERE name = 'change'")
    connection.execute("UPDATE counter SET value = (SELECT max(number) FROM job) WHERE name LIKE '%job%' AND value > 0")
