"""XML: what a stranger may send, and what becomes of it."""

import subprocess
import sys
import textwrap

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synchub.dialects import xml
from synchub.errors import TooLarge, Unreadable

LAUGHS = (
    '<!DOCTYPE a [<!ENTITY b "ha">'
    + "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10 if n else "&b;" * 10}">' for n in range(9))
    + "]><a>&b8;</a>"
)

texts = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"))
names = st.text("abcXYZ", min_size=1, max_size=3)
leaves = st.one_of(st.none(), texts)
trees = st.recursive(
    leaves,
    lambda inner: st.dictionaries(
        names, st.one_of(inner, st.lists(inner, min_size=2, max_size=4)), min_size=1, max_size=4
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        ("<a/>", ""),
        ("<a></a>", ""),
        ("<a>text</a>", "text"),
        ("<a> 1 &lt; 2 &#x263A; </a>", " 1 < 2 \u263a "),
        ("<a><![CDATA[<b>]]></a>", "<b>"),
        ("<a>\n <b>1</b>\n <c/>\n</a>", {"b": "1", "c": ""}),
        ("<a><b>1</b><c/><b>2</b><b/></a>", {"b": ["1", "2", ""], "c": ""}),
        ("<a><!-- no --><b>1<!-- no -->2</b><?no no?></a>", {"b": "12"}),
        ('<a xmlns="urn:x" xmlns:y="urn:y"><y:b z="1">1</y:b></a>', {"b": "1"}),
        ('<a xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><b i:nil="true"/><c i:nil="false"/></a>', None),
        ('<a><b nil="1"/></a>', {"b": None}),
    ],
)
def test_an_element_is_its_text_or_its_children_by_name(body, tree):
    tree = {"b": None, "c": ""} if tree is None else tree
    assert xml.read(body.encode()) == ("a", tree)


def test_a_document_says_in_which_encoding_it_is():
    assert xml.read('<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00e5</a>'.encode("latin-1")) == ("a", "\u00e5")
    assert xml.read('<?xml version="1.0" encoding="UTF-16"?><a>\u00e5</a>'.encode("utf-16")) == ("a", "\u00e5")
    assert xml.read("\ufeff<a>\u00e5</a>".encode()) == ("a", "\u00e5")


@pytest.mark.parametrize(
    "body",
    ["", " ", "{}", "<a>", "<a/><b/>", "<a>&b;</a>", "<a>text<b/></a>", "<a>\x00</a>", '<?xml encoding="no"?><a/>'],
)
def test_what_is_no_xml_is_unreadable(body):
    with pytest.raises(Unreadable):
        xml.read(body.encode())


@pytest.mark.parametrize(
    "body",
    [
        LAUGHS,
        "<!DOCTYPE a><a/>",
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:9/b"> %b;]><a/>',
    ],
)
def test_a_document_type_is_refused_before_anything_in_it_is_read(body):
    for raw in (body.encode(), body.encode("utf-16")):
        with pytest.raises(Unreadable, match="DOCTYPE"):
            xml.read(raw)


def test_levels_are_counted_while_parsing():
    assert xml.read(b"<a>" * 64 + b"</a>" * 64)
    for levels in (65, 100_000):
        with pytest.raises(Unreadable, match="64 levels"):
            xml.read(b"<a>" * levels + b"</a>" * levels)


def test_elements_are_counted_while_parsing():
    assert xml.read(b"<a>" + b"<b/>" * 99_999 + b"</a>")
    with pytest.raises(TooLarge, match="100000 elements"):
        xml.read(b"<a>" + b"<b/>" * 100_000 + b"</a>")


def test_size_is_refused_before_parsing():
    with pytest.raises(TooLarge, match="bytes"):
        xml.read(b"\x00" * (20 * 2**20))
    with pytest.raises(TooLarge, match="10 bytes"):
        xml.read(b"<a>text</a>", most_bytes=10)


def test_no_document_takes_more_than_fifty_megabytes():
    program = f"""
        import resource
        from synchub.dialects import xml
        from synchub.errors import Refused
        bodies = [
            {LAUGHS.encode()!r},
            b"<a>" * 100_000 + b"</a>" * 100_000,
            b"<a>" + b"x" * (20 * 2**20) + b"</a>",
            b"<a>" + b"<b/>" * 900_000 + b"</a>",
            "<a>{{}}\\U0001f600</a>".format("x" * (4 * 2**20 - 20)).encode(),
        ]
        xml.read(b"<a/>")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for body in bodies:
            try:
                xml.read(body)
            except Refused:
                pass
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 50 * 1024


@pytest.mark.parametrize(
    ("value", "listed"),
    [
        (None, []),
        ("", []),
        ("\n ", []),
        ({"int": "1"}, ["1"]),
        ({"int": ["1", "2"]}, ["1", "2"]),
        ({"a": "1", "b": ["2", None]}, ["1", "2", None]),
        (["1", {"b": "2"}], ["1", {"b": "2"}]),
    ],
)
def test_a_list_is_the_children_of_its_element_however_many_and_whatever_called(value, listed):
    assert xml.items(value) == listed


def test_text_is_no_list():
    with pytest.raises(Unreadable):
        xml.items("1,2")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(names, trees)
def test_what_is_written_is_read_again(name, tree):
    assert xml.read(xml.write(name, tree)) == (name, tree)


def test_numbers_and_truth_are_written_in_their_plain_form():
    made = xml.write("a", {"yes": True, "no": False, "n": 7, "ids": {"int": [1, 2]}, "none": {}, "gone": []})
    assert xml.read(made)[1] == {"yes": "true", "no": "false", "n": "7", "ids": {"int": ["1", "2"]}, "none": ""}


def test_what_xml_cannot_hold_is_left_out():
    assert xml.read(xml.write("a", "x\x00\x0b\ud800\ufffey\t\u263a"))[1] == "xy\t\u263a"


def test_a_list_needs_a_name():
    with pytest.raises(TypeError):
        xml.write("a", [["b"]])


@pytest.mark.parametrize("rows", [[], [{"b": "1"}], [{"b": None}, {"c": ["<", ""]}, ""]])
def test_a_list_is_written_piece_by_piece_as_it_is_at_once(rows):
    assert b"".join(xml.write_list("As", "A", iter(rows))) == xml.write("As", {"A": rows})
