"""A report on paper, with the fonts that every reader has."""

import re

import pytest
from tests.printing.sheets import HEAD, NOWHERE, at, bare, image, pages_of, picture, printed, read, sheet

from synchub.errors import Misconfigured, TooLarge
from synchub.printing.paper import MISSING, MOST_SIGNS, pdf
from synchub.printing.pictures import MOST_PIXELS
from synchub.printing.sheet import Answer, Block, Letterhead, Part, Party, Times, Work

SIGNS = "\N{EURO SIGN}\N{EN DASH}\N{LEFT SINGLE QUOTATION MARK}\N{HORIZONTAL ELLIPSIS}"
GREEK = "\N{GREEK SMALL LETTER ALPHA}"
WORDS = [f"w{number}" for number in range(2500)]


def words_in(text):
    return re.findall(r"\bw\d+\b", text)


def test_a_report_says_all_that_the_sheet_has():
    said = printed(sheet())
    for part in (
        "Harbour Services Ltd",
        "12 Quay Street",
        "Service report 154872",
        "Validated",
        "Customer Harbour Bakery C-7 Ann Smith",
        "Place Oven hall Pier 3",
        "Reference R-5",
        "Kind Maintenance",
        "Scheduled 19 Jul 2026, 14:43 \N{EN DASH} 16:43",
        "Carried out 19 Jul 2026, 23:50 \N{EN DASH} 20 Jul 2026, 01:16",
        "Duration 1 h 05 min",
        "Technicians Ann Smith, Steven Jones",
        "The burner was cleaned.",
        "Ann Smith 19 Jul 2026, 14:50 19 Jul 2026, 14:56 6 min",
        "Total 47 min",
        "N-1 Nozzle SN 1000 2",
        "Sign Off Print Name Fadil",
        "Sign Off (2) Print Name Beth",
        "sector North",
        "Before",
        "b.jpg",
        "All times are those of Europe/Paris.",
    ):
        assert part in said, part


def test_what_a_sheet_lacks_leaves_no_heading():
    said = printed(bare(), Letterhead())
    assert said.strip() == "Service report 1 1/1"


@pytest.mark.parametrize(
    ("times", "says"),
    [
        (Times(at(9, 0), None), "Scheduled from 19 Jul 2026, 09:00"),
        (Times(None, at(9, 0)), "Scheduled until 19 Jul 2026, 09:00"),
    ],
)
def test_an_open_end_is_said(times, says):
    assert says in printed(bare(scheduled=times))


def test_every_page_has_its_number_and_later_ones_say_what_they_belong_to():
    pages = pages_of(pdf(bare(description=" ".join(WORDS)), HEAD, NOWHERE))
    assert len(pages) > 2
    for number, text in enumerate(pages, 1):
        assert re.sub(r"\s", "", text).endswith(f"{number}/{len(pages)}")
        assert ("Service report 1" in text, "Harbour Services Ltd" in text) == (True, True)


def test_a_report_of_more_than_ten_pages_counts_them():
    pages = pages_of(pdf(bare(description="\n".join(WORDS[:700])), HEAD, NOWHERE))
    assert len(pages) > 10
    assert re.sub(r"\s", "", pages[-1]).endswith(f"{len(pages)}/{len(pages)}")


@pytest.mark.parametrize(
    "more",
    [
        {"description": " ".join(WORDS)},
        {"description": "\n".join(WORDS[:300])},
        {"blocks": (Block("b", 0, (Answer("Remarks", " ".join(WORDS), (picture(),)),)),)},
        {"fields": (("long", " ".join(WORDS)),)},
        {"parts": (Part("N-1", " ".join(WORDS), "1"),)},
        {"parties": (Party("Customer", "x", (" ".join(WORDS[:100]),)),)},
    ],
    ids=["text", "lines", "answer", "field", "part", "party"],
)
def test_a_long_text_goes_on_over_pages_and_loses_no_word(more):
    assert words_in(printed(bare(**more))) == words_in(repr(more).replace("\\n", " "))


def test_a_table_repeats_its_head_on_every_page_and_loses_no_row():
    work = tuple(Work(word, Times(at(9, 0), at(9, 5)), 5) for word in WORDS[:120])
    pages = pages_of(pdf(bare(work=work), HEAD, NOWHERE))
    assert len(pages) > 2
    assert [word for text in pages for word in words_in(text)] == WORDS[:120]
    assert all("Technician" in text for text in pages)
    assert "10 h 00 min" in pages[-1]


def test_a_heading_stands_on_the_page_of_what_follows():
    for lines in range(20, 60):
        pages = pages_of(pdf(bare(description="x\n" * lines, fields=(("sector", "North"),)), HEAD, NOWHERE))
        (where,) = [text for text in pages if "Further details" in text]
        assert "North" in where


def test_signs_beyond_latin_1_that_every_reader_has_are_printed_on_every_page():
    text = f"5 {SIGNS} "
    said = printed(bare(fields=(("price", text * 900),)))
    assert {sign: said.count(sign) for sign in text if not sign.isalnum() and sign != " "} == dict.fromkeys(SIGNS, 900)


def test_a_letter_that_no_font_has_names_the_setting_and_the_packages():
    with pytest.raises(Misconfigured, match=r"SYNCHUB_FONTS.*'ễ' \(U\+1EC5\).*fonts-noto-core and fonts-noto-cjk"):
        pdf(bare(description="Nguyễn"), HEAD, NOWHERE)


def test_a_letter_of_the_letterhead_that_no_font_has_is_told_too():
    with pytest.raises(Misconfigured, match="U\\+03B1"):
        pdf(bare(), Letterhead(GREEK), NOWHERE)


def test_a_symbol_that_no_font_has_is_shown_as_such_and_what_has_no_shape_is_left_out():
    said = printed(bare(description="a☎b c\u200bd e\u202ff g\ufe0fh i\x00j k\tl"))
    assert "a?b cd e f gh ij k l" in said


def test_a_sign_that_stands_for_the_number_of_pages_is_no_number_in_a_text():
    assert "{nb} of" in printed(bare(description="{nb} \x02\x02\x02of"))


def test_pictures_are_printed_upright_on_white_and_no_larger_than_needed():
    turned = image(
        "JPEG", (3000, 1000), exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    )
    clear = image("PNG", (30, 20), "RGBA")
    drawn = read(pdf(bare(photos=(picture(turned), picture(clear))), HEAD, NOWHERE)).pages[0].images
    photo, signature = (each.image for each in drawn)
    assert (photo.height, photo.width < photo.height) == (MOST_PIXELS, True)
    assert (signature.size, signature.convert("RGB").getpixel((3, 3))) == ((30, 20), (255, 255, 255))


@pytest.mark.parametrize("content", [b"", b"no picture", image("JPEG")[:80], image("PNG")[:40], b"<svg/>"])
def test_a_picture_that_cannot_be_read_is_said_to_be_one(content):
    said = printed(bare(photos=(picture(content, "p.jpg", "Before"),), blocks=_answered(picture(content, "s.png"))))
    assert (said.count(MISSING), f"s.png: {MISSING}" in said, "Before" in said) == (2, True, True)


def _answered(*pictures):
    return (Block("b", 0, (Answer("Signature", "", pictures),)),)


def test_many_pictures_of_one_answer_go_on_over_pages():
    pages = read(
        pdf(bare(blocks=_answered(*(picture(image(size=(60, wide))) for wide in range(40, 80)))), HEAD, NOWHERE)
    ).pages
    assert sum(len(page.images) for page in pages) == 40


def test_the_logo_stands_on_the_first_page_alone():
    head = Letterhead("Harbour Services Ltd", logo=image())
    pages = read(pdf(bare(description=" ".join(WORDS)), head, NOWHERE)).pages
    assert [len(page.images) for page in pages] == [1] + [0] * (len(pages) - 1)


def test_the_same_sheet_is_the_same_bytes_and_says_when_it_changed():
    first, second = pdf(sheet(), HEAD, NOWHERE), pdf(sheet(), HEAD, NOWHERE)
    assert first == second
    about = read(first).metadata
    assert (about.creation_date, about.title) == (at(16, 16), "Service report 154872")


@pytest.mark.parametrize(("paper", "width"), [("A4", 595), ("Letter", 612)])
def test_the_paper_is_the_one_that_is_set(paper, width):
    page = read(pdf(bare(), Letterhead(paper=paper), NOWHERE)).pages[0]
    assert round(page.mediabox.width) == width


def test_a_report_too_long_to_print_is_refused():
    with pytest.raises(TooLarge, match=f"{MOST_SIGNS} signs"):
        pdf(bare(description="x" * (MOST_SIGNS + 1)), HEAD, NOWHERE)
