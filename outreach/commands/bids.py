"""`outreach bids`: takes tenders in, matches them to prospects, lists them, and takes your word on each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import SHORT_ID, many, print_json, print_table, say
from outreach.context import MOST, settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from tools.bids import Assessed

EPILOG = """
[bold]Examples[/bold]
  outreach bids match tenders.json --dry-run             what is in it, without a database
  outreach bids match city.csv --dry-run --buyer "City of Mason, OH" --prospects colleges.csv --json
  outreach bids import tenders.csv --column title="Bid Title"
  outreach bids list
  outreach bids review 4f1c --match "Kenyon College"

Formats: SAM.gov JSON (API v2) and CSV, OCDS releases and records, any CSV; .gz too. Fields: docs/bids.md.
"""

bids_app = typer.Typer(
    help="Takes tenders in, matches them to prospects, and takes your word on each.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
)

File = Annotated[Path, typer.Argument(help="A feed of tenders: JSON, JSON lines or a table; .gz too.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column", metavar="FIELD=COLUMN", help="What a column of a table means, where its name does not tell."
    ),
]
Buyer = Annotated[str | None, typer.Option(help="Who buys, for a table without a column for it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON (docs/bids.md).")]


@bids_app.command("import", epilog=EPILOG)
def import_bids(
    ctx: typer.Context, file: File, column: Columns = None, buyer: Buyer = None, as_json: AsJson = False
) -> None:
    """Takes a feed of tenders in. The same feed again changes nothing; an amendment updates the tender it amends.

    The configured model says which matter and whose they are, in batches; a person's word stands above it.
    """
    from outreach.tendering import open_feed, take_in_feed

    feed = open_feed(file, column, buyer)
    told = take_in_feed(settings_of(ctx), feed, file.name)
    if as_json:
        print_json({"file": file.name, "format": feed.format, **told.outputs})
    else:
        counts = told.outputs["counts"]
        say(
            f"{many(told.processed, 'notice')} of {many(counts['tenders'], 'tender')}: {counts['created']:,} new, "
            f"{counts['amended']:,} amended, {counts['unchanged']:,} as before."
        )
        say(
            f"Of these {counts['matched']:,} are matched and {counts['new']:,} wait for you, "
            f"{counts['to_review']:,} of them with a likely prospect: outreach bids list"
        )
    if feed.refused:
        for refusal in feed.refused[:5]:
            say(f"row {refusal.row}: {refusal.reason}", "yellow")
        raise Complaint(
            f"{len(feed.refused)} of {len(feed.refused) + len(feed.notices)} records were not taken.",
            "The first are named above; all of them: outreach bids match FILE --dry-run --json",
            code=3 if feed.notices else 1,
        )


@bids_app.command("match", epilog=EPILOG)
def match(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A feed of tenders; without one, those that are stored.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Use no database, write nothing.")] = False,
    prospects: Annotated[
        Path | None,
        typer.Option(help="A table of prospects to match to, instead of the database's or the sample's."),
    ] = None,
    column: Columns = None,
    buyer: Buyer = None,
    as_json: AsJson = False,
) -> None:
    """Shows which tenders of a file are relevant and whose they are; nothing is written.

    With --dry-run or --prospects no database is used: the prospects are those of the file, or of the sample that
    comes with the playbook. Without a file, the stored tenders that you have not decided on are matched anew. A file is
    judged by the rules, which cost nothing; what is stored, by the configured model.
    """
    from outreach.tendering import (
        assess_feed,
        candidates_of_database,
        candidates_of_file,
        counts_of,
        match_stored_again,
        open_feed,
        refusals,
    )

    settings = settings_of(ctx)
    if file is None:
        if dry_run or prospects is not None:
            raise Complaint("Which file? --dry-run and --prospects need a feed of tenders.", "Name it.", code=2)
        told = match_stored_again(settings)
        if as_json:
            print_json(told.outputs)
        else:
            if not told.processed:
                say("No tender waits for your decision. Take some in: outreach bids import FILE")
                return
            say(f"{many(told.processed, 'tender')} looked at, {told.updated:,} changed: outreach bids list")
        return
    feed = open_feed(file, column, buyer)
    if dry_run or prospects is not None:
        candidates, source = candidates_of_file(settings, prospects)
    else:
        candidates, source = candidates_of_database(settings), "database"
    assessed = assess_feed(settings, feed, candidates)
    if as_json:
        print_json(
            {
                "file": file.name,
                "format": feed.format,
                "playbook": settings.playbook,
                "decided_by": "rules",
                "columns": feed.mapping or None,
                "prospects": {"source": source, "count": len(candidates)},
                "counts": counts_of(feed, assessed),
                "tenders": [one.as_json() for one in assessed],
                "refused": refusals(feed),
            }
        )
        return
    _print_assessed(assessed)
    counts = counts_of(feed, assessed)
    say(
        f"{many(counts['notices'], 'notice')} of {many(counts['tenders'], 'tender')}: {counts['relevant']:,} relevant, "
        f"{counts['doubtful']:,} doubtful, {counts['not_relevant']:,} not. Matched to {len(candidates):,} prospects "
        f"({source}): {counts['matched']:,} sure, {counts['to_review']:,} to look at. Nothing was written."
    )


@bids_app.command("list", epilog=EPILOG)
def list_bids(
    ctx: typer.Context,
    status: Annotated[str | None, typer.Option(help="new, matched, reviewed or not_relevant.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those of no use to this playbook, too.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=MOST, help="How many, the next to close first.")
    ] = 50,
    as_json: AsJson = False,
) -> None:
    """Lists the stored tenders that matter to the playbook, with the reasons."""
    from outreach.wiring import open_database
    from playbooks.feeds import load_bid_words
    from tools.bids.listing import listed

    settings = settings_of(ctx)
    words = load_bid_words(settings.playbook)
    _check_status(status)
    with open_database(settings, "user") as database:
        rows = database.read_sync(
            lambda s: listed(s, settings.playbook, words, status=status, everything=everything, limit=limit)
        )
    if as_json:
        print_json(rows)
        return
    if not rows:
        say("No tenders here. Take some in: outreach bids import FILE")
        return
    print_table(
        "Tenders",
        ("id", "due", "score", "status", "title", "organisation", "prospect", "sure"),
        [
            (
                row["id"][:SHORT_ID],
                row["due"],
                row["relevance"]["score"],
                row["status"],
                row["title"],
                row["organization"],
                row["prospect"],
                None if row["match_confidence"] is None else f"{row['match_confidence']:.2f}",
            )
            for row in rows
        ],
    )
    say("Decide: outreach bids review ID --relevant | --not-relevant | --match PROSPECT | --no-match")


@bids_app.command("review", epilog=EPILOG)
def review(
    ctx: typer.Context,
    bid: Annotated[str, typer.Argument(metavar="ID", help="The tender's id, or its beginning.")],
    relevant: Annotated[
        bool | None, typer.Option("--relevant/--not-relevant", help="Whether it matters.", show_default=False)
    ] = None,
    prospect: Annotated[
        str | None, typer.Option("--match", metavar="PROSPECT", help="Whose it is: an id, its beginning, or the name.")
    ] = None,
    no_match: Annotated[bool, typer.Option("--no-match", help="It belongs to none of the prospects.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keeps your decision on a tender. No feed undoes it."""
    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.bids.review import BidNotFound
    from tools.bids.review import review as decide

    if relevant is None and prospect is None and not no_match:
        raise Complaint("What is your decision?", "--relevant, --not-relevant, --match PROSPECT or --no-match.", code=2)
    if prospect is not None and (no_match or relevant is False):
        raise Complaint("--match does not go with --no-match or --not-relevant.", "Choose one.", code=2)
    settings = settings_of(ctx)
    actor = settings.actor()
    with open_database(settings, "user") as database, acting_as(actor):
        try:
            row = database.write_sync(
                lambda s: _decided(
                    decide(
                        s,
                        bid,
                        by=actor,
                        playbook=settings.playbook,
                        relevant=relevant,
                        match=prospect,
                        no_match=no_match,
                    )
                )
            )
        except BidNotFound as exc:
            raise Complaint(str(exc), "See the list: outreach bids list") from exc
    if as_json:
        print_json(row)
    else:
        say(f"{row['title']}: {row['status'].replace('_', ' ')}.")


def _decided(alert: Any) -> dict[str, Any]:
    return {
        "id": alert.id,
        "title": alert.title,
        "status": alert.status,
        "prospect_id": alert.matched_prospect_id,
        "match_confidence": alert.match_confidence,
        "reviewed_at": alert.reviewed_at,
        "reviewed_by": alert.reviewed_by,
    }


def _check_status(status: str | None) -> None:
    from db.enums import BidStatus, values

    if status is not None and status not in values(BidStatus):
        raise Complaint(f"There is no status '{status}'.", f"There are: {', '.join(values(BidStatus))}.", code=2)


def _print_assessed(assessed: list[Assessed]) -> None:
    shown = [one for one in assessed if one.relevance.standing != "not_relevant"]
    if not shown:
        return
    shown.sort(key=lambda one: -one.relevance.score)
    print_table(
        "Relevant tenders",
        ("score", "due", "title", "organisation", "prospect", "sure", "why"),
        [
            (
                one.relevance.score,
                one.tender.due,
                one.tender.title,
                one.tender.organisation,
                one.match.candidate.name if one.match.candidate else None,
                f"{one.match.confidence:.2f}" if one.match.candidate else None,
                "; ".join([*one.relevance.reasons[:2], *one.match.evidence[:2]]),
            )
            for one in shown
        ],
    )
