"""Every relative link of the pages that people read leads somewhere, to the heading that it names."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "evals/README.md")),
        *(ROOT / "docs").rglob("*.md"),
    ]
)
MARKDOWN = MarkdownIt("commonmark").enable("table")
NAMED = re.compile(r"\b(?:docs|evals)/[\w/-]+\.md\b")
"""A page that is named in words, as screens and comments do."""


@cache
def tokens(page: Path) -> list[Token]:
    return MARKDOWN.parse(page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[str]:
    """Where the page's links and pictures lead, but for other sites."""
    for token in tokens(page):
        for child in token.children or ():
            target = child.attrs.get("href") or child.attrs.get("src")
            if isinstance(target, str) and not re.match(r"[a-z]+:", target):
                yield unquote(target)


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of the page's headings, as GitHub makes them: a second one of the same words ends in -1."""
    found: list[str] = []
    all_tokens = tokens(page)
    for at, token in enumerate(all_tokens):
        if token.type == "heading_open":
            words = "".join(c.content for c in all_tokens[at + 1].children or () if c.type in ("text", "code_inline"))
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            earlier = sum(re.fullmatch(rf"{re.escape(slug)}(-\d+)?", one) is not None for one in found)
            found.append(f"{slug}-{earlier}" if earlier else slug)
    return frozenset(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    wrong = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            wrong.append(link)
    named = {name for name in NAMED.findall(page.read_text(encoding="utf-8")) if not (ROOT / name).exists()}
    assert not wrong, f"{page.relative_to(ROOT)} links to what is not there: {wrong}"
    assert not named, f"{page.relative_to(ROOT)} names pages that are not there: {sorted(named)}"


def test_pages_that_the_program_names_are_there() -> None:
    wrong = {
        f"{module.relative_to(ROOT)}: {name}"
        for folder in ("outreach", "evals", "graphs", "agents", "tools", "db", "playbooks")
        for module in (ROOT / folder).rglob("*.py")
        for name in NAMED.findall(module.read_text(encoding="utf-8"))
        if not (ROOT / name).exists()
    }
    assert not wrong


def test_the_index_names_every_page() -> None:
    index = ROOT / "docs" / "index.md"
    named = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    missing = [str(page.relative_to(ROOT)) for page in PAGES if page not in named | {index}]
    assert not missing, f"docs/index.md does not say that these are there: {missing}"


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
