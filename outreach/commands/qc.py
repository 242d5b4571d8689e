"""`outreach qc`: judge drafts by rule, list the rules, override a warning, measure the rules."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import many, print_json, print_table, say, visible
from outreach.context import settings_of
from outreach.errors import Complaint, why_unread

if TYPE_CHECKING:
    from evals.qc_rules import Score
    from tools.qc.schema import Judgement

EPILOG = """
[bold]Examples[/bold]
  outreach qc check drafts.jsonl                       what is wrong with each; exit code 1 where one is blocked
  cat draft.json | outreach qc check - --json          the same for scripts (docs/qc.md)
  outreach qc rules --json                             every rule, its version and severity
  outreach qc override DRAFT style.asks --reason "He asked for both"
  outreach qc measure                                  precision and recall of each rule on labelled drafts
"""

qc_app = typer.Typer(help="Judge drafts by rule; needs no database for files.", no_args_is_help=True, epilog=EPILOG)


@qc_app.command()
def check(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON or JSON lines (docs/qc.md); - reads stdin.")],
    today: Annotated[
        str | None,
        typer.Option("--today", metavar="DATE", help="The day to judge on, as 2026-06-15.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (docs/qc.md).")] = False,
) -> None:
    """Judges the drafts of a file by the rules, without a database or a model.

    Exit codes: 0 none is blocked, 1 at least one is, 2 the file cannot be read.
    """
    from tools.qc.files import UnreadableDrafts, judge_drafts, read_drafts

    try:
        day = datetime.strptime(today, "%Y-%m-%d").date() if today else datetime.now(UTC).date()  # noqa: DTZ007
    except ValueError as exc:
        raise Complaint(f"--today {today!r} is no date.", "Write it as 2026-06-15.", code=2) from exc
    try:
        judged = judge_drafts(read_drafts(_text(file)), playbook=settings_of(ctx).playbook, today=day)
    except UnreadableDrafts as exc:
        raise Complaint(f"{'stdin' if file == '-' else file}: {exc}", "The format is in docs/qc.md.", code=2) from exc
    if as_json:
        print_json([each.model_dump() for each in judged])
    else:
        _print(judged)
    blocked = sum(not each.passed for each in judged)
    if not as_json:
        say(f"{many(len(judged), 'draft')}: {blocked:,} blocked.")
    if blocked:
        raise typer.Exit(1)


def _text(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise Complaint(
            f"{file} cannot be read: {why_unread(exc)}.",
            "Name a file of drafts as docs/qc.md describes it, or - for standard input.",
            code=2,
        ) from exc


def _print(judged: list[Judgement]) -> None:
    rows: list[tuple[object, ...]] = []
    for each in judged:
        for finding in each.findings:
            words = finding.text if len(finding.text) <= 60 else f"{finding.text[:59]}…"
            place = finding.field if finding.start is None else f"{finding.field} {finding.start}-{finding.end}"
            said = visible(finding.message)
            rows.append((visible(each.id), finding.severity, finding.rule, place, visible(words), said, finding.fix))
    if rows:
        print_table("", ("draft", "severity", "rule", "where", "words", "what", "what to do"), rows)


@qc_app.command()
def rules(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Lists the rules as they hold in a playbook (`--playbook`): version, severity, and what was changed and why."""
    from playbooks import load_playbook
    from tools.qc import RULES, QcSettingsInvalid, rules_for

    playbook = load_playbook(settings_of(ctx).playbook)
    try:
        in_force = {rule.id: severity for rule, severity in rules_for(playbook)}
    except QcSettingsInvalid as exc:
        raise Complaint(str(exc)) from exc
    found: list[dict[str, Any]] = [
        {
            "rule": rule.id,
            "version": rule.version,
            "severity": in_force.get(rule.id, "off"),
            "shipped": rule.severity,
            "holds": rule.says,
            "why": playbook.qc.rules[rule.id].why if rule.id in playbook.qc.rules else None,
        }
        for rule in RULES
    ]
    if as_json:
        print_json({"playbook": playbook.name, "rules": found})
        return
    rows = [
        (r["rule"], str(r["version"]), r["severity"], r["holds"] + (f" ({r['why']})" if r["why"] else ""))
        for r in found
    ]
    print_table("", ("rule", "version", "severity", "holds that"), rows)


@qc_app.command()
def override(
    ctx: typer.Context,
    draft: Annotated[str, typer.Argument(metavar="DRAFT", help="The id of a draft, or its beginning.")],
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule whose warnings are overridden.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it may stay; kept with the warning.")],
) -> None:
    """Overrides a warning of a waiting draft, with a reason. What blocks is never overridden.

    It holds for this version of the text: after an edit QC looks again.
    """
    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.qc.overrides import NotOverridden, override_warning

    settings = settings_of(ctx)
    with open_database(settings, "user") as database, acting_as(settings.actor()):
        try:
            count = database.write_sync(
                lambda session: override_warning(session, draft, rule, reason=reason, by=settings.actor())
            )
        except NotOverridden as exc:
            raise Complaint(str(exc), "See what waits, and what QC marked: outreach approve list") from exc
    say(f"{many(count, 'warning')} of {rule} overridden.")


@qc_app.command()
def measure(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE…]", help="Labelled drafts (docs/qc.md); without any, those that are shipped."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Precision and recall of each rule on labelled drafts, with the drafts that it got wrong."""
    from evals.qc_rules import DATA, labelled
    from evals.qc_rules import measure as scores_of

    paths = files or sorted(DATA.glob("*.jsonl"))
    try:
        rows = labelled(paths)
        scores = scores_of(rows)
    except (OSError, ValueError, KeyError) as exc:
        raise Complaint(
            f"The labelled drafts cannot be read: {why_unread(exc)}.", "The format is in docs/qc.md.", code=2
        ) from exc
    if not rows:
        raise Complaint("There are no drafts in what was named.", "The format is in docs/qc.md.", code=2)
    table: list[dict[str, Any]] = [_measured(name, score) for name, score in scores.items()]
    if as_json:
        print_json({"drafts": len(rows), "rules": table})
        return
    shown = [
        (r["rule"], str(r["planted"]), _share(r["precision"]), _share(r["recall"]), " ".join(r["false"] + r["missed"]))
        for r in table
    ]
    print_table("", ("rule", "planted", "precision", "recall", "wrong on"), shown)
    say(f"{many(len(rows), 'draft')} of {many(len(paths), 'file')}.")


def _measured(name: str, score: Score) -> dict[str, Any]:
    return {
        "rule": name,
        "planted": len(score.found) + len(score.missed),
        "precision": score.precision,
        "recall": score.recall,
        "false": score.false,
        "missed": score.missed,
    }


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
