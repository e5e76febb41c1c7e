"""Which of several a caller would rather have."""

import pytest

from synchub.dialects.preferences import preferred


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("", []),
        (" , ;q=1,", []),
        ("text/xml", ["text/xml"]),
        ("TEXT/JSON; charset=utf-8", ["text/json"]),
        ("sv, no;q=0.8, en;q=0.5", ["sv", "no", "en"]),
        ("text/json;q=0.1, text/xml;q=0.5, */*;q=.2", ["text/xml", "*/*", "text/json"]),
        ("a;level=1;Q = 0.5 , b;q=0.6;x=y", ["b", "a"]),
        ("b;q=0.5, a;q=0.5, c", ["c", "b", "a"]),
        ("a;q=0, b;q=0.0, c;q=0.001", ["c"]),
    ],
)
def test_the_most_wanted_stands_first_and_what_is_not_wanted_is_left_out(header, values):
    assert preferred(header) == values


@pytest.mark.parametrize("weight", ["x", "", "-1", "nan", ".", "0.5x"])
def test_a_weight_that_is_not_readable_counts_as_none(weight):
    assert preferred(f"b;q=0.9, a;q={weight}") == ["a", "b"]
