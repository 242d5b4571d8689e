"""`outreach research`: what a page says, without a database and without a network."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import many, print_json, print_table, say, show
from outreach.errors import Complaint

if TYPE_CHECKING:
    from tools.web.reader import Reading

SCHEMA = "outreach.research.page/1"
_LARGEST = 8_000_000

research_app = typer.Typer(
    help="What is known about organisations, and what a web page says.", no_args_is_help=True, rich_markup_mode="rich"
)

PAGE_EPILOG = """
[bold]Examples[/bold]
  outreach research page staff.html
  outreach research page about.html --url https://hilltop.example/about --organisation "Hilltop College" --own --json
"""


@research_app.callback()
def research() -> None:
    """What is known about organisations, and what a web page says."""


@research_app.command("page", epilog=PAGE_EPILOG)
def page(
    file: Annotated[Path, typer.Argument(help="A saved HTML page.", show_default=False)],
    url: Annotated[
        str | None, typer.Option(help="Where the page came from; its links are then listed.", show_default=False)
    ] = None,
    organisation: Annotated[
        list[str] | None,
        typer.Option(help="Keep facts about this organisation only; again for another name of it.", show_default=False),
    ] = None,
    own: Annotated[bool, typer.Option("--own", help="The page is the organisation's own.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (docs/research.md).")] = False,
) -> None:
    """Prints a page's main text, title and date, the facts that rules find with their quotes, and the people it lists.

    Nothing is fetched and nothing is stored. People are suggestions: an address counts only once a person accepts it.
    """
    from tools.web.addresses import checked_url
    from tools.web.facts import About
    from tools.web.outcome import Refused
    from tools.web.reader import read_bytes

    if own and not organisation:
        raise Complaint("--own needs the organisation's name.", "Add --organisation NAME.", code=2)
    if url is not None and isinstance(bad := checked_url(url, url, None), Refused):
        raise Complaint(f"--url is refused: {bad.detail}.", "Give the page's public http or https address.", code=2)
    try:
        if file.stat().st_size > _LARGEST:
            raise Complaint(f"{file} is larger than {_LARGEST // 1_000_000} MB.", "Save the page without its media.")
        body = file.read_bytes()
    except OSError as exc:
        raise Complaint(f"{file} cannot be read: {exc.strerror}.", "Check the path.", code=2) from exc
    reading = read_bytes(body, About(tuple(organisation or ()), own), url=url)
    if isinstance(reading, Refused):
        raise Complaint(f"{file} is no page that can be read: {reading.detail}.", "Save it again as HTML.")
    if as_json:
        print_json(told(reading))
    else:
        _print(reading)


def told(reading: Reading) -> dict[str, Any]:
    """The JSON of `research page`, as docs/research.md has it."""
    found = reading.page
    return {
        "schema": SCHEMA,
        "url": found.url,
        "title": found.title,
        "published": found.published,
        "site_name": found.site_name,
        "text": found.text,
        "text_from": found.text_from,
        "text_cut": found.cut,
        "facts": [asdict(fact) for fact in reading.facts],
        "people": [asdict(person) for person in found.people],
        "links": [asdict(link) for link in found.links],
    }


def _print(reading: Reading) -> None:
    found = reading.page
    show(found.title or "(no title)", "bold")
    show(f"published {found.published or 'unknown'}, {many(len(found.text), 'character')} of text\n")
    show(found.text)
    if reading.facts:
        print_table(
            "\nFacts",
            ("field", "confidence", "fact", "quote"),
            [(f.field, f.confidence, f.sentence, f.quote) for f in reading.facts],
        )
    if found.people:
        print_table(
            "\nPeople (suggestions)",
            ("name", "title", "e-mail", "phone"),
            [(p.name, p.title, p.email, p.phone) for p in found.people],
        )
    say(f"{many(len(reading.facts), 'fact')}, {many(len(found.people), 'person', 'people')}.")
