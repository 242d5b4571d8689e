"""`outreach bids`: takes tenders in, matches them to prospects, lists them, and takes your word on each."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import many, print_json, print_table, say
from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from db.access import Database
    from outreach.agent_step import Told, Write
    from outreach.settings import Settings
    from tools.bids import Assessed, Candidate, Feed
    from tools.bids.store import Judges

EPILOG = """
[bold]Examples[/bold]
  outreach bids match tenders.json --dry-run             what is in it, without a database
  outreach bids match city.csv --dry-run --buyer "City of Mason, OH" --prospects colleges.csv --json
  outreach bids import tenders.csv --column title="Bid Title"
  outreach bids list
  outreach bids review 4f1c --match "Kenyon College"

Formats: SAM.gov JSON (API v2) and CSV, OCDS releases and records, any CSV; .gz too. Fields: docs/bids.md.
"""
SHORT = 8
CHUNK = 200

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
    """Takes a feed of tenders in. The same feed again changes nothing; an amendment updates the tender it amends."""
    settings = settings_of(ctx)
    feed = _feed(file, column, buyer)
    told = _in_step(settings, {"file": file.name, "format": feed.format}, lambda judges, run_id, write: _take_in(
        feed, judges, run_id, write))  # fmt: skip
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
            code=3,
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
    comes with the playbook. Without a file, the stored tenders that you have not decided on are matched anew.
    """
    settings = settings_of(ctx)
    if file is None:
        if dry_run or prospects is not None:
            raise Complaint("Which file? --dry-run and --prospects need a feed of tenders.", "Name it.", code=2)
        told = _in_step(settings, {"again": True}, _match_again)
        if as_json:
            print_json(told.outputs)
        else:
            say(f"{many(told.processed, 'tender')} looked at, {told.updated:,} changed: outreach bids list")
        return
    feed = _feed(file, column, buyer)
    if dry_run or prospects is not None:
        candidates, source = _from_file(settings, prospects)
    else:
        candidates, source = _from_database(settings), "database"
    assessed = _assess(settings, feed, candidates)
    if as_json:
        print_json(
            {
                "file": file.name,
                "format": feed.format,
                "playbook": settings.playbook,
                "columns": feed.mapping or None,
                "prospects": {"source": source, "count": len(candidates)},
                "counts": _count(feed, assessed),
                "tenders": [one.as_json() for one in assessed],
                "refused": [{"row": one.row, "reason": one.reason} for one in feed.refused],
            }
        )
        return
    _print_assessed(assessed)
    counts = _count(feed, assessed)
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
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, the next to close first.")] = 50,
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
                row["id"][:SHORT],
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
    from tools.bids.store import BidNotFound
    from tools.bids.store import review as decide

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


def _feed(file: Path, column: list[str] | None, buyer: str | None) -> Feed:
    from tools.bids import read_feed
    from tools.bids.table import UnknownColumn
    from tools.reading import UnreadableFile

    given: dict[str, str] = {}
    for pair in column or []:
        name, found, value = pair.partition("=")
        if not found:
            raise Complaint(f"'{pair}' is not FIELD=COLUMN.", 'For example: --column title="Bid Title"', code=2)
        given[name.strip()] = value.strip()
    try:
        return read_feed(file, columns=given, buyer=buyer)
    except UnknownColumn as exc:
        raise Complaint(str(exc), "Mend --column.", code=2) from exc
    except UnreadableFile as exc:
        raise Complaint(str(exc), "Formats: SAM.gov JSON or CSV, OCDS JSON, any CSV with a header.", code=2) from exc


def _from_file(settings: Settings, path: Path | None) -> tuple[list[Candidate], str]:
    from tools.bids.prospects import candidates_in
    from tools.reading import UnreadableFile

    if path is None:
        from samples import UnknownSampleError, load_manifest, sample_dir

        try:
            files = load_manifest(settings.playbook).files
            organisations = next(one for one in files if one.what == "organisations")
            path = sample_dir(settings.playbook) / organisations.name
        except UnknownSampleError as exc:
            raise Complaint(str(exc), "Name a table of prospects: --prospects FILE.csv", code=2) from exc
    try:
        return candidates_in(path), path.name
    except UnreadableFile as exc:
        raise Complaint(
            str(exc), "It needs a header with a column like Name, and State and City if you can.", code=2
        ) from exc


def _from_database(settings: Settings) -> list[Candidate]:
    from outreach.wiring import open_database
    from tools.bids.prospects import candidates_of

    with open_database(settings, "user") as database:
        return database.read_sync(lambda s: candidates_of(s, settings.playbook))


def _assess(settings: Settings, feed: Feed, candidates: list[Candidate]) -> list[Assessed]:
    from playbooks.feeds import load_bid_words
    from tools.bids import Matcher, assess, tenders_of

    words = load_bid_words(settings.playbook)
    return assess(tenders_of(feed.notices), words, Matcher(candidates, words.match))


def _count(feed: Feed, assessed: list[Assessed]) -> dict[str, int]:
    standing = Counter(one.relevance.standing for one in assessed)
    verdicts = Counter(one.match.verdict.value for one in assessed)
    return {
        "notices": len(feed.notices),
        "tenders": len(assessed),
        "relevant": standing["relevant"],
        "doubtful": standing["doubtful"],
        "not_relevant": standing["not_relevant"],
        "matched": verdicts["matched"],
        "to_review": verdicts["review"],
        "rebids": sum(one.rebid is not None and one.rebid.relation == "rebid" for one in assessed),
        "refused": len(feed.refused),
    }


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


def _judges(database: Database, playbook: str) -> Judges:
    from playbooks.feeds import load_bid_words, playbooks_with
    from tools.bids import Matcher
    from tools.bids.prospects import candidates_of
    from tools.bids.store import Judges

    words = load_bid_words(playbook)
    candidates = database.read_sync(lambda s: candidates_of(s, playbook))
    others = [load_bid_words(name) for name in playbooks_with("bids.toml") if name != playbook]
    return Judges(words, Matcher(candidates, words.match), others)


def _in_step(settings: Settings, inputs: dict[str, Any], work: Any) -> Told:
    from outreach.agent_step import run_step
    from outreach.wiring import open_database

    with open_database(settings, "agent") as database:
        judges = _judges(database, settings.playbook)
        return run_step(
            database,
            agent="prospector",
            run_type="prospect",
            inputs={"command": "bids", "playbook": settings.playbook, **inputs},
            work=lambda run_id, write: work(judges, run_id, write),
        )


def _take_in(feed: Feed, judges: Judges, run_id: str, write: Write) -> Told:
    from outreach.agent_step import Told
    from tools.bids import tenders_of
    from tools.bids.listing import note_rebids, standing_of
    from tools.bids.store import take_in

    tenders = tenders_of(feed.notices)
    counts: Counter[str] = Counter()
    touched: list[str] = []
    for start in range(0, len(tenders), CHUNK):
        part = tenders[start : start + CHUNK]
        taken = write(partial(take_in, feed=feed, tenders=part, judges=judges, run_id=run_id))
        counts += taken.counts
        touched += taken.touched
    rebids = write(lambda s: note_rebids(s, touched, run_id)) if touched else 0
    now = write(lambda s: standing_of(s, [(t.source, t.key) for t in tenders]))
    told = {
        "notices": len(feed.notices),
        "tenders": len(tenders),
        "created": counts["created"],
        "amended": counts["amended"],
        "unchanged": counts["unchanged"],
        **now,
        "rebids": rebids,
        "refused": len(feed.refused),
    }
    refused = f"{len(feed.refused)} records were not taken" if feed.refused else None
    return Told(
        outputs={"counts": told, "refused": [{"row": one.row, "reason": one.reason} for one in feed.refused[:100]]},
        processed=len(feed.notices),
        created=counts["created"],
        updated=counts["amended"],
        partial=refused,
    )


def _match_again(judges: Judges, run_id: str, write: Write) -> Told:
    from outreach.agent_step import Told
    from tools.bids.store import match_again

    taken = write(lambda s: match_again(s, judges, run_id))
    counts = {name: taken.counts[name] for name in ("amended", "unchanged")}
    return Told(outputs={"counts": counts}, processed=sum(counts.values()), updated=counts["amended"])
