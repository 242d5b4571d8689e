"""`outreach import`: a file of organisations, people or openings, as people have them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import many, print_json, print_table, say
from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from agents.parts import Part
    from outreach.importing import Proposal
    from outreach.settings import Settings
    from playbooks import Playbook
    from tools.importing import FileInfo
    from tools.reading import Table

EPILOG = """
[bold]Examples[/bold]
  outreach import leads.csv --dry-run                     what each column is taken for, which rows would be taken
  outreach import leads.csv                               the same, asked about in the terminal, and then taken in
  outreach import kontakte.xlsx --map "Firma=organisation_name" --map "Notiz=-"
  outreach import schools.csv --source "State directory" --id-column "School ID"

Rows that cannot be taken go to FILE.rejected.csv, the reason beside each.
"""
REFUSED_SHOWN = 10


def import_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV, TSV or other delimited text, XLSX, JSON or JSON lines.")],
    source: Annotated[
        str | None,
        typer.Option(help="Where it comes from, as it shall be cited; a newer file of the same source updates."),
    ] = None,
    source_url: Annotated[str | None, typer.Option(help="The source's public page.")] = None,
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="The day that the file is of (2026-08-31).")] = None,
    id_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column that tells the rows apart in the source.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="COLUMN=FIELD", help="What a column is; `-` leaves it out.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Open no database, write nothing: just tell.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take doubtful columns too, without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (docs/importing.md).")] = False,
) -> None:
    """Takes a file in: finds out what its columns mean, shows it, asks where it is not sure, and takes the rows.

    The same layout is not asked about again. The same file again changes nothing; a newer one updates; a blank never
    overwrites. Without a terminal nothing is asked: columns that are less sure than 0.8 are left out, and named.
    """
    from outreach.importing import open_table, parse_changes
    from playbooks import load_playbook

    settings = settings_of(ctx)
    playbook = load_playbook(settings.playbook)
    wanted = parse_changes(changes or [])
    table = open_table(file)
    info = _described(file, table, source, source_url, as_of)
    if dry_run:
        _tell_trial(_dry(settings, playbook, info, table, wanted, id_column), as_json=as_json)
        return
    _Import(settings, playbook, info, table, as_json).work(wanted, id_column, yes=yes)


def _in_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _described(path: Path, table: Table, source: str | None, url: str | None, as_of: str | None) -> FileInfo:
    from tools.importing import FileInfo
    from tools.normalise import day

    if as_of is not None and day(as_of) is None:
        raise Complaint(f"'{as_of}' is no date.", "Write it as 2026-08-31.", code=2)
    rejects = path.with_name(f"{path.name}.rejected.csv")
    given = {"path": path.absolute(), "source": source, "source_url": url, "observed_on": as_of}
    return FileInfo.of({**given, "sha256": table.sha256, "rejects_path": rejects.absolute()}, table.columns)


def _dry(
    settings: Settings,
    playbook: Playbook,
    info: FileInfo,
    table: Table,
    wanted: dict[str, str],
    id_column: str | None,
) -> dict[str, Any]:
    from outreach.importing import proposed, trial, with_changes, with_id

    proposal = proposed(info, table)
    if wanted:
        proposal = with_changes(proposal, wanted, table, settings.actor())
    if id_column is not None:
        proposal = with_id(proposal, id_column, table, settings.actor())
    return trial(playbook, info, table, proposal, most=1000)


def _tell_trial(report: dict[str, Any], *, as_json: bool) -> None:
    rows = report["rows"]
    if as_json:
        print_json(report)
    else:
        _show_mapping(report)
        if report["refused"]:
            listed = [(r["row"], r["reason"], _brief(r["cells"])) for r in report["refused"][:REFUSED_SHOWN]]
            print_table("Rows that would be refused", ("row", "reason", "cells"), listed)
        for remark, count in report["remarks"].items():
            say(f"{remark}: {many(count, 'row')}")
        if rows is not None:
            say(f"{many(rows['total'], 'row')}: {rows['accepted']:,} can be taken, {rows['refused']:,} refused.")
        say("Nothing was written.")
    if report["problem"] is not None:
        raise Complaint(report["problem"], 'Say what a column is: --map "COLUMN=FIELD"')
    if rows["refused"]:
        raise typer.Exit(3 if rows["accepted"] else 1)


def _brief(cells: dict[str, str]) -> str:
    return ", ".join(cell for cell in cells.values() if cell)[:80]


def _show_mapping(report: dict[str, Any]) -> None:
    for remark in report["file"]["notes"]:
        say(f"{report['file']['name']}: {remark}.")
    print_table(
        f"{report['file']['name']}, read as: {report['entity']}; from {report['source']}",
        ("column", "is", "sure", "for instance"),
        [
            (
                row["column"],
                row["field"] or "",
                "" if row["confidence"] is None else f"{row['confidence']:.2f}{' ?' if row['asks'] else ''}",
                " | ".join(row["samples"])[:60],
            )
            for row in report["mapping"]
        ],
    )


class _Import:
    """One import, from the mapping to the rows."""

    def __init__(self, settings: Settings, playbook: Playbook, info: FileInfo, table: Table, as_json: bool) -> None:
        self._settings, self._playbook, self._info, self._table = settings, playbook, info, table
        self._as_json = as_json
        self._terminal = _in_terminal() and not as_json

    def work(self, wanted: dict[str, str], id_column: str | None, *, yes: bool) -> None:
        """Agrees on the mapping, then takes the rows in."""
        from outreach.importing import SURE, head, keep, problem_with, proposed, stored, with_changes, with_id
        from outreach.wiring import open_database

        settings, table = self._settings, self._table
        with open_database(settings, "user") as database:
            proposal = stored(database, self._playbook.name, table)
            if proposal is None and not wanted and id_column is None:
                self._let_agent_map()
                proposal = stored(database, self._playbook.name, table)
            # What a person says of some columns needs no model for the rest.
            proposal = proposal or proposed(self._info, table)
            mine = bool(wanted) or id_column is not None
            if wanted:
                proposal = with_changes(proposal, wanted, table, settings.actor())
            if id_column is not None:
                proposal = with_id(proposal, id_column, table, settings.actor())
            if not self._as_json:
                _show_mapping(head(self._info, table, proposal, self._playbook.name))
            asked = self._terminal and bool(proposal.doubtful) and not yes
            if asked:
                proposal = self._ask(proposal)
            least = 0.0 if asked or yes else SURE
            problem = problem_with(proposal, table, least)
            if problem is not None:
                raise Complaint(
                    f"Too little of {table.path.name} is sure enough to be imported. {problem}",
                    'Say what a column is with --map "COLUMN=FIELD", or take what is doubtful with --yes.',
                )
            if mine or asked:
                keep(database, settings, self._playbook.name, table, proposal)
        self._take(proposal, least)

    def _file(self, **more: Any) -> dict[str, Any]:
        info = self._info
        given = {
            "path": str(info.path),
            "sha256": self._table.sha256,
            "source": info.source,
            "source_url": info.source_url,
            "observed_on": info.observed_on.isoformat() if info.observed_on else None,
        }
        return {**{name: value for name, value in given.items() if value is not None}, **more}

    def _let_agent_map(self) -> None:
        """The prospector's own step, which agrees on the mapping and takes no row."""
        from agents.parts import Part

        self._run(self._file(only_map=True), Part.IMPORT)

    def _run(self, file: dict[str, Any], *only: Part) -> str:
        from agents.prospector import NoMapping
        from outreach.console import progress
        from outreach.session import RunnerSession
        from tools.reading import UnreadableFile

        try:
            with progress(f"Importing {self._table.path.name}"), RunnerSession(self._settings) as session:
                result = session.run(self._playbook.name, [file], 0, only=only)
        except (NoMapping, UnreadableFile) as exc:
            raise Complaint(str(exc), 'Say what a column is: --map "COLUMN=FIELD"') from exc
        if result.tally.stopped:
            raise Complaint(
                f"The import stopped: {result.tally.stopped}",
                f'Say what a column is: outreach import {self._table.path.name} --map "COLUMN=FIELD"\n'
                f"Every step: outreach runs show {result.run_id[:12]}",
            )
        return result.run_id

    def _ask(self, proposal: Proposal) -> Proposal:
        """Until the person is content, or leaves."""
        from outreach.importing import confirmed, head, parse_changes, with_changes

        actor = self._settings.actor()
        while True:
            doubtful = ", ".join(f"{c.column} = {c.field} ({c.confidence:.2f})" for c in proposal.doubtful)
            if doubtful:
                say(f"Not sure of: {doubtful}")
            answer = typer.prompt(
                "Enter takes it so; Column=field changes it, Column=- leaves a column out, q leaves", default="",
                show_default=False, err=True,
            ).strip()  # fmt: skip
            if answer.casefold() in ("q", "quit"):
                say("Nothing was imported.")
                raise typer.Exit(1)
            if not answer or answer.casefold() in ("y", "yes"):
                return confirmed(proposal, actor)
            try:
                proposal = with_changes(proposal, parse_changes([answer]), self._table, actor)
            except Complaint as complaint:
                say(f"{complaint.what} {complaint.mend}", "red")
                continue
            _show_mapping(head(self._info, self._table, proposal, self._playbook.name))

    def _take(self, proposal: Proposal, least: float) -> None:
        from agents.parts import Part
        from outreach.importing import head

        run_id = self._run(self._file(least=least, rejects_path=str(self._info.rejects_path)), Part.IMPORT, Part.SCORE)
        outputs = self._outputs(run_id)
        refused = sum(outputs["rejected"].values())
        rejects = str(self._info.rejects_path) if refused else None
        rows = {"total": outputs["processed"], "accepted": outputs["processed"] - refused, "refused": refused}
        if self._as_json:
            report = head(self._info, self._table, proposal, self._playbook.name)
            print_json(
                {
                    **report,
                    "dry_run": False,
                    "kind": outputs["kind"],
                    "problem": None,
                    "run_id": run_id,
                    "rows": {**rows, "unchanged": outputs["unchanged"]},
                    "reasons": outputs["rejected"],
                    "remarks": outputs["notes"],
                    "created": outputs["created"],
                    "updated": outputs["updated"],
                    "left": outputs["left"],
                    "rejects_file": rejects,
                }
            )
        else:
            self._say(rows, outputs, rejects, run_id)
        if refused:
            raise typer.Exit(3 if rows["accepted"] else 1)

    def _say(self, rows: dict[str, int], outputs: dict[str, Any], rejects: str | None, run_id: str) -> None:
        from outreach.front import say_next
        from outreach.next_step import next_step

        for verb in ("created", "updated"):
            if outputs[verb]:
                say(f"{verb.capitalize()}: {', '.join(f'{n:,} {t}' for t, n in outputs[verb].items())}.")
        for remark, count in outputs["notes"].items():
            say(f"{remark}: {many(count, 'row')}")
        if outputs["left"]:
            left = ", ".join(f"{column} (perhaps {name})" for name, column in outputs["left"].items())
            say(f"Left out, being doubtful: {left}. --map or --yes takes them.", "yellow")
        say(f"{many(rows['total'], 'row')}: {rows['accepted']:,} taken, {outputs['unchanged']:,} of them unchanged.")
        if rejects:
            say(f"{rows['refused']:,} refused, with the reason beside each: {rejects}", "yellow")
        say(f"Every step: outreach runs show {run_id[:12]}")
        step = next_step(self._settings)
        say_next(step.command, step.why)

    def _outputs(self, run_id: str) -> dict[str, Any]:
        """What the prospector's step of a run wrote down."""
        from sqlalchemy import select

        from db.models import AgentRun
        from outreach.wiring import open_database

        with open_database(self._settings, "user") as database:
            found = database.read_sync(
                lambda session: session.scalars(
                    select(AgentRun).where(AgentRun.parent_run_id == run_id, AgentRun.agent_name == "prospector")
                ).first()
            )
        if found is None or found.outputs is None:
            raise Complaint("The import left no record.", f"See: outreach runs show {run_id[:12]}")
        return dict(found.outputs)
