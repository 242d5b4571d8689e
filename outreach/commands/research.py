"""`outreach research`: what a page says, pages that a person gives, and the people that pages and replies name."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import SHORT_ID, many, print_json, print_table, say, show
from outreach.context import MOST, chosen_playbook, context_of, settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.models import Prospect
    from tools.research.suggestions import Suggestion
    from tools.web.reader import Reading

SCHEMA = "outreach.research.page/1"
_LARGEST = 8_000_000

research_app = typer.Typer(
    help="What a web page says; pages to read for an organisation; people whom pages and replies name.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="Ids, or their beginnings, from `research people`.")]

PAGE_EPILOG = """
[bold]Examples[/bold]
  outreach research page staff.html
  outreach research page about.html --url https://hilltop.example/about --organisation "Hilltop College" --own --json
"""


@research_app.callback()
def research() -> None:
    """What a web page says; pages to read for an organisation; people whom pages and replies name."""


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
    if own and not organisation:
        raise Complaint("--own needs the organisation's name.", "Add --organisation NAME.", code=2)
    if url is not None:
        _public(url)
    reading = _read(file, tuple(organisation or ()), own, url)
    if as_json:
        print_json(told(reading))
    else:
        _print(reading)


def _public(url: str, loopback: str = "") -> None:
    """Refuses what is no plain public address, nor on the one loopback site that may be read."""
    import httpx

    from tools.web.addresses import checked_url, origin_of
    from tools.web.outcome import PageRefused

    allowed = origin_of(httpx.URL(loopback)) if loopback else None
    if isinstance(bad := checked_url(url, url, allowed), PageRefused):
        raise Complaint(f"{url} is refused: {bad.detail}.", "Give the page's public http or https address.", code=2)


def _read(file: Path, names: tuple[str, ...], own: bool, url: str | None) -> Reading:
    from tools.web.facts import About
    from tools.web.outcome import PageRefused
    from tools.web.reader import read_bytes

    try:
        if file.stat().st_size > _LARGEST:
            raise Complaint(f"{file} is larger than {_LARGEST // 1_000_000} MB.", "Save the page without its media.")
        body = file.read_bytes()
    except OSError as exc:
        raise Complaint(f"{file} cannot be read: {exc.strerror}.", "Check the path.", code=2) from exc
    reading = read_bytes(body, About(names, own), url=url)
    if isinstance(reading, PageRefused):
        raise Complaint(f"{file} is no page that can be read: {reading.detail}.", "Save it again as HTML.")
    return reading


ADD_EPILOG = """
[bold]Examples[/bold]
  outreach research add "Hilltop College" https://hilltop.example/facilities
  outreach research add "Hilltop College" https://gohilltop.example/staff --own
  outreach research add "Hilltop College" https://hilltop.example/stadium --page stadium.html
"""


@research_app.command("add", epilog=ADD_EPILOG)
def add(
    ctx: typer.Context,
    organisation: Annotated[str, typer.Argument(help="Its name, or the beginning of its prospect's id.")],
    url: Annotated[str, typer.Argument(help="The page's address.")],
    file: Annotated[
        Path | None,
        typer.Option("--page", help="The page as you saved it: it is read now, with no request.", show_default=False),
    ] = None,
    own: Annotated[bool, typer.Option("--own", help="The site is the organisation's own.")] = False,
) -> None:
    """Gives the researcher a page to read for an organisation, the next time that it is researched.

    An address alone is read only where OUTREACH_WEB is on. What was researched lately is not researched again before
    the playbook's `snapshot_days` are over.
    """
    from agents.researcher import names_of, website_of
    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.web.given import give
    from tools.web.picker import host_of
    from tools.web.research_sources import store_page
    from tools.web.sites import site_of

    context = context_of(ctx)
    settings, playbook = context.settings, chosen_playbook(context)
    _public(url, settings.web_loopback)
    with open_database(settings, "user") as database, acting_as(settings.actor()):

        def look(session: Session) -> tuple[str, str, tuple[str, ...], bool]:
            prospect = _organisation(session, organisation, playbook)
            home = website_of(prospect.account)
            mine = own or (home != "" and site_of(host_of(home)) == site_of(host_of(url)))
            return prospect.account_id, prospect.name, names_of(prospect), mine

        account_id, name, names, mine = database.read_sync(look)
        reading = _read(file, names, mine, url) if file else None

        def write(session: Session) -> None:
            if reading is None:
                give(session, account_id, url, own_site=mine)
            else:
                store_page(session, account_id, reading, own_site=mine)

        database.write_sync(write)
    if reading is not None:
        say(f"Kept for {name}: {many(len(reading.facts), 'fact')} found by rule. It is a source of the next research.")
    else:
        say(f"Given for {name}." + ("" if settings.web else " It will be read once OUTREACH_WEB is on."))


def _organisation(session: Session, reference: str, playbook: str | None) -> Prospect:
    from sqlalchemy import func, or_, select

    from db.models import Prospect

    name = reference.strip().lower()
    fits = or_(func.lower(Prospect.name) == name, Prospect.id.startswith(name, autoescape=True))
    statement = select(Prospect).where(fits).order_by(Prospect.name, Prospect.id)
    if playbook is not None:
        statement = statement.where(Prospect.playbook == playbook)
    found = session.scalars(statement.limit(2)).all()
    if not found:
        raise Complaint(f"No prospect is called '{reference}'.", "Give its whole name, or the beginning of its id.")
    if len(found) > 1:
        raise Complaint(f"Several prospects are called '{reference}'.", "Give the beginning of one's id.")
    return found[0]


PEOPLE_EPILOG = """
[bold]Examples[/bold]
  outreach research people
  outreach research accept 4f1c
  outreach research accept 4f1c --email dana@hilltop.example
  outreach research dismiss 9a02 77be
"""


@research_app.command("people", epilog=PEOPLE_EPILOG)
def people(
    ctx: typer.Context,
    decided: Annotated[bool, typer.Option("--all", help="Those that were decided on as well.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Lists people whom pages and replies name. Nobody writes to one before a person accepts them."""
    from outreach.wiring import open_database
    from tools.research.suggestions import listed

    context = context_of(ctx)
    with open_database(context.settings, "user") as database:
        rows: list[Suggestion] = database.read_sync(
            lambda s: listed(s, playbook=chosen_playbook(context), status=None if decided else "open", limit=limit)
        )
    if not rows and not as_json:
        say("Nobody is suggested. Pages name people as research reads them: outreach run")
        return
    print_table(
        "People suggested",
        ("id", "organisation", "name", "title", "e-mail", "found in", "status"),
        [(r.id[:SHORT_ID], r.organisation, r.name, r.title, r.email, r.note, r.status) for r in rows],
        as_json=as_json,
        json_rows=[asdict(row) for row in rows],
    )


@research_app.command("accept", epilog=PEOPLE_EPILOG)
def accept(
    ctx: typer.Context,
    suggestion: Annotated[str, typer.Argument(metavar="ID", help="An id, or its beginning, from `research people`.")],
    email: Annotated[str | None, typer.Option(help="An address that you know.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Takes a suggested person in as a contact of the organisation."""
    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.research.suggestions import CannotAccept, SuggestionNotFound, told
    from tools.research.suggestions import accept as take_in

    settings = settings_of(ctx)
    actor = settings.actor()
    with open_database(settings, "user") as database, acting_as(actor):
        try:
            made = database.write_sync(lambda s: told(take_in(s, suggestion, by=actor, email=email)))
        except SuggestionNotFound as exc:
            raise Complaint(str(exc), "See the list: outreach research people") from exc
        except CannotAccept as exc:
            raise Complaint(str(exc), "Or put the suggestion away: outreach research dismiss") from exc
    if as_json:
        print_json(made)
    else:
        say(f"{made['name']} is a contact now.")


@research_app.command("dismiss", epilog=PEOPLE_EPILOG)
def dismiss(ctx: typer.Context, suggestions: Ids) -> None:
    """Puts suggested people away; they are not suggested there again."""
    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.research.suggestions import SuggestionNotFound
    from tools.research.suggestions import dismiss as put_away

    settings = settings_of(ctx)
    actor = settings.actor()
    with open_database(settings, "user") as database, acting_as(actor):
        try:
            database.write_sync(lambda s: [put_away(s, one, by=actor).id for one in suggestions] and None)
        except SuggestionNotFound as exc:
            raise Complaint(str(exc), "See the list: outreach research people") from exc
    say(f"Put away: {many(len(suggestions), 'suggestion')}.")


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
