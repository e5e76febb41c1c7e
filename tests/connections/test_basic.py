"""HTTP Basic, whoever sends it."""

import base64

import pytest

from synchub.connections.basic import Login, login_of, parted


def basic(plain: bytes, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(plain).decode()}"


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "  Basic "])
def test_a_login_is_read_whatever_the_letters_and_blanks_of_its_scheme(scheme):
    assert login_of(basic(b"boss:a good one", scheme) + " ") == Login("boss", "a good one")


def test_only_the_first_colon_parts_the_name_from_the_password():
    assert login_of(basic(b"boss:a:b:")) == Login("boss", "a:b:")


def test_both_parts_may_be_blank_and_keep_their_blanks():
    assert login_of(basic(b":")) == Login("", "")
    assert login_of(basic(b" boss : secret ")) == Login(" boss ", " secret ")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic ???",
        "Basic \xe9",
        "Basic YTp",
        basic(b"no colon"),
        basic(b"a:b", "Bearer"),
        "YTpi",
    ],
)
def test_what_is_no_login_is_none(header):
    assert login_of(header) is None


def test_text_is_utf_8_and_another_encoding_only_where_one_is_named():
    assert login_of(basic("jörg:ü".encode()), otherwise="latin-1") == Login("jörg", "ü")
    assert login_of(basic("jörg:ü".encode("latin-1")), otherwise="latin-1") == Login("jörg", "ü")
    assert login_of(basic("jörg:ü".encode("latin-1"))) is None


def test_the_scheme_is_parted_from_what_stands_behind_it():
    assert parted(" SOTicket  a b ") == ("soticket", "a b")
    assert parted("") == ("", "")
