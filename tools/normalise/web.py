"""Web addresses, domains, LinkedIn pages and e-mail addresses."""

import re
from functools import cache, lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from tools.normalise.values import clean

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")
_HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,24}")

_ROLES: Final = frozenset(
    [
        "abuse",
        "accounting",
        "accounts",
        "admin",
        "administration",
        "admissions",
        "billing",
        "careers",
        "contact",
        "contacto",
        "contact-us",
        "customerservice",
        "enquiries",
        "events",
        "feedback",
        "finance",
        "frontdesk",
        "hello",
        "help",
        "helpdesk",
        "hostmaster",
        "hr",
        "info",
        "information",
        "infos",
        "inquiries",
        "investors",
        "it",
        "jobs",
        "kontakt",
        "legal",
        "mail",
        "marketing",
        "media",
        "news",
        "newsletter",
        "no-reply",
        "noc",
        "noreply",
        "office",
        "orders",
        "partners",
        "postmaster",
        "pr",
        "press",
        "privacy",
        "purchasing",
        "recruiting",
        "reception",
        "root",
        "sales",
        "security",
        "service",
        "spam",
        "staff",
        "support",
        "team",
        "webmaster",
        "welcome",
    ]
)
_FREE: Final = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "ymail.com",
        "rocketmail.com",
        "hotmail.com",
        "outlook.com",
        "live.com",
        "msn.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "aol.com",
        "aim.com",
        "comcast.net",
        "verizon.net",
        "att.net",
        "sbcglobal.net",
        "bellsouth.net",
        "cox.net",
        "charter.net",
        "earthlink.net",
        "proton.me",
        "protonmail.com",
        "pm.me",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "gmx.at",
        "gmx.ch",
        "web.de",
        "t-online.de",
        "freenet.de",
        "mail.com",
        "email.com",
        "zoho.com",
        "yandex.com",
        "yandex.ru",
        "mail.ru",
        "fastmail.com",
        "hey.com",
        "tutanota.com",
        "hotmail.co.uk",
        "yahoo.co.uk",
        "btinternet.com",
        "hotmail.fr",
        "yahoo.fr",
        "orange.fr",
        "wanadoo.fr",
        "free.fr",
        "laposte.net",
        "sfr.fr",
        "hotmail.es",
        "yahoo.es",
        "hotmail.it",
        "libero.it",
        "qq.com",
        "163.com",
        "126.com",
        "naver.com",
    ]
)
_DISPOSABLE: Final = frozenset(
    [
        "10minutemail.com",
        "20minutemail.com",
        "33mail.com",
        "burnermail.io",
        "discard.email",
        "dispostable.com",
        "dropmail.me",
        "emailondeck.com",
        "fakeinbox.com",
        "getairmail.com",
        "getnada.com",
        "grr.la",
        "guerrillamail.com",
        "guerrillamail.net",
        "guerrillamail.org",
        "guerrillamailblock.com",
        "harakirimail.com",
        "inboxbear.com",
        "inboxkitten.com",
        "jetable.org",
        "mail-temp.com",
        "mailcatch.com",
        "maildrop.cc",
        "mailinator.com",
        "mailnesia.com",
        "mailnull.com",
        "mailsac.com",
        "mintemail.com",
        "moakt.com",
        "mohmal.com",
        "mytemp.email",
        "nada.email",
        "sharklasers.com",
        "spam4.me",
        "spamgourmet.com",
        "temp-mail.io",
        "temp-mail.org",
        "tempail.com",
        "tempmail.com",
        "tempmailo.com",
        "tempr.email",
        "throwawaymail.com",
        "trashmail.com",
        "trashmail.de",
        "wegwerfmail.de",
        "yopmail.com",
        "yopmail.fr",
        "zetmail.com",
    ]
)
_BIG: Final = ("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "comcast.net")
_MISSPELT_ENDS: Final = {
    "con": "com",
    "cmo": "com",
    "ocm": "com",
    "comm": "com",
    "vom": "com",
    "edi": "edu",
    "ogr": "org",
}


@lru_cache(maxsize=16384)
def domain_of(text: str | None) -> str | None:
    """The host of a web address or an e-mail address in lower case, without 'www.'."""
    value = clean(text)
    if value is None:
        return None
    value = value.lower().rsplit("@", 1)[-1]
    try:
        host = urlsplit(value if "://" in value else f"//{value}").hostname
    except ValueError:
        return None
    if host is None:
        return None
    host = host.removeprefix("www.").rstrip(".")
    return host if _HOST.fullmatch(host) else None


@cache
def _suffixes() -> Any:
    import tldextract

    # The list that the library brings: no network, no cache on disk.
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=16384)
def registered_domain(text: str | None) -> str | None:
    """The domain that somebody registered: 'athletics.oakmont.edu' is oakmont.edu's, 'x.k12.oh.us' its own."""
    host = domain_of(text)
    if host is None:
        return None
    found = _suffixes()(host).top_domain_under_public_suffix
    return str(found) if found else ".".join(host.split(".")[-2:])


def is_public_suffix(domain: str) -> bool:
    """Whether domains of many owners are registered right below it: 'edu', 'co.uk', 'k12.oh.us'."""
    return bool(_suffixes()(domain).suffix == domain)


@lru_cache(maxsize=16384)
def website(text: str | None) -> str | None:
    """A web address with its scheme; None where its host is none."""
    value = clean(text)
    if value is None or domain_of(value) is None or "@" in value:
        return None
    return value if re.match(r"https?://", value, re.IGNORECASE) else f"https://{value}"


def email(text: str | None) -> str | None:
    """An e-mail address in lower case; None where it is not one. Of several in a cell, the first."""
    value = clean(text)
    if value is None:
        return None
    value = value.lower().removeprefix("mailto:").strip(" <>;,'\"")
    if _EMAIL.fullmatch(value):
        return None if ".." in value else value
    if value.count("@") > 1:
        # Cells such as 'a@x.com; b@y.com'. A line break between them is no list but an attempt at a header.
        parts = [part.strip() for part in re.split(r"[;,]", value)]
        return parts[0] if len(parts) > 1 and all(_EMAIL.fullmatch(part) for part in parts) else None
    if (bracketed := re.fullmatch(r"[^<>@]*<([^<>\s]+@[^<>\s]+)", value)) and _EMAIL.fullmatch(bracketed[1]):
        return bracketed[1]
    return _international(value) if value.count("@") == 1 and not value.isascii() else None


def _international(value: str) -> str | None:
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(value, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def email_hints(address: str | None) -> tuple[str, ...]:
    """What speaks against writing to an address, without asking any server.

    `invalid`, `role_account`, `disposable`, `free_provider`, `misspelt_domain:gmail.com` (what was meant).
    """
    value = email(address)
    if value is None:
        return ("invalid",) if clean(address) else ()
    local, _, host = value.rpartition("@")
    hints = []
    if re.split(r"[+]", local)[0] in _ROLES:
        hints.append("role_account")
    domain = registered_domain(host) or host
    if domain in _DISPOSABLE or host in _DISPOSABLE:
        hints.append("disposable")
    if is_free_provider(host):
        hints.append("free_provider")
    elif meant := _meant(host):
        hints.append(f"misspelt_domain:{meant}")
    return tuple(hints)


def is_free_provider(domain: str | None) -> bool:
    """Whether a domain gives addresses to everybody, and so says nothing of where somebody works."""
    return domain is not None and (domain in _FREE or domain in _DISPOSABLE)


@lru_cache(maxsize=4096)
def _meant(host: str) -> str | None:
    from rapidfuzz.distance import DamerauLevenshtein

    name, _, end = host.rpartition(".")
    if end in _MISSPELT_ENDS:
        return f"{name}.{_MISSPELT_ENDS[end]}"
    for known in _BIG:
        # One slip in a name of some length: 'aol.com' has too many neighbours that are real.
        if len(known) > 8 and abs(len(host) - len(known)) <= 2 and DamerauLevenshtein.distance(host, known) == 1:
            return known
    return None


@lru_cache(maxsize=4096)
def linkedin(text: str | None) -> str | None:
    """A LinkedIn address in one form, so that the same page is the same text: https, www, no query, no slash."""
    value = clean(text)
    if value is None:
        return None
    try:
        parts = urlsplit(value if "://" in value else f"https://{value}")
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if host != "linkedin.com" and not host.endswith(".linkedin.com"):
        return None
    path = parts.path.rstrip("/")
    return f"https://www.linkedin.com{path}" if path else None
