"""What two hubs hold of the same records, made comparable: each numbers and keys them in its own way."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from synchub.dialects.synchroteam.client.resources import FORMS
from synchub.dialects.synchroteam.stock import DEPOT

Rows = Mapping[str, Iterable[dict[str, Any]]]
NAMES = {
    "employee": "login",
    "warehouse": "nmStock",
    "customer": "name",
    "site": "name",
    "equipment": "name",
    "item": "reference",
    "job": "description",
}
"""The word by which a record is recognised that others refer to."""
SERVERS_OWN = {"num", "idCreator", "validationDate", "validationUser", "reportChangedDate", "key"}
"""What a server says of a job, a document or a stock level itself."""
MEMBERS = {"parts": ("id", "item"), "Activities": ("idUser", "employee"), "lines": ("idPart", "item")}
"""Of a list of objects the word that names a record, and of which entity."""


def alike(held: Rows) -> dict[str, list[dict[str, Any]]]:
    """The rows by entity: records are named by their names where a row names them by an id, and stand in no order."""
    held = {entity: list(rows) for entity, rows in held.items()}
    kinds = {entity: form.kind for entity, form in FORMS.items()} | {DEPOT.entity: DEPOT}
    names = {
        (entity, row[_id_word(kinds[entity])]): row[word]
        for entity, word in NAMES.items()
        for row in held.get(entity, ())
    }
    return {
        entity: sorted(
            (_plain(kinds[entity], row, names) for row in rows), key=lambda row: json.dumps(row, sort_keys=True)
        )
        for entity, rows in held.items()
        if entity in FORMS
    }


def _id_word(kind: Any) -> str:
    return kind.key if kind is DEPOT else str(kind.id_word)


def _plain(kind: Any, row: dict[str, Any], names: Mapping[tuple[str, Any], str]) -> dict[str, Any]:
    owners = {each.id: each.to.entity for each in kind.references if each.id and each.to is not DEPOT}
    kept = {word: value for word, value in row.items() if word not in {kind.id_word, "depotId", *SERVERS_OWN}}
    for word, entity in owners.items():
        if kept.get(word) is not None:
            kept[word] = names[entity, kept[word]]
    for word, (member, entity) in MEMBERS.items():
        if word in kept:
            kept[word] = [one | {member: names.get((entity, one[member]))} for one in kept[word]]
    return {word: "" if _is_number(value) else value for word, value in kept.items()}


def _is_number(key: Any) -> bool:
    """Whether a key is but the number of the hub that reserved it for a record that has none."""
    return isinstance(key, str) and re.fullmatch(r"1000000\d{3}(-[0-9a-f]{8})?", key) is not None
