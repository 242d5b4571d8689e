"""Reads openings and news from a file: a table, JSON, JSON lines, or plain text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from tools.bids.reading import read_json, unpacked
from tools.normalise import clean, day, domain_of, website
from tools.plain_json import storable_text
from tools.reading import UnreadableFile, absent, read_table
from tools.signals.jobs import Opening
from tools.signals.news import MAX_TEXT, Article

Kind = Literal["openings", "news", "organisations"]
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "title": ("title", "job title", "position", "position title", "role", "opening", "opening title"),
    "text": ("text", "body", "article", "content", "story", "news", "snippet", "summary"),
    "headline": ("headline", "headlines", "heading", "subject"),
    "description": ("description", "job description", "responsibilities", "requirements"),
    "organisation": ("company", "company name", "organization", "organisation", "employer", "account", "account name",
                     "organization name", "school", "institution", "institution name", "name"),
    "domain": ("domain", "company domain", "website", "company website"),
    "location": ("location", "locations", "place", "city", "job location"),
    "department": ("department", "departments", "team", "function", "category"),
    "posted": ("posted", "posted at", "postedat", "posted on", "date posted", "posted date", "published",
               "published at", "date", "publication date", "created at", "first seen at", "updated at"),
    "url": ("url", "link", "apply url", "applyurl", "source url", "absolute url", "job url", "job link", "permalink"),
    "funded_on": ("last raised at", "last funding date", "latest funding date"),
    "funded_by": ("latest funding", "last funding type", "funding stage", "stage", "latest funding amount"),
    "intent": ("primary intent topic", "intent topic", "buyer intent", "intent"),
    "intent_date": ("intent date", "buyer intent date"),
}  # fmt: skip


@dataclass
class Texts:
    """What a file holds: openings, or news, or organisations of whom an import says something."""

    kind: Kind
    openings: list[Opening] = field(default_factory=list)
    articles: list[Article] = field(default_factory=list)
    imports: list["Imported"] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Imported:
    """What an import says of an organisation: when and what it last raised, what it is said to be looking for."""

    organisation: str
    domain: str | None
    row: int
    funded_on: str | None
    funded_by: str | None
    intent: str | None
    intent_date: str | None


def read_texts(path: str | Path, *, kind: Kind | None = None, organisation: str | None = None) -> Texts:
    """Reads a file (.gz too).

    Args:
        path: a table or JSON with a text or title per record, or a plain text (.txt, .md) as one piece of news.
        kind: what it holds, where its columns do not tell.
        organisation: whom all of it is about, where no column tells.

    Raises UnreadableFile for what is none of these.
    """
    path = Path(path)
    if not path.is_file():
        raise UnreadableFile(absent(path))
    with unpacked(path) as plain:
        if plain.suffix.lower() in (".txt", ".md"):
            return Texts("news", articles=[Article(_plain_text(plain), organisation, row=1)])
        with plain.open("rb") as file:
            head = file.read(256).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        records = _of_json(plain, path.name) if head in (b"{", b"[") else _of_table(plain)
        return _texts(list(records), kind, organisation, path.name)


def _plain_text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise UnreadableFile(f"{path.name} is not UTF-8 text (byte {exc.start}).") from exc
    if not text.strip():
        raise UnreadableFile(f"{path.name} is empty.")
    return storable_text(text[:MAX_TEXT])


def _of_table(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    for row in read_table(path).rows():
        yield row.number, row.cells


def _of_json(path: Path, name: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    document: Any = read_json(path, name)
    if isinstance(document, dict):
        listed = next(
            (
                v
                for k in ("jobs", "articles", "items", "data", "results", "posts")
                if isinstance(v := document.get(k), list)
            ),
            None,
        )
        document = [document] if listed is None else listed
    for place, one in enumerate(document, start=1):
        if isinstance(one, dict):
            yield place, {str(key): _cell(value) for key, value in one.items()}
        else:
            yield place, {}


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return _cell(value.get("name") or value.get("title") or "")
    if isinstance(value, list):
        return ", ".join(_cell(one) for one in value)
    return "" if value is None else str(value)


def fields_of(columns: Mapping[str, str]) -> dict[str, str]:
    """Field → column, by the columns' names."""
    by_name = {" ".join(column.replace("_", " ").casefold().split()): column for column in reversed(list(columns))}
    found = {name: next((by_name[k] for k in known if k in by_name), None) for name, known in _NAMES.items()}
    return {name: column for name, column in found.items() if column is not None}


def _texts(
    records: list[tuple[int, Mapping[str, str]]], kind: Kind | None, organisation: str | None, name: str
) -> Texts:
    # The records of JSON have the keys that they have something for.
    fields = fields_of({column: "" for _row, cells in records for column in cells})
    kind = kind or _kind(fields)
    if kind is None:
        raise UnreadableFile(
            f"{name} has neither a job's title nor a text: name a column Title (openings), or Text (news)."
        )
    texts = Texts(kind)
    for row, cells in records:
        told = {field: clean(cells.get(column)) for field, column in fields.items()}
        made = _one(kind, row, told, cells.get(fields.get("text", "")), organisation)
        if made is None:
            texts.refused.append((row, "the record has no title" if kind == "openings" else "the record has no text"))
        elif isinstance(made, Opening):
            texts.openings.append(made)
        elif isinstance(made, Article):
            texts.articles.append(made)
        else:
            texts.imports.append(made)
    return texts


def _kind(fields: Mapping[str, str]) -> Kind | None:
    if "title" in fields and "headline" not in fields and fields.keys() & {"location", "department"}:
        return "openings"
    if "text" in fields or "headline" in fields:
        return "news"
    if fields.keys() & {"funded_on", "intent"} and "organisation" in fields:
        return "organisations"
    if "title" in fields:
        return "openings"
    return "news" if "description" in fields else None


def _one(
    kind: Kind, row: int, told: Mapping[str, str | None], text: str | None, organisation: str | None
) -> Opening | Article | Imported | None:
    whose = told.get("organisation") or organisation
    domain, url, on = domain_of(told.get("domain")), website(told.get("url")), day(told.get("posted"))
    if kind == "organisations":
        if whose is None:
            return None
        rest = (told.get(name) for name in ("funded_on", "funded_by", "intent", "intent_date"))
        return Imported(whose, domain, row, *rest)
    title = told.get("title")
    if kind == "openings":
        if title is None:
            return None
        description = told.get("description") or (clean(text) or "")[:MAX_TEXT] or None
        return Opening(title, whose, description, told.get("department"), told.get("location"), on, url, domain, row)
    body = (text or told.get("description") or "").strip()[:MAX_TEXT]
    headline = told.get("headline") or title
    if not body and headline is None:
        return None
    return Article(body or headline or "", whose, headline if body else None, on, url, domain, row)
