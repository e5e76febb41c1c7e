"""What a printed curl line asks for, without curl."""

import shlex
from typing import Any


def request(line: str) -> dict[str, Any]:
    """The arguments of `httpx.request` for a curl line.

    Raises:
        ValueError: the line has an option that is not known here.
    """
    words = iter(shlex.split(line)[1:])
    asked: dict[str, Any] = {"method": "GET", "headers": {}}
    for word in words:
        if word in {"-u", "--user"}:
            asked["auth"] = tuple(next(words).split(":", 1))
        elif word in {"-H", "--header"}:
            name, value = next(words).split(": ", 1)
            asked["headers"][name] = value
        elif word in {"-d", "--data"}:
            asked |= {"method": "POST", "content": next(words)}
        elif word == "--data-urlencode":
            name, value = next(words).split("=", 1)
            asked |= {"method": "POST", "data": asked.get("data", {}) | {name: value}}
        elif word.startswith("http"):
            asked["url"] = word
        elif word != "-sS":
            message = f"curl {word}"
            raise ValueError(message)
    return asked
