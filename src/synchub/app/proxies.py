"""Who is calling, when proxies stand between."""

import ipaddress
from collections.abc import Sequence

from synchub.connections.addresses import is_within, network


def trusted(setting: str) -> list[str]:
    """The networks of SYNCHUB_TRUSTED_PROXIES.

    Raises:
        Misconfigured: one of them is no address or network.
    """
    return [str(network(part.strip())) for part in setting.split(",") if part.strip()]


def caller(peer: str, forwarded: Sequence[str], proxies: Sequence[str]) -> str:
    """The caller's address: the peer, or what trusted proxies say in X-Forwarded-For, whose lines are `forwarded`.

    The list is read from its end: each trusted proxy vouches for the address before it, and nobody for what an
    untrusted one wrote.
    """
    steps = [step for line in forwarded for step in line.split(",")]
    while steps and proxies and is_within(peer, proxies):
        address = _address(steps.pop())
        if address is None:
            break
        peer = address
    return peer


def _address(step: str) -> str | None:
    """The address in one step, which may have a port."""
    text = step.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
