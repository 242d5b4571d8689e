"""Mails as they lie in files: .eml, mbox, maildir, JSON lines; each with where it came from.

A file is told apart by what it holds: JSON lines begin with '{', an mbox with 'From ' and holds several mails.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.mail.limits import MAX_BYTES, MAX_HEADER, UnreadableMail, capped
from tools.mail.reading import KEPT, Mail, address_in, file_bytes, name_in, parsed_date, read_mail
from tools.plain_json import BadJson, read_json

MAX_FILE = 500_000_000
_SEPARATOR = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]{1,300}\r?\n")
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_SUFFIXES = (".eml", ".mbox", ".mbx", ".jsonl", ".ndjson")
_DAYS = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class FoundMail:
    """One message of a file: its raw bytes (None for a JSON line), or why it cannot be read."""

    source: str
    raw: bytes | None = None
    mail: Mail | None = None
    id: str = ""
    error: str = ""


def mail_files(folder: Path) -> list[Path]:
    """The files of a folder that hold mail: by their ending, and everything in a maildir's cur and new."""
    return sorted(
        one
        for one in folder.rglob("*")
        if one.is_file()
        and (one.suffix.lower() in _SUFFIXES or (one.parent.name in ("cur", "new") and not one.name.startswith(".")))
    )


def messages_in(path: Path) -> Iterator[FoundMail]:
    """Every message of a file. Nothing is raised: what cannot be read is told as such."""
    try:
        if path.stat().st_size <= MAX_BYTES:
            yield from messages_of(file_bytes(path), str(path))
        elif path.stat().st_size <= MAX_FILE:
            yield from messages_of(path.read_bytes(), str(path))
        else:
            yield FoundMail(str(path), error=f"{path.name} is larger than {MAX_FILE // 1_000_000} MB")
    except UnreadableMail as exc:
        yield FoundMail(str(path), error=str(exc))
    except OSError as exc:
        yield FoundMail(str(path), error=f"{path.name} cannot be read: {exc.strerror or exc}")


def messages_of(data: bytes, source: str) -> Iterator[FoundMail]:
    """Every message of some bytes: JSON lines, an mbox, or one mail."""
    if data.lstrip()[:1] == b"{":
        for number, line in enumerate(data.split(b"\n"), 1):
            if line.strip():
                yield _of_line(line, f"{source}:{number}")
        return
    starts = [found.start() for found in _SEPARATOR.finditer(data)]
    if not starts or starts[0] != 0:
        yield _of_raw(data, source)
        return
    ends = [*starts[1:], len(data)]
    several = len(starts) > 1
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        raw = _ESCAPED.sub(rb"\1", data[start:end].partition(b"\n")[2])
        yield _of_raw(raw, f"{source}:{number}" if several else source)


def _of_raw(raw: bytes, source: str) -> FoundMail:
    try:
        mail = read_mail(raw)
    except UnreadableMail as exc:
        return FoundMail(source, error=str(exc))
    return FoundMail(source, raw, mail, mail.message_id)


def _of_line(line: bytes, source: str) -> FoundMail:
    """{"id", "subject", "from", "to", "headers", "text", "date"}, of which only the text or a subject must be there."""
    try:
        row = read_json(line)
    except BadJson:
        return FoundMail(source, error="this line is no JSON")
    if not isinstance(row, dict) or not (row.get("text") or row.get("subject") or row.get("headers")):
        return FoundMail(source, error="this line holds no object with a text, a subject or headers")
    given = row.get("headers")
    pairs = given.items() if isinstance(given, dict) else given if isinstance(given, list) else []
    named = [(str(p[0]).lower(), str(p[1])) for p in pairs if isinstance(p, list | tuple) and len(p) == 2]
    headers = {name: " ".join(capped(value).split())[:MAX_HEADER] for name, value in named if name in KEPT}

    def told(name: str) -> str:
        value = row.get(name)
        return " ".join(capped(str(value)).split()) if isinstance(value, str | int) else headers.get(name, "")

    kept = {**headers, **{name: value for name in ("from", "to", "subject") if (value := told(name))}}
    content_type = headers.get("content-type", "text/plain")
    report = re.search(r"report-type\s*=\s*\"?([\w-]+)", content_type, re.I)
    message_id = headers.get("message-id", "").strip("<> ")
    mail = Mail(
        message_id=message_id,
        in_reply_to=headers.get("in-reply-to", "").strip("<> ") or None,
        from_address=address_in(kept.get("from", "")),
        from_name=name_in(kept.get("from", "")),
        to_address=address_in(kept.get("to", "")),
        subject=kept.get("subject", ""),
        date=_when(row.get("date")) or parsed_date(headers.get("date", "")),
        text=capped(str(row.get("text") or "")),
        content_type=content_type.partition(";")[0].strip().lower(),
        report_type=report[1].lower() if report else "",
        headers=kept,
        reports=(capped(str(row["text"])),) if report and row.get("text") else (),
    )
    return FoundMail(source, None, mail, told("id") or message_id)


def _when(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    if not _DAYS.match(value):
        return parsed_date(value)
    try:
        when = datetime.fromisoformat(value)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # the first and last days there are have no time in every zone
        return None
