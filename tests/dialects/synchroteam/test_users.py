"""Users: what their rows hold, and which of them a caller means."""

from typing import Any

import pytest

from synchub.dialects.synchroteam.users import USER, UserRow
from synchub.dialects.wire import parse

FULL: dict[str, Any] = {
    "firstName": "Kim",
    "lastName": "Baker",
    "login": "kim.baker",
    "phone": "555-0100",
    "profile": "technician",
    "email": "kim@bakery.example",
    "language": "FR",
    "groups": ["north", "south"],
    "skilledTrades": ["ovens", "mixers"],
    "startLocation": {"fullAdress": "1 Quay Road, Port Town", "latitude": "51.5", "longitude": "-120.25"},
    "CustomFieldValues": [{"id": 3, "name": "Van", "value": "white"}],
}


def test_a_row_says_again_what_it_was_told():
    parsed = parse(UserRow, [FULL])
    assert parsed.faults == []
    assert parsed.rows[0][0].dump() == FULL


def test_a_password_is_no_statement_and_is_never_shown():
    row = parse(UserRow, [{"login": "kim", "PassWord": "secret"}]).rows[0]
    assert row[0].stated() == {"login": "kim"}
    assert row[1] == {}
    assert "password" in UserRow.secrets
    assert "password" not in USER.details({})


@pytest.mark.parametrize(
    ("word", "value", "rule"),
    [
        ("profile", "boss", "must be one of technician, administrator, manager"),
        ("language", "XX", "must be one of EN, FR, ES, RO, CZ"),
        ("startLocation", {"latitude": "91"}, "must be degrees between -90 and 90"),
        ("startLocation", "1 Quay Road", "must be text, got an array"),
        ("groups", {"name": "north"}, "must be a list of groups"),
    ],
)
def test_what_a_row_may_not_hold_is_named(word, value, rule):
    faults = parse(UserRow, [{"login": "kim", word: value}]).faults
    assert rule in [fault.rule for fault in faults]
    assert all(fault.word.startswith(word) for fault in faults)


def test_profiles_and_languages_are_read_in_any_letter_case():
    row = parse(UserRow, [{"login": "kim", "profile": "Technician", "language": "fr"}]).rows[0][0]
    assert (row.profile, row.language) == ("technician", "FR")
