"""The docs become a site, strictly, that loads nothing from elsewhere and says what the pages say."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}
"""What a browser fetches by itself, by element; a link waits for a click."""


class Loads(HTMLParser):
    """The addresses that a page loads, and where its links to other pages lead."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in LOADED and (address := given.get(LOADED[tag])):
            self.loaded.append(address)
        if tag == "a" and (address := given.get("href")):
            self.linked.append(address)


def test_the_site_is_whole_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    """As `make docs` builds it: a warning fails, as of a link that leads nowhere or a page that no navigation names."""
    build = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-c", "docs/site", "-d", tmp_path / "read"]
    done = subprocess.run(
        [*build, ".", tmp_path / "site"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    site = tmp_path / "site"
    pages = {page: Loads(page) for page in site.rglob("*.html")}
    assert len(pages) > len(list((ROOT / "docs").glob("*.md")))
    elsewhere = {
        (page.name, one) for page, found in pages.items() for one in found.loaded if re.match(r"(\w+:)?//", one)
    }
    assert not elsewhere
    styled = [
        style
        for style in site.rglob("*.css")
        if re.search(r"""(?:url\(|@import)\s*['"]?(?:\w+:)?//""", style.read_text())
    ]
    assert not styled
    first = (site / "README.html").resolve()
    reached = {(page.parent / link.partition("#")[0]).resolve() for page in (first,) for link in pages[page].linked}
    unnamed = {str(page.relative_to(site)) for page in pages if page.resolve() not in reached}
    assert unnamed <= {"index.html", "search.html", "README.html"}
    pictures = {(page, one) for page, found in pages.items() for one in found.loaded if "_images/" in one}
    assert pictures
    assert pictures <= {(page, one) for page, found in pages.items() for one in found.linked}, "none opens by itself"
    assert "–html" not in (site / "docs/reference/commands.html").read_text(), "options have two dashes"
