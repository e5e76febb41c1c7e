"""Addresses from which a partner may call."""

import ipaddress
from collections.abc import Iterable

from synchub.errors import Misconfigured


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """A network, or one address as the network of itself.

    Raises:
        Misconfigured: the text is neither.
    """
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise Misconfigured(f"'{text}' is neither an address nor a network such as 192.0.2.0/24: {error}") from None


def is_within(peer: str, allowed: Iterable[str]) -> bool:
    """Whether an address is in one of the networks; an IPv4 address in IPv6 clothes is taken for what it is."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in network(text) for text in allowed)
