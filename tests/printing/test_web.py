"""A report as a web page."""

import re
from html import unescape

from lxml import html
from tests.printing.sheets import HEAD, bare, image, picture, printed, sheet

from synchub.printing.sheet import Answer, Block, Letterhead, Part, Party
from synchub.printing.web import HEADERS, page, shown

HOSTILE = "<script>alert(1)</script>\"'&"


def made(of, head=HEAD):
    return page(of, head, "at/{}".format)


def words(text):
    return re.findall(r"\w+", text)


def test_the_page_says_the_same_in_the_same_order_as_the_paper():
    of = sheet(description="The burner was cleaned.\n\nTwice.")
    body = " ".join(html.fromstring(made(of)).find("body").itertext())
    paper = re.sub(r"Harbour Services Ltd Service report 154872|\d+/\d+", "", printed(of))
    assert words(body) == words(paper)


def test_its_pictures_stand_at_the_places_at_which_they_are_counted():
    of = sheet(photos=(picture(name="one.png"), picture(name="two.png")))
    found = [(each.get("src"), each.get("alt")) for each in html.fromstring(made(of)).iter("img")]
    assert found == [(f"at/{place}", each.name) for place, each in enumerate(shown(of))]
    assert [each.name for each in shown(of)] == ["a.png", "one.png", "two.png"]


def test_equal_pictures_have_places_of_their_own():
    same = picture()
    assert len(shown(bare(photos=(same, picture())))) == 2
    assert 'src="at/1"' in made(bare(photos=(same, picture())))


def test_whatever_it_says_stays_text():
    of = sheet(
        number=HOSTILE,
        state=HOSTILE,
        zone=HOSTILE,
        description=HOSTILE,
        parties=(Party(HOSTILE, HOSTILE, (HOSTILE,)),),
        parts=(Part(HOSTILE, HOSTILE, HOSTILE),),
        blocks=(Block(HOSTILE, 0, (Answer(HOSTILE, HOSTILE, (picture(name=HOSTILE),)),)),),
        fields=((HOSTILE, HOSTILE),),
        photos=(picture(name=HOSTILE, comment=HOSTILE),),
    )
    text = made(of, Letterhead(HOSTILE, (HOSTILE,)))
    tree = html.fromstring(text)
    assert list(tree.iter("script")) == []
    assert HOSTILE not in text
    assert unescape(text).count(HOSTILE) == 21
    assert not any(name.startswith("on") for each in tree.iter() for name in each.attrib)


def test_a_logo_is_within_the_page():
    for form in ("PNG", "JPEG"):
        (logo,) = html.fromstring(made(bare(), Letterhead(logo=image(form)))).iter("img")
        assert logo.get("src").startswith(f"data:image/{form.lower()};base64,")


def test_nothing_runs_on_it_and_nobody_lists_or_keeps_it():
    assert "script-src" not in HEADERS["Content-Security-Policy"]
    assert HEADERS["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert "noindex" in HEADERS["X-Robots-Tag"]
    assert "no-store" in HEADERS["Cache-Control"]
    assert HEADERS["Referrer-Policy"] == "no-referrer"


def test_what_a_sheet_lacks_leaves_no_heading():
    assert [each.text for each in html.fromstring(made(bare(description="x"))).iter("h2")] == ["Description"]
    assert list(html.fromstring(made(bare())).iter("h2", "section")) == []
