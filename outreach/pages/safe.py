"""Foreign text and foreign addresses, before they may stand in a page."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from outreach.console import visible

MOST_URL: Final = 2000
_ODD: Final = re.compile(r"[\s\\\"<>`]")
"""What no address has unescaped (RFC 3986, appendix C), and the stroke that browsers take for another."""
_HOST: Final = re.compile(r"[^\s/\\@<>\"'`]+\.[^\s/\\@<>\"'`]+")
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$'*+/=^_{|}~-]+@[A-Za-z0-9.-]+")
_NUMBER: Final = re.compile(r"(\+?[0-9(][0-9 ().-]{3,24})(?:;ext=([0-9]{1,9}))?")


def shown(value: object) -> object:
    """What a template prints for a value: text with its hidden characters written out, as in the terminal.

    Line breaks stay; markup that we made stays; None is nothing. Escaping comes after it, for every value.
    """
    if value is None:
        return ""
    return value if isinstance(value, Markup) else visible(value, lines=True)


def bounded(text: str | None, most: int) -> str:
    """The text, cut at `most` characters with a word on how many more there are."""
    if text is None or len(text) <= most:
        return text or ""
    return f"{text[:most].rstrip()} … ({len(text) - most:,} more characters)"


def hides(text: str) -> bool:
    """Whether the text has characters that would not be seen, so that what is copied is not what is read."""
    plain = text.replace("\r\n", "\n")
    return visible(plain, lines=True) != plain


def web_link(url: str | None) -> str | None:
    """The address if it may be linked: http or https, a host, no login in it, nothing hidden; else None."""
    if not url or len(url) > MOST_URL or not url.isprintable() or hides(url) or _ODD.search(url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    if parts.scheme.lower() not in ("http", "https") or "@" in parts.netloc:
        return None
    return url if _HOST.fullmatch(host) else None


def mail_link(address: str | None, subject: str | None = None, body: str | None = None) -> str | None:
    """A mailto: for a plain address, with the message where one is given; None for anything odd."""
    if not address or not _ADDRESS.fullmatch(address):
        return None
    link = f"mailto:{quote(address, safe='@')}"
    if body is None:
        return link
    text = body.replace("\r\n", "\n").replace("\n", "\r\n")
    return f"{link}?subject={quote(subject or '', safe='')}&body={quote(text, safe='')}"


def phone_link(number: str | None) -> str | None:
    """A tel: (RFC 3966) for a phone number as we store it; None for anything odd."""
    found = _NUMBER.fullmatch(number or "")
    if found is None:
        return None
    digits = re.sub(r"[^+0-9]", "", found[1])
    return f"tel:{digits}" + (f";ext={found[2]}" if found[2] else "")
