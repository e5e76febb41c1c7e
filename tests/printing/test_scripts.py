"""A report in any script, with Debian's Noto fonts, read back by poppler."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from tests.printing.scripts import FONTS, SCRIPTS, read
from tests.printing.sheets import HEAD, bare, sheet

from synchub.errors import Misconfigured
from synchub.printing.paper import pdf
from synchub.printing.sheet import Answer, Block, Letterhead, Part, Party

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_name_of_any_script_is_printed_wherever_it_stands(script):
    name = SCRIPTS[script]
    said = read(
        pdf(
            bare(
                parties=(Party("Customer", name, (name,)),),
                description=name,
                parts=(Part("N-1", name, "1"),),
                blocks=(Block(name, 0, (Answer(name, name),)),),
            ),
            Letterhead(name, (name,)),
            FONTS,
        )
    )
    assert said.count(name) == 9


@pytest.mark.parametrize("script", SCRIPTS)
def test_latin_text_below_that_of_another_script_keeps_its_letters(script):
    name = SCRIPTS[script]
    long = f"Nozzle\n{name}\nValve\n{name} " + "Quay " * 400 + "Jib"
    answers = (Answer(name, name), Answer("Cleaned", "Burner"), Answer(name, long))
    said = read(pdf(bare(blocks=(Block("Sign Off", 0, answers),)), Letterhead("Zephyr"), FONTS), "-raw")
    for word, times in (("Cleaned", 1), ("Burner", 1), ("Nozzle", 1), ("Valve", 1), ("Quay", 400), ("Jib", 1)):
        assert said.count(word) == times, word


def test_latin_text_beside_arabic_keeps_its_order():
    said = read(pdf(bare(description="Nozzle 12 for شركة النور in Riyadh"), HEAD, FONTS))
    assert "Nozzle 12 for" in said
    assert "شركة النور" in said
    assert "in Riyadh" in said


def test_a_long_text_without_blanks_loses_no_sign():
    text = "".join(chr(0x4E00 + number) for number in range(400))
    said = read(pdf(bare(description=text, fields=(("x", text),)), HEAD, FONTS), "-raw")
    assert [sign for sign in said if sign in text] == [*text, *text]


def test_a_long_arabic_answer_goes_on_over_pages_and_loses_no_word():
    words = [f"{SCRIPTS['Arabic'].split()[0]} {number}" for number in range(500)]
    said = read(pdf(bare(blocks=(Block("b", 0, (Answer("q", " ".join(words)),)),)), Letterhead(), FONTS))
    assert {int(number) for number in re.findall(r"\d+", said)} >= set(range(500))


def test_pages_have_their_numbers_and_latin_text_is_found(tmp_path):
    said = read(pdf(sheet(description="Nguyễn " * 1500), HEAD, FONTS), "-layout")
    last = int(re.findall(r"(\d+)/(\d+)", said)[-1][1])
    assert [f"{number}/{last}" in said for number in range(1, last + 1)] == [True] * last
    assert "Harbour Bakery" in said


def test_a_symbol_that_no_font_has_is_shown_as_such():
    said = read(pdf(bare(description="done \N{PARTY POPPER} \N{CHECK MARK}\ufe0f ok"), HEAD, FONTS))
    assert "done \N{REPLACEMENT CHARACTER} \N{CHECK MARK} ok" in said


def test_where_only_some_fonts_are_what_they_lack_is_told(tmp_path):
    found = next(FONTS.rglob("NotoSans-Regular.ttf"))
    shutil.copy(found, tmp_path / found.name)
    assert SCRIPTS["Greek"] in read(
        pdf(bare(description=SCRIPTS["Greek"]), Letterhead(SCRIPTS["Vietnamese"]), tmp_path)
    )
    with pytest.raises(Misconfigured, match=r"U\+4EAC.*fonts-noto-cjk"):
        pdf(bare(description=SCRIPTS["Chinese"]), HEAD, tmp_path)


def test_the_same_sheet_is_the_same_bytes_in_every_process():
    code = (
        "import sys; from tests.printing.scripts import FONTS, SCRIPTS; from tests.printing.sheets import *;"
        "sys.stdout.buffer.write(pdf(sheet(description=SCRIPTS['Greek'] + SCRIPTS['Arabic']), HEAD, FONTS))"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1
    assert made.pop().startswith(b"%PDF")


def test_pages_become_images(tmp_path):
    (tmp_path / "report.pdf").write_bytes(pdf(sheet(), HEAD, FONTS))
    subprocess.run(["pdftoppm", "-r", "30", "-png", "report.pdf", "page"], cwd=tmp_path, check=True)
    assert len(list(tmp_path.glob("page-*.png"))) == 2
