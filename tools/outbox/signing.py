"""DKIM signatures (RFC 6376), for servers that do not sign by themselves."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import dkim

_SIGNED = (
    *("from", "to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version"),
    *("content-type", "content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post"),
)
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*", re.I)
_PROBE = b"From: a@signing.invalid\r\nTo: b@signing.invalid\r\nSubject: probe\r\n\r\nprobe\r\n"


class UnusableKey(ValueError):
    """The DKIM settings cannot sign; the message says what is wrong, never the key."""


@dataclass(frozen=True)
class Signer:
    """Signs whole mails. Headers that a mail does not have are signed as missing, so that none can be added."""

    selector: str
    domain: str
    key: bytes = field(repr=False)

    def sign(self, raw: bytes) -> bytes:
        """The mail with a DKIM-Signature header before it: rsa-sha256, relaxed, over the headers that readers see."""
        signature = dkim.sign(
            raw,
            self.selector.encode("ascii"),
            self.domain.encode("ascii"),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode("ascii") for name in _SIGNED],
        )
        return bytes(signature) + raw

    def covers(self, address: str) -> bool:
        """Whether receivers count the signature for this sender: the same domain, or one above it (DMARC, relaxed)."""
        host = address.rpartition("@")[2].lower()
        return host == self.domain.lower() or host.endswith("." + self.domain.lower())


def load_signer(selector: str, domain: str, key_file: Path) -> Signer:
    """Reads a private RSA key (PEM) and tries it. Raises UnusableKey."""
    for name, value in (("selector", selector), ("domain", domain)):
        if not _HOST.fullmatch(value):
            raise UnusableKey(f"'{value}' cannot be a DKIM {name}")
    try:
        key = key_file.read_bytes()
    except OSError as exc:
        raise UnusableKey(f"{key_file} cannot be read: {exc.strerror or exc}") from exc
    signer = Signer(selector, domain, key)
    try:
        signer.sign(_PROBE)
    except (dkim.DKIMException, ValueError, IndexError, TypeError) as exc:
        raise UnusableKey(f"{key_file} holds no private RSA key in PEM form") from exc
    return signer
