"""Raw bytes to a `Mail`: the headers that matter, the text, and the parts that reports are made of."""

import binascii
import email
import email.policy
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path

from tools.mail.html import html_to_text
from tools.mail.limits import MAX_BYTES, MAX_CHARS, MAX_HEADER, UnreadableMail, capped, decoded

# What the standard library's parser was seen to raise on malformed mail.
_PARSER_ERRORS = (
    MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, OverflowError,
    RecursionError,
)  # fmt: skip

_MAX_RAW_LINES = 200_000  # 10 MB of attachments in base64 are 137,000
_MAX_DELIMITERS = 500
_MAX_NESTING = 40
_MAX_IDS = 50
_MAX_PARTS = 200
_WALK_DEPTH = 12
_ID = re.compile(r"<([^<>\s]{1,300}@[^<>\s]{1,300})>")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'@]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_ANGLED = re.compile(r"<\s*([^<>\s]{1,64}@[^<>\s]{1,253})\s*>")
_QUOTED = re.compile(r'"[^"]*"|\([^()]*\)')
_NEWLINE = re.compile(rb"\n|\r(?!\n)")
_DELIMITER = re.compile(rb"^--", re.MULTILINE)
_NESTING = re.compile(rb"boundary\s*=|^content-type:\s*message/", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Mail:
    """One mail. Addresses are lower case; ids are without angle brackets; `date` is aware UTC.

    `message_id` is '' where the mail has none. `text` is the whole text, quotes included, within the limits;
    `reports` a delivery or feedback report's own parts; `returned` the message that a report carries.
    """

    message_id: str = ""
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    from_address: str = ""
    from_name: str = ""
    to_address: str = ""
    subject: str = ""
    date: datetime | None = None
    text: str = ""
    content_type: str = "text/plain"
    report_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    reports: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()


def file_bytes(path: Path) -> bytes:
    """A file of one raw mail. Raises UnreadableMail, also for a file that is too large."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableMail(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB")
        return path.read_bytes()
    except OSError as exc:
        raise UnreadableMail(f"{path.name} cannot be read: {exc.strerror or exc}") from exc


def read_mail_file(path: Path) -> Mail:
    """Reads a file of one raw mail. Raises UnreadableMail."""
    return read_mail(file_bytes(path))


def read_mail(raw: bytes) -> Mail:
    """Reads one raw mail (RFC 5322 and MIME). Raises UnreadableMail and nothing else, whatever the bytes."""
    if len(raw) > MAX_BYTES:
        raise UnreadableMail(f"the mail is larger than {MAX_BYTES // 1_000_000} MB")
    if not raw.strip():
        raise UnreadableMail("the mail is empty")
    if raw.startswith(b"From "):  # the separator line of an mbox
        raw = raw.partition(b"\n")[2]
    try:
        message = email.message_from_bytes(_within_bounds(raw), policy=email.policy.compat32)
        return _mail_of(message)
    except _PARSER_ERRORS as exc:
        raise UnreadableMail(f"the mail cannot be parsed ({type(exc).__name__})") from exc


def _within_bounds(raw: bytes) -> bytes:
    """Cuts a mail of more parts, or deeper ones, than honest mail has: the parser's time grows by both."""
    cut = len(raw)
    for pattern, most in ((_NEWLINE, _MAX_RAW_LINES), (_DELIMITER, _MAX_DELIMITERS), (_NESTING, _MAX_NESTING)):
        for count, found in enumerate(pattern.finditer(raw, 0, cut), 1):
            if count > most:
                cut = found.start()
                break
    return raw[:cut]


def _mail_of(message: Message) -> Mail:
    headers = {name: header(message, name) for name in KEPT}
    kept = {name: value for name, value in headers.items() if value}
    ids = _ID.findall(header(message, "message-id"))
    bare = header(message, "message-id").strip().strip("<>")
    in_reply_to = _ID.findall(header(message, "in-reply-to"))
    plain, rich, reports, returned = _parts(message)
    text = capped(plain) if plain.strip() else capped(html_to_text(rich))
    if not kept and not text:
        raise UnreadableMail("the mail has neither headers nor text")
    sender = header(message, "from")
    return Mail(
        message_id=(ids[0] if ids else bare if "@" in bare and " " not in bare else "")[:600],
        in_reply_to=in_reply_to[0] if in_reply_to else None,
        references=tuple(dict.fromkeys(_ID.findall(header(message, "references"))))[-_MAX_IDS:],
        from_address=address_in(sender),
        from_name=name_in(sender),
        to_address=address_in(header(message, "to")),
        subject=header(message, "subject"),
        date=parsed_date(header(message, "date")),
        text=text,
        content_type=_plain(message.get_content_type()),
        report_type=_plain(str(message.get_param("report-type") or "").lower()),
        headers=kept,
        reports=tuple(reports),
        returned=tuple(returned),
    )


KEPT = (
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "return-path", "reply-to",
    "auto-submitted", "x-autoreply", "x-autorespond", "x-auto-response-suppress", "precedence",
    "x-failed-recipients",
    "content-type", "list-id", "x-loop", "x-mailer", "x-ms-exchange-inbox-rules-loop",
    "x-ms-exchange-message-is-ndr",
)  # fmt: skip


def header(message: Message, name: str) -> str:
    """A header's value, decoded, unfolded and capped at 4,000 characters; '' where there is none."""
    value = message.get(name)
    if value is None:
        return ""
    raw = str(value)[:MAX_HEADER]
    try:
        pieces = decode_header(raw)
    except (MessageError, binascii.Error, ValueError):
        pieces = [(raw, None)]
    text = "".join(piece if isinstance(piece, str) else decoded(piece, charset) for piece, charset in pieces)
    return _plain(text)[:MAX_HEADER]


def _plain(text: str) -> str:
    """One line without control characters."""
    return " ".join(capped(text).split())


def address_in(value: str) -> str:
    """The first address of a header's value, lower case; '' where there is none.

    Names in quotes and comments are taken out first: they may hold somebody else's address.
    """
    bare = _QUOTED.sub(" ", value)
    for text in (bare, value):
        found = _ANGLED.search(text) or _ADDRESS.search(text)
        if found:
            return (found.group(1) if found.re is _ANGLED else found.group(0)).lower()
    return ""


def name_in(value: str) -> str:
    """The name before an address in angle brackets; '' where there is none."""
    return value.partition("<")[0].strip().strip('"').strip()[:200] if "<" in value else ""


def parsed_date(value: str) -> datetime | None:
    """A Date header as aware UTC; None where it is none."""
    try:
        when = parsedate_to_datetime(value)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _parts(message: Message) -> tuple[str, str, list[str], list[str]]:
    """The plain text, the HTML, the reports' parts and what they return, of a message that may be nested."""
    plain: list[str] = []
    rich: list[str] = []
    reports: list[str] = []
    returned: list[str] = []
    seen = 0
    stack: list[tuple[Message, int]] = [(message, 0)]
    while stack and seen < _MAX_PARTS:
        part, depth = stack.pop()
        seen += 1
        kind = part.get_content_type()
        if kind in ("message/delivery-status", "message/feedback-report", "message/disposition-notification"):
            reports.append(capped(_whole(part)))
        elif kind in ("message/rfc822", "text/rfc822-headers", "message/global", "text/rfc822"):
            returned.append(capped(_whole(part)))
        elif part.is_multipart():
            if depth < _WALK_DEPTH:
                children = part.get_payload()
                inner = [child for child in children if isinstance(child, Message)][:_MAX_PARTS]
                stack.extend((child, depth + 1) for child in reversed(inner))
        elif part.get_content_disposition() == "attachment":
            continue
        elif kind == "text/plain" and sum(map(len, plain)) < 2 * MAX_CHARS:
            plain.append(_text(part))
        elif kind == "text/html" and not rich:
            rich.append(_text(part))
    return "\n".join(plain), "\n".join(rich), reports, returned


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    charset = part.get_content_charset()
    return decoded(payload, charset) if isinstance(payload, bytes) else ""


def _whole(part: Message) -> str:
    """A report's part as text: its own body, or the headers of the blocks that the parser made of it."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        return _text(part)
    blocks: list[str] = []
    for block in payload[:_MAX_PARTS]:
        if not isinstance(block, Message):
            continue
        lines = [f"{name}: {' '.join(str(value)[:MAX_HEADER].split())}" for name, value in block.items()[:200]]
        body = block.get_payload()
        blocks.append("\n".join(lines) + ("\n\n" + body[:MAX_CHARS] if isinstance(body, str) else ""))
    return "\n\n".join(blocks)
