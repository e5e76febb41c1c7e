"""Good rows are made first, damage is put between them: every good row is in the store, and nothing crashes."""

import csv
from io import BytesIO, StringIO
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.files.press import Press

from synchub import db
from synchub.errors import Unreadable
from synchub.files import guards
from synchub.files.lining import MOST_BYTES
from synchub.files.scanning import form_of, records
from synchub.master.values import clean

names = count(1)
PLAIN = "abc ÄéÎß€0.'-"


def cells(delimiter):
    """What a good cell holds.

    Where it is quoted, it does not begin with what follows a closing quotation mark: after an open one nobody could
    tell the two apart.
    """
    alphabet = st.sampled_from([*PLAIN, '"', delimiter, "\n", "語", "\x85", "\u2028"])
    text = st.text(alphabet, max_size=12)
    return text.filter(lambda value: value.lstrip('"')[:1] not in {delimiter, "\n"})


@st.composite
def good(draw, number, width, delimiter):
    """A row, with its key and name, as bytes; now and then with NULs in it, or in cp1252."""
    values = [f"k{number}", *(draw(cells(delimiter)) for _ in range(width - 1))]
    written = StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerow(values)
    raw = encoded(written.getvalue().removesuffix("\n"), draw(st.booleans()))
    if draw(st.booleans()):
        place = draw(st.integers(0, len(raw)))
        raw = raw[:place] + b"\x00" + raw[place:] if is_between(raw, place) else raw
    return raw, (values[0], clean(values[1]))


def encoded(text, older):
    try:
        raw = text.encode("cp1252") if older else text.encode()
    except UnicodeEncodeError:
        return text.encode()
    readable = all(line.isascii() or not is_utf_8(line) for line in raw.split(b"\n"))
    return raw if readable or not older else text.encode()


def is_utf_8(raw):
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_between(raw, place):
    """Whether a byte may stand there without tearing a character apart."""
    return raw[place : place + 1] < b"\x80" and raw[place - 1 : place] < b"\x80"


@st.composite
def damaged(draw, width, delimiter):
    """A line that is no row, or one that came about by chance."""
    plain = st.text(PLAIN, min_size=1, max_size=8)
    made = {
        "open": st.lists(plain, max_size=width + 1).map(lambda before: delimiter.join([*before, '"' + "open"])),
        "shifted": st.lists(plain, min_size=1, max_size=2 * width)
        .filter(lambda values: len(values) != width)
        .map(delimiter.join),
        "returns": st.lists(plain, min_size=2, max_size=4).map("\r".join),
        "long": st.sampled_from(["", '"', 'a,"']).map(lambda before: before + "x" * MOST_BYTES),
        "keyless": st.just(delimiter.join([" ", *["a"] * (width - 1)])),
        "blank": st.sampled_from(["", "  ", "\x00\x00"]),
    }
    kind = draw(st.sampled_from([*made, "junk"]))
    if kind in made:
        return draw(made[kind]).encode()
    junk = draw(st.binary(min_size=1, max_size=40))
    return junk.replace(b'"', b"").replace(b"\n", b"")


@st.composite
def files(draw):
    """A file, and its good rows: key and name."""
    delimiter, line_end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from([b"\n", b"\r\n"]))
    width = draw(st.integers(2, 5))
    lines = [delimiter.join(["id", "name", "phone", "branch", "note"][:width]).encode()]
    rows = {}
    for number in range(draw(st.integers(1, 12))):
        lines += draw(st.lists(damaged(width, delimiter), max_size=3))
        raw, (key, name) = draw(good(number, width, delimiter))
        lines.append(raw)
        rows[key] = name
    lines += draw(st.lists(damaged(width, delimiter), max_size=3))
    return b"".join(line + line_end for line in lines), rows


@pytest.mark.slow
@pytest.mark.parametrize("store_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.e2e)], indirect=True)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(file=files())
def test_every_good_row_is_stored_whatever_stands_between(engine, tmp_path, file):
    content, rows = file
    press = Press(engine, tmp_path, f"partner-{next(names)}", files_max_blank_keys=1, files_max_shrink=1)
    run = press.press(content)
    if run.checks == ["it is truncated: its last line is cut"]:  # as it may well be, by what stands at its end
        with db.writing(engine) as session:
            guards.release(session, run.id)
        while press.advance():
            pass
        run = press.run(run.id)
    stored = press.names()
    assert (run.state, run.rows_read) == ("done", run.rows)
    assert rows.items() <= stored.items()
    assert run.rows == run.bad + sum(run.counts.values())


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=300) | st.binary(max_size=200).map(lambda junk: b"id,name\n1,Ann\n" + junk))
def test_no_bytes_whatever_make_reading_crash(content):
    file = BytesIO(content)
    try:
        form = form_of(file)
    except Unreadable:
        return
    if form is None:
        return
    ends = [form.start]
    for record in records(file, form, form.start, form.line):
        assert record.start == ends[-1] < record.end <= len(content)
        ends.append(record.end)
