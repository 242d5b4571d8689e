"""The site of the docs: `make docs` builds it into build/docs, from the Markdown files as they stand in the repository.

The source is the whole repository, so that a link between two files works in a view of the repository and in the site.
What the navigation shows, and in which order, stands in docs/index.md alone.
"""

import posixpath
from itertools import pairwise
from pathlib import Path
from typing import Any

from docutils import nodes
from markdown_it import MarkdownIt
from sphinx.util.osutil import relative_uri

project = html_title = "Outreach Command Center"
extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "docs/**.md", "evals/README.md", "samples/*/SOURCES.md"]
exclude_patterns = [".*", "build"]
myst_heading_anchors = 4
highlight_language = "text"
smartquotes = False  # it would make one dash of the two that an option begins with
html_theme = "furo"
html_extra_path = ["extra"]
html_static_path = ["static"]
html_css_files = ["style.css"]
html_copy_source = False
html_use_index = False
html_show_sphinx = html_show_copyright = False

INDEX = Path(__file__).parents[1] / "index.md"


def navigation(index: str) -> str:
    """The tables of contents that Sphinx makes its navigation of: a group for each heading of docs/index.md."""
    groups: list[tuple[str, list[str]]] = [("", ["docs/index"])]
    tokens = MarkdownIt("commonmark").parse(index)
    for before, token in pairwise(tokens):
        if before.type == "heading_open" and before.tag == "h2":
            groups.append((token.content, []))
        for child in token.children or ():
            target = str(child.attrs.get("href", ""))
            if child.type == "link_open" and target.endswith(".md") and len(groups) > 1:
                groups[-1][1].append(posixpath.normpath(f"docs/{target}").removesuffix(".md"))
    return "\n".join(
        "\n".join(["", "```{toctree}", ":hidden:", *([f":caption: {name}"] if name else []), "", *pages, "```"])
        for name, pages in groups
    )


def add_navigation(_app: Any, name: str, source: list[str]) -> None:
    """Puts the navigation below the text of the first page."""
    if name == root_doc:
        source[0] += navigation(INDEX.read_text(encoding="utf-8"))


def link_pictures(app: Any, page: nodes.document, name: str) -> None:
    """Lets each picture be opened by itself, in any size: a telephone's column is too narrow for most."""
    for picture in list(page.findall(nodes.image)):
        _, file = app.env.images[picture["uri"]]
        address = relative_uri(app.builder.get_target_uri(name), f"{app.builder.imagedir}/{file}")
        link = nodes.reference(refuri=address, internal=True)
        picture.replace_self(link)
        link += picture


def setup(app: Any) -> None:
    app.connect("source-read", add_navigation)
    app.connect("doctree-resolved", link_pictures)
