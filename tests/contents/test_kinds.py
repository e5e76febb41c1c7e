"""What a content is."""

import pytest
from tests.contents.samples import BYTES

from synchub.contents.kinds import UNKNOWN, allowed, media_type, recognised


@pytest.mark.parametrize("kind", BYTES)
def test_first_bytes_show_what_a_file_is_whatever_its_name_says(kind):
    assert recognised(BYTES[kind]) == kind
    assert media_type(BYTES[kind], "notes.txt") == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("data5.csv", "text/csv"),
        ("DATA5.CSV", "text/csv"),
        ("table.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("no ending", UNKNOWN),
        ("strange.zzz", UNKNOWN),
    ],
)
def test_a_name_says_it_where_the_bytes_do_not(name, kind):
    assert media_type(b"a,b\n1,2\n", name) == kind


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "paper.pdf", "photo.heic", "photo.webp"])
def test_a_name_is_not_believed_against_the_bytes(name):
    assert media_type(b"MZ\x90\x00", name) == UNKNOWN


@pytest.mark.parametrize("content", [b"", b"B", b"BM", b"RIFF", b"\x00\x00\x00\x18ftyp", b"\xff\xd8"])
def test_a_cut_off_beginning_shows_nothing(content):
    assert recognised(content) is None


@pytest.mark.parametrize(
    ("patterns", "fits"),
    [
        ("*/*", {"image/png", "text/csv"}),
        ("image/*", {"image/png"}),
        ("application/pdf, TEXT/csv", {"text/csv"}),
        ("", set()),
    ],
)
def test_a_type_is_allowed_if_a_pattern_fits(patterns, fits):
    assert {kind for kind in ("image/png", "text/csv") if allowed(kind, patterns)} == fits
