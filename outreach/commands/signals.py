"""`outreach signals`: finds reasons to write now in openings, news and records, and lists them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import SHORT_ID, many, print_json, print_table, say
from outreach.context import MOST, settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from outreach.agent_step import StepOutcome
    from outreach.settings import Settings
    from playbooks.feeds import SignalWords
    from tools.signals import Texts

EPILOG = """
[bold]Examples[/bold]
  outreach signals scan                                 over all that is stored
  outreach signals scan openings.csv --dry-run --json   what is in a file, without a database
  outreach signals scan article.txt --organisation "Acme Robotics" --dry-run
  outreach signals list --type funding

Files: openings or news as a table, JSON or JSON lines; one piece of news as .txt. Fields: docs/signals.md.
"""
KINDS = ("openings", "news", "organisations")

signals_app = typer.Typer(
    help="Finds reasons to write now in openings, news and records.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON (docs/signals.md).")]


@signals_app.command("scan", epilog=EPILOG)
def scan(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Openings or news; without it, all that is stored.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Use no database, write nothing.")] = False,
    kind: Annotated[
        str | None, typer.Option("--as", help="openings, news or organisations, where the file does not tell.")
    ] = None,
    organisation: Annotated[str | None, typer.Option(help="Whom the file is about, where no column tells.")] = None,
    as_json: AsJson = False,
) -> None:
    """Finds signals, in a file or in all that is stored, and keeps those of the playbook's organisations.

    The configured model decides what is one, in batches; a dry run is decided by the rules, which cost nothing.
    """
    from outreach.scanning import scan_file, scan_stored
    from playbooks.feeds import load_signal_words

    if kind is not None and kind not in KINDS:
        raise Complaint(f"There is no kind '{kind}'.", f"There are: {', '.join(KINDS)}.", code=2)
    settings = settings_of(ctx)
    words = load_signal_words(settings.playbook)
    if file is None:
        if dry_run:
            raise Complaint("Which file? --dry-run uses no database.", "Name openings or news.", code=2)
        _report(scan_stored(settings, words), as_json)
        return
    texts = _texts(file, kind, organisation)
    if dry_run:
        _show(settings, file, texts, words, as_json)
    else:
        _report(scan_file(settings, words, texts, file.name), as_json)


@signals_app.command("list", epilog=EPILOG)
def list_signals(
    ctx: typer.Context,
    kind: Annotated[str | None, typer.Option("--type", help="One of the six types.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those expired or acted on, too.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=MOST, help="How many, the newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Lists the signals that are still news and that no draft has used."""
    from datetime import UTC, datetime

    from db.enums import SignalType, values
    from outreach.wiring import open_database
    from tools.signals.store import listed

    if kind is not None and kind not in values(SignalType):
        raise Complaint(f"There is no type '{kind}'.", f"There are: {', '.join(values(SignalType))}.", code=2)
    settings = settings_of(ctx)
    today = datetime.now(UTC).date()
    with open_database(settings, "user") as database:
        rows = database.read_sync(
            lambda s: listed(s, settings.playbook, today=today, kind=kind, everything=everything, limit=limit)
        )
    if as_json:
        print_json(rows)
        return
    if not rows:
        say("No signals. Look for some in a file of openings or news: outreach signals scan FILE")
        return
    print_table(
        "Signals",
        ("id", "type", "organisation", "detected", "expires", "used", "what", "source"),
        [
            (
                row["id"][:SHORT_ID],
                row["type"],
                row["prospect"],
                row["detected_at"].date() if row["detected_at"] else None,
                row["expires_at"],
                row["acted_on"],
                row["description"],
                row["source_url"],
            )
            for row in rows
        ],
    )


def _texts(file: Path, kind: Any, organisation: str | None) -> Texts:
    from tools.reading import UnreadableFile
    from tools.signals import read_texts

    try:
        return read_texts(file, kind=kind, organisation=organisation)
    except UnreadableFile as exc:
        raise Complaint(str(exc), "Files: a table, JSON, JSON lines, or .txt.", code=2) from exc


def _show(settings: Settings, file: Path, texts: Texts, words: SignalWords, as_json: bool) -> None:
    from datetime import UTC, datetime

    from tools.signals import scan as read

    made, today = read(texts, words), datetime.now(UTC).date()
    by_type = Counter(one.type for one in made.found)
    if as_json:
        print_json(
            {
                "file": file.name,
                "holds": texts.kind,
                "playbook": settings.playbook,
                "decided_by": "rules",
                "counts": {
                    "read": made.read,
                    "signals": len(made.found),
                    "not_signals": len(made.notes),
                    "refused": len(texts.refused),
                    "by_type": dict(sorted(by_type.items())),
                },
                **made.as_json(words, today),
                "refused": [{"row": row, "reason": reason} for row, reason in texts.refused],
            }
        )
        return
    if made.found:
        print_table(
            "Signals",
            ("row", "type", "organisation", "sure", "expires", "evidence"),
            [
                (one.row, one.type, one.organisation, f"{one.sure:.2f}", one.expires_on(words), one.evidence)
                for one in made.found
            ],
        )
    say(f"{many(made.read, 'record')} read: {many(len(made.found), 'signal')}, {len(made.notes):,} that only look so.")
    if texts.kind == "openings" and words.jobs is None:
        say(f"The playbook {settings.playbook} takes no signals from openings; see --playbook.", "yellow")
    say("Nothing was written.")


def _report(told: StepOutcome, as_json: bool) -> None:
    if as_json:
        print_json(told.outputs)
        return
    counts = told.outputs["counts"]
    say(
        f"{many(told.processed, 'record')} read: {counts['created']:,} new, {counts['unchanged']:,} known before, "
        f"{counts['expired']:,} expired, {counts['unknown']:,} about organisations that are not known."
    )
    if counts["refused"]:
        say(f"{many(counts['refused'], 'decision')} of the model's were not borne out, and are not kept.", "yellow")
    if counts["created"] or counts["unchanged"]:
        say("See them: outreach signals list")
    else:
        say("Reasons to write stand in openings and news: outreach signals scan FILE   (docs/signals.md)")
