"""A file is read record by record, whatever is damaged in it."""

from io import BytesIO

import pytest

from synchub.errors import Unreadable
from synchub.files import lining, scanning
from synchub.files.scanning import form_of, records


def read(content, position=None, line=None):
    file = BytesIO(content)
    form = form_of(file)
    return list(records(file, form, form.start if position is None else position, line or form.line))


def values(content):
    return [record.values for record in read(content) if record.fault is None]


def faults(content):
    return {record.line: record.fault for record in read(content) if record.fault}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_header_tells_the_delimiter_and_the_file_its_line_end(delimiter, line_end):
    rows = [["id", "name, first; last", "x"], ["1", 'a "b"', ""], ["2", "c", "d"]]
    header = [["id", "name", "x"]]
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
    content = "".join(delimiter.join(row) + line_end for row in header + quoted).encode()

    assert form_of(BytesIO(content)).delimiter == delimiter
    assert values(content) == rows


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n\r\n  \n", b"\xef\xbb\xbf\n\n"])
def test_what_stands_before_the_header_is_passed_over(before):
    assert form_of(BytesIO(before + b"id,name\n1,a\n")).header == ["id", "name"]
    assert values(before + b"id,name\n1,a\n") == [["1", "a"]]


def test_each_line_is_utf_8_or_else_cp1252():
    content = b"id,name\n1,caf\xc3\xa9\n2,caf\xe9 \x80\n3,a\x81b\n"

    assert values(content) == [["1", "café"], ["2", "café €"], ["3", "a\x81b"]]
    assert [bool(record.note) for record in read(content)] == [False, False, True]


def test_nuls_go_and_a_stray_carriage_return_is_a_blank():
    assert values(b"id,name\n1,a\x00b\rc\r\n") == [["1", "ab c"]]


def test_a_quoted_line_break_is_part_of_its_cell():
    assert values(b'id,name\r\n1,"a\r\nb"\r\n2,c\r\n') == [["1", "a\nb"], ["2", "c"]]


def test_lines_in_which_nothing_stands_are_no_rows():
    assert read(b"id,name\n\n1,a\n   \n\x1a") == read(b"id,name\n\n1,a\n")
    assert values(b"id,name\n\n1,a\n   \n\x1a") == [["1", "a"]]


def test_the_mark_of_a_files_end_is_part_of_no_cell():
    assert values(b"id,name\n1,a\n2,b\x1a") == [["1", "a"], ["2", "b"]]
    assert values(b'id\n"1"\x1a') == [["1"]]
    assert values(b"id\n1\n\x1a") == [["1"]]


def test_an_open_quotation_mark_swallows_nothing_but_its_line():
    content = b'id,name\n1,"open\n2,b\n3,"c"\n4,"d\ne"\n'

    assert values(content) == [["2", "b"], ["3", "c"], ["4", "d\ne"]]
    assert list(faults(content)) == [2]


def test_an_open_quotation_mark_on_the_last_line_is_found_too():
    assert faults(b'id,name\n1,a\n2,"b') == {3: "a quotation mark in it is not closed"}


def test_an_open_quotation_mark_is_looked_for_only_so_far(monkeypatch):
    monkeypatch.setattr(scanning, "MOST_LINES", 5)
    content = b'id,name\n1,"open\n' + b"2,b\n" * 20 + b'3,c"\n'

    assert len(values(content)) == 21
    assert list(faults(content)) == [2]


def test_shifted_rows_are_found_by_their_width():
    assert faults(b"id,name,x\n1,a\n2,b,c,d\n3,e,f\n") == {
        2: "it has 2 cells where the header has 3",
        3: "it has 4 cells where the header has 3",
    }


def test_a_quotation_mark_alone_in_a_quoted_cell_makes_the_row_bad():
    assert list(faults(b'id,name\n1,"5" pipe"\n2,5" pipe\n')) == [2]


def test_a_line_that_is_too_long_is_bad_and_is_not_held_in_memory(monkeypatch):
    monkeypatch.setattr(lining, "MOST_BYTES", 1000)
    monkeypatch.setattr(lining, "BLOCK", 300)
    content = b"id,name\n1,a\n2," + b"x" * 5000 + b"\n3,b\n4," + b"y" * 5000

    assert values(content) == [["1", "a"], ["3", "b"]]
    assert list(faults(content)) == [3, 5]


def test_reading_may_go_on_at_the_end_of_any_record():
    content = b'id,name\r\n1,a\r\n\r\n2,"b\r\nb"\r\n3,"open\r\n4,d\r\nfive\r\n6,f'
    whole = read(content)
    for number, record in enumerate(whole):
        rest = read(content, record.end, record.next_line)
        assert [(r.values, r.line, r.fault) for r in rest] == [(r.values, r.line, r.fault) for r in whole[number + 1 :]]


def test_a_file_in_which_nothing_stands_has_no_form():
    assert form_of(BytesIO(b"")) is None
    assert form_of(BytesIO(b"\n \r\n")) is None


@pytest.mark.parametrize("content", [b'"id,name\n1,a\n', "id,name\n".encode("utf-16"), b"x" * (2**20 + 2)])
def test_what_has_no_header_is_not_readable(content):
    with pytest.raises(Unreadable):
        form_of(BytesIO(content))


def test_blocks_may_end_anywhere(monkeypatch):
    content = b"id,name\r\n" + b"".join(b'%d,"caf\xc3\xa9 \n%d"\r\n' % (n, n) for n in range(200))
    whole = values(content)
    for size in range(1, 20):
        monkeypatch.setattr(lining, "BLOCK", size)
        assert values(content) == whole
    assert len(whole) == 200
