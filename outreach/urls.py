"""Addresses that may carry a password, shown without it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

HIDDEN = "***"
_SECRET_PARAMETER = re.compile(r"pass|secret|token|key|credential", re.IGNORECASE)


def hide_password(url: str) -> str:
    """The URL with `***` for its password and for what its query calls a password, token or key.

    What cannot be taken apart is hidden whole where it has an `@`, since a password may stand before it.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return HIDDEN if "@" in url else url
    netloc = parts.netloc
    if "@" in netloc:
        login, _, host = netloc.rpartition("@")
        user, colon, _ = login.partition(":")
        netloc = f"{user}:{HIDDEN}@{host}" if colon else f"{user}@{host}"
    elif "@" in parts.path and not netloc:
        return HIDDEN
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = parts.query
    if any(_SECRET_PARAMETER.search(name) for name, _ in pairs):
        shown = [(name, HIDDEN if _SECRET_PARAMETER.search(name) else value) for name, value in pairs]
        query = urlencode(shown, quote_via=quote, safe="*/:,")
    # urlunsplit drops the empty authority that sqlite:///path has.
    rest = urlunsplit(("", "", parts.path, query, parts.fragment))
    return f"{parts.scheme}://{netloc}{rest}" if "://" in url else url
