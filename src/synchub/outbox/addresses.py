"""Which addresses the hub may call: no link-local or metadata ones of a cloud, private ones unless forbidden."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from queue import Empty, Queue
from threading import Thread

Address = IPv4Address | IPv6Address

METADATA = tuple(
    ip_network(network)
    for network in ("100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::254/128", "fd20:ce::254/128")
)
"""Metadata services that are not link-local (169.254.0.0/16 and fe80::/10 are forbidden as a whole)."""
TRANSLATED = tuple(ip_network(network) for network in ("64:ff9b::/96", "::/96"))
"""IPv6 networks whose last four bytes are an IPv4 address (RFC 6052, RFC 4291)."""


def why_not(address: Address, *, private: bool) -> str | None:
    """Why an address may not be called; None if it may. `private`: whether loopback and private ranges are allowed."""
    address = _plain(address)
    if address.is_link_local or any(address in network for network in METADATA):
        return f"{address} is link-local or a metadata service, which the hub never calls"
    if address.is_multicast or address.is_unspecified:
        return f"{address} is no address of a host"
    if not private and not address.is_global:
        return f"{address} is private and SYNCHUB_ALLOW_PRIVATE_TARGETS is off"
    return None


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if hidden := address.ipv4_mapped or address.sixtofour:
        return hidden
    if not address.is_loopback and any(address in network for network in TRANSLATED):
        return IPv4Address(address.packed[-4:])
    return address


def resolve(host: str, port: int, seconds: float) -> list[Address]:
    """The addresses of a host, in the order in which they should be tried.

    Raises:
        OSError: it has none, or the answer took longer than `seconds` (the system's own resolver knows no time limit).
    """
    answers: Queue[list[Address] | OSError] = Queue()
    Thread(target=_look_up, args=(host, port, answers), name=f"resolve-{host}", daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0))
    except Empty:
        raise TimeoutError(f"no address of {host} within {seconds:.1f} s") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _look_up(host: str, port: int, answers: Queue[list[Address] | OSError]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answers.put([ip_address(str(place[0]).partition("%")[0]) for *_, place in found])
    except (OSError, UnicodeError) as error:
        answers.put(error if isinstance(error, OSError) else OSError(f"{host} is no host name"))
