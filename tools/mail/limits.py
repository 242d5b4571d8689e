"""The bounds that keep hostile mail from costing more than a moment, and how text is brought within them."""

import codecs
import re

MAX_BYTES = 10_000_000
MAX_CHARS = 20_000
MAX_LINES = 300
MAX_LINE = 998  # RFC 5322, 2.1.1
MAX_HEADER = 4_000
MAX_PART_BYTES = 200_000

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# Codecs that are no character set of mail, or that take quadratic time.
_NO_CHARSET = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}


class UnreadableMail(ValueError):
    """These bytes cannot be read as a mail; the message says why."""


def capped(text: str) -> str:
    """Text within 300 lines of 998 characters, 20,000 in all, without control characters."""
    text = text[: 4 * MAX_CHARS].replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    lines = [line[:MAX_LINE].rstrip() for line in _CONTROL.sub("", text).split("\n", MAX_LINES)[:MAX_LINES]]
    return "\n".join(lines)[:MAX_CHARS].strip("\n")


def decoded(data: bytes, charset: str | None) -> str:
    """Bytes as text in the named character set; where that is unknown or wrong, UTF-8, then Latin-1."""
    data = data[:MAX_PART_BYTES]
    name = _codec(charset)
    if name:
        text = data.decode(name, "replace")
        if name not in ("ascii", "utf-8") or "\ufffd" not in text:
            return text
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        # A cut in the middle of the last character is not a sign of another character set.
        return data.decode("utf-8", "replace") if exc.start > len(data) - 4 else data.decode("latin-1")


def _codec(charset: str | None) -> str | None:
    if not charset or len(charset) > 40:
        return None
    try:
        info = codecs.lookup(charset.strip().strip("'\""))
    except (LookupError, ValueError):
        return None
    text_codec = getattr(info, "_is_text_encoding", True)
    return info.name if text_codec and info.name not in _NO_CHARSET else None
