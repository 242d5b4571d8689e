"""Which addresses may be asked for a page: public ones, by http or https, and nothing that only looks like one."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import httpx

from tools.web.outcome import PageRefused, Reason

LONGEST_URL: Final = 2_000
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""A host name and a port to the addresses it stands for; raises OSError where there is none."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_ODD = re.compile(r"[\x00-\x20\x7f-\xa0\\\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_NUMERIC_LABEL = re.compile(r"(?:\d+|0x[0-9a-f]*)", re.IGNORECASE)
_DOTTED = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
# RFC 6761, RFC 6762, RFC 7686, RFC 8375, RFC 9476, and what companies and clouds use inside.
_PRIVATE_ENDINGS: Final = frozenset(
    {"localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "onion", "alt", "invalid", "test"}
)
_PRIVATE_SUFFIXES: Final = (".home.arpa", ".in-addr.arpa", ".ip6.arpa")
# Public by their range, metadata services by what answers there.
_METADATA: Final = frozenset(map(ipaddress.ip_address, ("168.63.129.16", "169.254.169.254", "100.100.100.200")))
_GLOBAL_V6: Final = ipaddress.ip_network("2000::/3")
# Addresses that carry an IPv4 address inside, which a router on the way may unpack: 6to4, Teredo, and 6to4 relays.
_TUNNELS: Final = tuple(ipaddress.ip_network(n) for n in ("2002::/16", "2001::/32", "192.88.99.0/24"))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet. IPv4 in IPv6 clothes counts as the IPv4 that it is."""
    try:
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if "%" in address or ip not in _GLOBAL_V6:
            return False
    if ip in _METADATA or any(ip.version == net.version and ip in net for net in _TUNNELS):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback)


def origin_of(url: httpx.URL) -> str:
    """Scheme, host and port, the port written out: two URLs of one origin give the same text."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}:{url.port or _DEFAULT_PORTS.get(url.scheme, 0)}"


def checked_url(asked: str, text: str, allowed: str | None) -> httpx.URL | PageRefused:
    """The URL without its fragment, if its form allows a request; else why not. No name is looked up.

    Args:
        asked: the address that research asked for, for the record.
        text: the address to check: the same one, or one that it was redirected to.
        allowed: the one origin (see `origin_of`) that may be asked although it is private; for tests.
    """

    def refused(reason: Reason, detail: str) -> PageRefused:
        return PageRefused(asked, reason, detail, at=text[:LONGEST_URL])

    if len(text) > LONGEST_URL or _ODD.search(text):
        return refused(Reason.BAD_URL, "longer than 2,000 characters, or with blanks, controls or backslashes in it")
    try:
        url = httpx.URL(text).copy_with(fragment=None)
        host = url.raw_host.decode("ascii").rstrip(".").lower()
    except (httpx.InvalidURL, ValueError, UnicodeError) as exc:
        return refused(Reason.BAD_URL, f"not a URL: {exc}")
    if url.scheme not in _DEFAULT_PORTS:
        return refused(Reason.SCHEME, f"only http and https are fetched, not {url.scheme or 'a relative address'}")
    if url.userinfo:
        return refused(Reason.CREDENTIALS, "a name or password stands in the address")
    if not host:
        return refused(Reason.BAD_URL, "there is no host in it")
    if allowed is not None and origin_of(url) == allowed:
        return url
    if url.port not in (None, 80, 443):
        return refused(Reason.PORT, f"port {url.port} is not one of 80 and 443")
    if _is_literal(host):
        if not is_public(host):
            return refused(Reason.PRIVATE_ADDRESS, f"{host} is not a public address")
        return url
    labels = host.split(".")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        return refused(Reason.BAD_URL, f"{host} is neither a name nor a dotted address")
    if len(labels) < 2 or labels[-1] in _PRIVATE_ENDINGS or f".{host}".endswith(_PRIVATE_SUFFIXES):
        return refused(Reason.PRIVATE_NAME, f"{host} is not a public name")
    return url.copy_with(host=host)


def _is_literal(host: str) -> bool:
    return ":" in host or _DOTTED.fullmatch(host) is not None


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses of a name as this machine's resolver gives them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def checked_address(asked: str, url: httpx.URL, resolve: Resolver, allowed: str | None) -> str | PageRefused:
    """The one address to connect to. A name that has even one private address is refused: the next answer may be it."""
    if allowed is not None and origin_of(url) == allowed:
        return url.host
    if _is_literal(url.host):
        return url.host if is_public(url.host) else _private(asked, url, url.host)
    port = url.port or _DEFAULT_PORTS[url.scheme]
    try:
        addresses = await resolve(url.host, port)
    except (OSError, UnicodeError) as exc:
        return PageRefused(asked, Reason.NO_SUCH_NAME, f"{url.host}: {exc}", at=str(url))
    if not addresses:
        return PageRefused(asked, Reason.NO_SUCH_NAME, f"{url.host} has no address", at=str(url))
    for address in addresses:
        if not is_public(address):
            return _private(asked, url, address)
    # IPv4 first: hosts without a way to IPv6 are common, and one address is all that is tried.
    return min(addresses, key=lambda address: ":" in address)


def _private(asked: str, url: httpx.URL, address: str) -> PageRefused:
    return PageRefused(asked, Reason.PRIVATE_ADDRESS, f"{url.host} is {address}, not a public address", at=str(url))
