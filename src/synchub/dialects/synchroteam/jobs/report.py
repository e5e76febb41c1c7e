"""The report of a job: answers to questions, each found by its id, by its name, or by its block's and its own name.

What a row says of some questions leaves the others' answers as they are. A question that stands in a row more than once
belongs to a block that is repeated: its answers are counted from 0, unless the row counts them itself.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from synchub.dialects.synchroteam.members import Member
from synchub.master.values import Value, as_list, spell_list

_SAME = ("id", "category_id", "category", "item", "block")


def merged(held: Value, said: Value, known: Sequence[Member] = ()) -> Value:
    """A report after some of its answers were said anew; nothing said clears it.

    `known` are the questions that blocks have, like answers without a value; those that the report has come first.
    """
    if said is None:
        return None
    answers = {_place(one): one for one in as_list(held)}
    seen: Counter[tuple[Any, ...]] = Counter()
    for one in as_list(said):
        answer = _question(one, [*answers.values(), *known])
        same = _place(answer)[:-1]
        if answer["iteration"] is None:
            answer["iteration"] = seen[same]
        seen[same] = answer["iteration"] + 1
        answers[_place(answer)] = answer
    return spell_list(list(answers.values()))


def _question(said: Member, known: Iterable[Member]) -> Member:
    """What a row says, with what is known of its question: the first that has all that the row names it by."""
    same = next((one for one in known if _is(one, said)), {})
    return said | {name: same[name] for name in _SAME if same.get(name) is not None}


def _is(known: Member, said: Member) -> bool:
    words = ("id", "category_id") if said["id"] is not None else ("category_id", "category", "item")
    return all(said[word] is None or _folded(known.get(word)) == _folded(said[word]) for word in words)


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _place(answer: Member) -> tuple[Any, ...]:
    """What tells an answer from all others of a report."""
    if answer.get("id") is not None:
        return answer["id"], answer.get("iteration")
    return _folded(answer.get("category")), _folded(answer.get("item")), answer.get("iteration")
