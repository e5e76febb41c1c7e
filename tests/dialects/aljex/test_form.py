"""How a body is split, read and freed of its secrets."""

import gc
import tracemalloc
from urllib.parse import parse_qsl, quote_from_bytes, quote_plus

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examined
from hypothesis import strategies as st

from synchub.dialects.aljex.form import keepable, read_form, split, text
from synchub.errors import TooLarge

SECRETS = ("passwd", "username", "pay_to_account")
fragments = st.lists(
    st.one_of(st.binary(max_size=6), st.sampled_from([b"&", b"=", b"+", b"%41", b"%e4", b"%", b"%4", b";", b"a"])),
    max_size=30,
).map(b"".join)
names = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)
values = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)

patiently = examined(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def readable(value):
    raw = value.encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="control_characters")


@patiently
@given(fragments)
@example(b"a=1&&b&=c&d==e&%61=%zz")
def test_a_body_is_split_as_parse_qsl_splits_it(body):
    expected = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    found = [tuple(map(text, pair)) for _, pair in split(body.split(b"&"))]
    assert found == [tuple(map(readable, pair)) for pair in expected]


@patiently
@given(st.lists(st.tuples(names, values), max_size=10))
def test_utf8_forms_are_read_as_parse_qsl_reads_them(pairs):
    body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()
    expected = dict(parse_qsl(body.decode(), keep_blank_values=True))
    assert {text(name): text(value) for _, (name, value) in split(body.split(b"&"))} == expected


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b"caf%C3%A9", "café"),
        (b"caf%E9", "café"),
        (b"caf\xe9", "café"),
        (b"%80+5", "€ 5"),
        (b"%93quoted%94", "“quoted”"),
        (b"%81", "\x81"),
    ],
)
def test_a_value_is_utf8_or_else_cp1252(raw, read):
    assert read_form(b"name=" + raw, ()).fields == {"name": ("name", read)}


def test_each_value_has_its_own_encoding():
    assert read_form(b"a=%C3%A9&b=%E9", ()).fields == {"a": ("a", "é"), "b": ("b", "é")}


def test_of_a_repeated_name_the_later_wins_in_any_case():
    assert read_form(b"City=A&name=x&CITY=B", ()).fields == {"city": ("CITY", "B"), "name": ("name", "x")}


def test_nameless_values_are_no_fields():
    assert read_form(b"=1&&+=2&a=3", ()).fields == {"a": ("a", "3")}


def test_a_value_is_found_by_its_name_in_any_case_and_trimmed():
    form = read_form(b"ID=+x+&blank=++", ())
    assert (form.value("id"), form.value("blank"), form.value("absent")) == ("x", None, None)


def test_twenty_thousand_fields_are_too_many():
    body = b"&".join(b"f%d=1" % number for number in range(19_999))
    assert len(read_form(body, ()).fields) == 19_999
    with pytest.raises(TooLarge):
        read_form(body + b"&one=more", ())


@pytest.mark.parametrize(
    "pair",
    [
        b"passwd=s3cr3t-value",
        b"PassWd=s3cr3t-value",
        b"p%61sswd=s3cr3t%2Dvalue",
        b"+passwd+=%73%33cr3t-value",
        b"username=s3cr3t-value",
        b"pay_to_account==s3cr3t-value=",
        b"passwd=first&passwd=s3cr3t-value",
        b"passwd=s3cr3t-value&PASSWD=",
        b"passwd[]=s3cr3t-value",
        b"user%5Bpasswd%5D=s3cr3t-value",
        b"pass%2577d=s3cr3t-value",
        b"%EF%BB%BFpasswd=s3cr3t-value",
        b"note=x;passwd=s3cr3t-value",
        b"note=x%0ApassWd+%3D+s3cr3t-value",
        b"note=x%253Bpasswd%253Ds3cr3t-value",
        b"note%3Dx%3Bpasswd%3Ds3cr3t-value",
        b"note%3Dx%3Bpasswd%3Ds3cr3t-value=y",
        b"note=passwd[]=s3cr3t-value",
    ],
)
def test_a_secret_is_in_neither_fields_nor_body(pair):
    form = read_form(b"id=1&" + pair + b"&name=x%20y", SECRETS)
    assert b"s3cr3t" not in form.body
    assert b"%73" not in form.body
    assert not any("s3cr3t" in part for field in form.fields.items() for part in (field[0], *field[1]))
    assert form.body.startswith(b"id=1&")
    assert form.body.endswith(b"&name=x%20y")


def test_a_mark_of_byte_order_hides_no_name():
    form = read_form(b"\xef\xbb\xbfpasswd=s3cr3t&id=1", SECRETS)
    assert form.body == b"\xef\xbb\xbfpasswd=redacted&id=1"
    assert read_form(b"\xef\xbb\xbfid=1", SECRETS).value("id") == "1"


def test_a_value_that_holds_a_secret_is_cut_there():
    form = read_form(b"note=x+y;passwd=s3cr3t&id=1", SECRETS)
    assert (form.value("note"), form.cut) == ("x y;passwd=redacted", {"note"})
    assert form.body == b"note=x+y%3Bpasswd%3Dredacted&id=1"


def test_a_value_that_only_speaks_of_a_secret_stays():
    body = b"note=the+passwd+is+lost%3D&other=username"
    assert read_form(body, SECRETS).body == body


def test_a_blank_secret_stays_blank():
    form = read_form(b"id=1&passwd=", SECRETS)
    assert form.body == b"id=1&passwd="
    assert form.redacted == frozenset()


@patiently
@given(fragments)
def test_a_body_without_secrets_is_kept_byte_for_byte(body):
    assert read_form(body, ()).body == body


@patiently
@given(st.binary(min_size=8, max_size=20), fragments, st.booleans())
def test_no_byte_of_a_secret_is_left_behind(secret, rest, percent):
    secret = b"s3cr3t" + secret.replace(b"&", b"") + b"s3cr3t"
    spelt = quote_from_bytes(secret).encode() if percent else secret
    form = read_form(rest + b"&passwd=" + spelt, SECRETS)
    assert b"s3cr3t" not in form.body


@pytest.mark.parametrize(
    "body", [b'{"id": 1, "passwd": "s3cr3t"}', b"--x\r\nname=passwd\r\n\r\ns3cr3t", b"id=1;%70asswd=s3cr3t"]
)
def test_a_body_whose_secrets_cannot_be_found_is_not_kept(body):
    assert keepable(read_form(body, SECRETS), SECRETS) == b""


def test_an_unreadable_body_without_secrets_is_kept():
    assert keepable(read_form(b'{"id": 1}', SECRETS), SECRETS) == b'{"id": 1}'
    assert keepable(read_form(b"id=1&passwd=x", SECRETS), SECRETS) == b"id=1&passwd=redacted"


def test_names_of_mebibytes_are_not_held_in_memory():
    def held_after(size):
        gc.collect()
        tracemalloc.start()
        for number in range(5):
            read_form(b"%d" % number + b"n" * size + b"=1", ())
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return held

    assert held_after(2**20) < held_after(10) + 2**20
