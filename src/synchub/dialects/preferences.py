"""What a caller would rather have, as Accept and Accept-Language say it (RFC 9110, 12.4.2)."""

import re

_WEIGHT = re.compile(r"(?:^|;)\s*q\s*=\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*(?:;|$)", re.IGNORECASE)


def preferred(header: str) -> list[str]:
    """The values of a header in small letters, the most wanted first, without those that are not wanted.

    Values of one weight stay in their order; a weight that is not readable counts as none, which is the highest.
    """
    weighed = [(value.strip().lower(), _weight(rest)) for value, _, rest in _parts(header) if value.strip()]
    return [value for value, weight in sorted(weighed, key=lambda pair: -pair[1]) if weight > 0]


def _parts(header: str) -> list[tuple[str, str, str]]:
    return [part.partition(";") for part in header.split(",")]


def _weight(parameters: str) -> float:
    found = _WEIGHT.search(parameters)
    return float(found.group(1)) if found else 1.0
