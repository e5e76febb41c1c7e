"""Values of our own in the shapes of the vendor's examples, drawn by Hypothesis."""

import re
from datetime import datetime
from itertools import count
from typing import Any

from hypothesis import strategies as st
from tests.dialects.synchroteam.inventory import ENDPOINTS

Strategy = st.SearchStrategy[Any]

letters = st.characters(exclude_categories=("C", "Z"), include_characters=" ")
texts = st.text(letters, min_size=1, max_size=30).map(str.strip).filter(bool)
names = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31))  # noqa: DTZ001 - the vendor's have no zone
degrees = st.decimals(-90, 90, places=7).map(str)
amounts = st.decimals(0, 10_000, places=2)
numbers = count(1)


def _spelt(pattern: str) -> Strategy:
    return moments.map(lambda each: each.strftime(pattern))


SPELLINGS: dict[str, Strategy] = {
    r"\d{4}-\d\d-\d\d": _spelt("%Y-%m-%d"),
    r"\d{4}-\d\d-\d\d \d\d:\d\d": _spelt("%Y-%m-%d %H:%M"),
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d": _spelt("%Y-%m-%d %H:%M:%S"),
    r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d": _spelt("%d/%m/%Y %H:%M:%S"),
    r"[\da-fA-F]{8}(-[\da-fA-F]{4}){3}-[\da-fA-F]{12}": st.uuids().map(str),
    r"-?\d+,\d+": amounts.map(lambda each: str(each).replace(".", ",")),
    r"\d+(\.\d+)?": amounts.map(str),
    r"true|false": st.sampled_from(["true", "false"]),
}
"""Texts that say something else, by how they are written."""
WORDS: dict[str, Strategy] = {
    "adressZIP": texts,
    "Latitude": degrees,
    "Longitude": degrees,
    "color": st.from_regex(r"[0-9a-f]{6}", fullmatch=True),
    "customFieldValues": st.lists(
        st.fixed_dictionaries({"id": st.integers(1, 10**8), "name": names, "value": texts}),
        min_size=1,
        max_size=3,
        unique_by=(lambda one: one["id"], lambda one: one["name"]),
    ),
    "CustomFieldValues": st.lists(
        st.fixed_dictionaries({"Name": names, "Value": texts}),
        min_size=1,
        max_size=3,
        unique_by=lambda one: one["Name"],
    ),
    "id": st.integers(1, 999_999_999),
    "latitude": degrees,
    "longitude": degrees,
    "position": st.fixed_dictionaries({"Latitude": degrees, "Longitude": degrees}),
    "language": st.sampled_from(["EN", "FR", "ES", "RO", "CZ"]),
    "profile": st.sampled_from(["technician", "administrator", "manager"]),
    "tags": st.lists(names, min_size=1, max_size=3, unique=True),
}
"""Values of words that say more than their example's spelling does."""
KEYED = names.map(lambda name: f"{name}-{next(numbers)}")
KEYS = {"myId", "reference", "login"}
"""Words that name one record: none is drawn twice."""


def like(value: Any, word: str = "") -> Strategy:
    """Values in the shape of an example's."""
    if word in KEYS:
        return KEYED
    if word in WORDS:
        return WORDS[word]
    if isinstance(value, dict):
        return st.fixed_dictionaries({key: like(each, key) for key, each in value.items()})
    if isinstance(value, list):
        return st.lists(like(value[0]), min_size=1, max_size=3) if value else st.just([])
    if isinstance(value, str):
        return next((made for spelling, made in SPELLINGS.items() if re.fullmatch(spelling, value)), texts)
    kinds: dict[type, Strategy] = {bool: st.booleans(), int: st.integers(1, 10**6), float: amounts.map(float)}
    return kinds.get(type(value), st.none())


def example(endpoint: str) -> Any:
    """What the documentation sends to an endpoint."""
    return ENDPOINTS[endpoint]["request_example_doc"]


def said(endpoint: str, **instead: Any) -> Strategy:
    """What may be sent to an endpoint; `instead` says other values for words, which the example may lack, too."""
    words = {
        word: like(value, word) for word, value in example(endpoint).items() if word not in {*instead, "id", "num"}
    }
    return st.fixed_dictionaries({**words, **{word: _strategy(each) for word, each in instead.items()}})


def _strategy(value: Any) -> Strategy:
    return value if isinstance(value, st.SearchStrategy) else st.just(value)
