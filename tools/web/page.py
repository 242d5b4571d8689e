"""What a page says: its main text, title, date, links, people. Runs in a child process: see `reader`.

Nothing here trusts the page: its size, its number of tags and its depth are bounded before and after parsing, and
text that no visitor sees is passed over.
"""

import codecs
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Final

import httpx
from trafilatura import bare_extraction, load_html

from tools.web.document import Link, Page
from tools.web.people import find_people
from tools.web.sites import site_of

MOST_CHARS: Final = 2_000_000
MOST_TAGS: Final = 60_000
MOST_TEXT: Final = 60_000
MOST_LINKS: Final = 80
_SHORT_MAIN: Final = 200
_HIDDEN: Final = ["//*[@hidden]", "//*[contains(translate(@style, ' ', ''), 'display:none')]"]
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_BLOCKS: Final = re.compile(
    r"address|article|aside|blockquote|body|br|caption|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|form|h[1-6]|header|hr|html|legend|li|main|nav|ol|option|p|pre|section|summary|table|tbody|tfoot|thead"
    r"|tr|ul"
)
_SILENT: Final = re.compile(r"script|style|noscript|template|head|svg|canvas|iframe|object|select|textarea")
_NO_PAGE = re.compile(
    r"\.(pdf|docx?|xlsx?|pptx?|zip|gz|jpe?g|png|gif|webp|svg|ico|css|js|json|xml|rss|ics|mp[34]|mov|avi|woff2?|exe)$",
    re.IGNORECASE,
)
_NO_ACTION = re.compile(r"(log|sign)[-_]?(in|out|off|up)\b|cart|checkout|unsubscribe|delete|wp-admin", re.I)


class Unreadable(Exception):
    """The bytes are no page that can be read within bounds; the message says why."""


def decode(body: bytes, charset: str | None) -> str:
    """Bytes as text: by the byte order mark, the header, the page's own word, UTF-8, then Windows-1252."""
    if body.startswith(codecs.BOM_UTF8):
        return body.decode("utf-8-sig", "replace")
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    inside = _META_CHARSET.search(body[:4_096])
    for name in (charset, inside[1].decode("ascii", "replace") if inside else None, "utf-8"):
        if not name:
            continue
        try:
            info = codecs.lookup(name)
            if not getattr(info, "_is_text_encoding", True) or info.name in ("idna", "punycode", "unicode_escape"):
                continue
            return body.decode("cp1252" if info.name in ("iso8859-1", "ascii") else info.name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return body.decode("cp1252", "replace")


def read_html(html: str, url: str | None, *, today: date | None = None) -> Page:
    """Reads a page. Raises Unreadable where it is no HTML, or too much of it."""
    html = _CONTROL.sub("", html)
    if len(html) > MOST_CHARS:
        raise Unreadable(f"longer than {MOST_CHARS:,} characters")
    if html.count("<") > MOST_TAGS:
        raise Unreadable(f"more than {MOST_TAGS:,} tags")
    tree = load_html(html) if html.strip() else None
    if tree is None:
        raise Unreadable("no HTML")
    visible = "\n".join(_lines(tree))
    people = find_people(tree, visible, url)
    links = tuple(_links(tree, url)) if url else ()
    found: Any = bare_extraction(
        html,
        url=url,
        with_metadata=True,
        include_comments=False,
        prune_xpath=_HIDDEN,
        date_extraction_params={
            "original_date": True,
            "extensive_search": False,
            "max_date": (today or datetime.now(UTC).date()).isoformat(),
        },
    )
    main = (found.text or "").strip() if found is not None else ""
    use_visible = len(main) < min(_SHORT_MAIN, len(visible)) or len(people) >= 3
    text = visible if use_visible else main
    kept = _cut(text)
    return Page(
        url=url,
        title=_one_line((found.title if found is not None else "") or _title(tree))[:300],
        text=kept,
        text_from="visible" if use_visible else "main",
        published=_date(found.date if found is not None else None),
        site_name=_one_line((found.sitename if found is not None else "") or "")[:120],
        links=links,
        people=tuple(person for person in people if person.quote in kept),
        cut=len(text) > MOST_TEXT,
    )


def read_text(text: str, url: str | None) -> Page:
    """A page of plain text: its first line is its title."""
    clean = _CONTROL.sub("", text).replace("\r\n", "\n").strip()
    title = _one_line(clean.partition("\n")[0])[:300]
    return Page(url, title, _cut(clean), "main", None, "", cut=len(clean) > MOST_TEXT)


def _cut(text: str) -> str:
    """The text within bounds, ended at a line, so that no quote is half of a sentence."""
    if len(text) <= MOST_TEXT:
        return text
    return text[:MOST_TEXT].rpartition("\n")[0] or text[:MOST_TEXT]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _title(tree: Any) -> str:
    for name in ("h1", "title"):
        for element in tree.iter(name):
            if text := _one_line("".join(element.itertext())):
                return text
    return ""


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def hidden(element: Any) -> bool:
    """Whether no visitor sees an element, as far as its own attributes tell."""
    style = (element.get("style") or "").replace(" ", "").lower()
    return element.get("hidden") is not None or "display:none" in style or "visibility:hidden" in style


def _lines(tree: Any) -> Iterator[str]:
    """What a visitor sees, one block a line, cells of a row apart by ' | '. No recursion: pages nest as they like."""
    current: list[str] = []
    stack: list[tuple[Any, bool]] = [(tree, False)]
    while stack:
        element, leaving = stack.pop()
        name = element.tag if isinstance(element.tag, str) else ""
        if leaving:
            if name in ("td", "th"):
                current.append(" | ")
            if _BLOCKS.fullmatch(name) and (line := _line(current)):
                yield line
            if element.tail:
                current.append(element.tail)
            continue
        if not name or _SILENT.fullmatch(name) or hidden(element):
            if element.tail:
                current.append(element.tail)
            continue
        if _BLOCKS.fullmatch(name) and (line := _line(current)):
            yield line
        if element.text:
            current.append(element.text)
        stack.append((element, True))
        stack.extend((child, False) for child in reversed(element))
    if line := _line(current):
        yield line


def _line(parts: list[str]) -> str:
    line = _one_line("".join(parts)).strip("| ")
    parts.clear()
    return line


def _links(tree: Any, base: str) -> Iterator[Link]:
    """Pages of the same site, each once, in the page's order; nothing that would act, and no file."""
    here = httpx.URL(base)
    seen = {str(here.copy_with(fragment=None))}
    for element in tree.iter("a"):
        href = (element.get("href") or "").strip()
        if not href or len(href) > 1_000 or len(seen) > MOST_LINKS:
            continue
        try:
            url = here.join(href).copy_with(fragment=None)
        except (httpx.InvalidURL, ValueError, UnicodeError):
            continue
        if url.scheme not in ("http", "https") or url.userinfo or site_of(url.host) != site_of(here.host):
            continue
        if str(url) in seen or _NO_PAGE.search(url.path) or _NO_ACTION.search(str(url)):
            continue
        text = _one_line(" ".join(element.itertext()))[:120]
        if not text:
            continue
        seen.add(str(url))
        yield Link(len(seen) - 1, str(url), text)
