"""One folder per vendor, found by itself: each package here that has a `DIALECT` is a dialect.

A dialect's folder holds `wire.py` (its wire models, which are the mapping), `routes.py` (its surface), `faults.py` (its
error envelope), `client.py` (how we call it) and, where its authentication is its own, `access.py`. Dialects do not
know each other, and nothing outside their folders names them.
"""

import pkgutil
from functools import cache
from importlib import import_module

from synchub.dialects.dialect import Dialect
from synchub.errors import Misconfigured


@cache
def find() -> dict[str, Dialect]:
    """All dialects by name.

    Raises:
        Misconfigured: two dialects have one name, or claim one method at one path.
    """
    found: dict[str, Dialect] = {}
    claimed: dict[tuple[str, str], str] = {}
    for module in pkgutil.iter_modules(__path__):
        dialect = getattr(import_module(f"{__name__}.{module.name}"), "DIALECT", None) if module.ispkg else None
        if dialect is None:
            continue
        if dialect.name in found:
            message = f"two dialects are called {dialect.name}"
            raise Misconfigured(message)
        found[dialect.name] = dialect
        for claim in dialect.claims:
            for method in claim.methods:
                place = claim.path if claim.exact_case else claim.path.lower()
                rival = claimed.setdefault((method, place), dialect.name)
                if rival != dialect.name:
                    message = f"{rival} and {dialect.name} both claim {method} {claim.path}"
                    raise Misconfigured(message)
    return found


def named(name: str) -> Dialect:
    """A dialect by its name.

    Raises:
        Misconfigured: there is none.
    """
    try:
        return find()[name]
    except KeyError:
        message = f"there is no dialect '{name}': choose one of {', '.join(sorted(find()))}"
        raise Misconfigured(message) from None
