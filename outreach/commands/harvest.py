"""`outreach eval harvest` and `add`: what people corrected becomes cases, and cases become a part of a suite."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from outreach.commands.evals import AsJson, eval_app
from outreach.console import many, print_json, print_table, say, show
from outreach.context import settings_of
from outreach.errors import Complaint


@eval_app.command()
def harvest(
    ctx: typer.Context,
    into: Annotated[Path, typer.Option("--into", metavar="FOLDER", help="A file for each suite is written there.")],
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="From this day on.", show_default=False)
    ] = None,
    suite: Annotated[
        list[str] | None, typer.Option("--suite", help="Only cases for this suite.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Makes cases of what people corrected: labels of replies, drafts, overridden warnings, duplicates; anonymised.

    Read them before you add them: what is left out was doubtful, what is kept may still say too much.
    """
    from db.stamps import utc_now
    from evals.harvest import SOURCES
    from evals.harvest import harvest as gather
    from outreach.pages.files import write_private
    from outreach.wiring import open_database

    settings = settings_of(ctx)
    if unknown := sorted(set(suite or ()) - set(SOURCES)):
        raise Complaint(f"Nothing is harvested for {', '.join(unknown)}.", f"There is: {', '.join(SOURCES)}.", code=2)
    with open_database(settings, "user") as database:
        found = database.read_sync(
            lambda session: gather(
                session, since=since.date() if since else None, suites=suite or (), today=utc_now().date()
            )
        )
    for name, cases in found.cases.items():
        write_private(into / f"{name}.jsonl", _lines(cases).encode(), force=True)
    if as_json:
        left = [{"suite": name, "because": why, "corrections": n} for (name, why), n in sorted(found.left_out.items())]
        print_json({"cases": {name: len(cases) for name, cases in found.cases.items()}, "left_out": left})
        return
    if not found.cases and not found.left_out:
        say("Nobody has corrected anything. What they may: outreach replies correct, approve, qc override, flags")
        return
    rows = [(name, len(cases), str(into / f"{name}.jsonl")) for name, cases in found.cases.items()]
    print_table("", ("suite", "cases", "file"), rows)
    for (name, why), number in sorted(found.left_out.items()):
        show(f"Left out of {name}: {many(number, 'correction')}, {why}.")
    say("Read them, then add them: outreach eval add FILE --suite SUITE")


@eval_app.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Cases, one JSON object a line.")],
    suite: Annotated[str, typer.Option("--suite", help="Which suite they are for.")],
) -> None:
    """Adds cases to a suite, after all of them have been checked. A case that is there already is not added again."""
    import json

    from evals.cases import BadCases, read_cases
    from outreach.evaluating import cases_of, suites_of

    [found] = suites_of([suite])
    there = {case.id: case for case in cases_of(found)}
    try:
        given = read_cases([file], found.task)
    except BadCases as exc:
        raise Complaint("\n".join(exc.problems[:20]), "evals/README.md says what a case holds.", code=2) from exc
    alike = {case.input.model_dump_json() for case in there.values()}
    new = [case for case in given if case.id not in there and case.input.model_dump_json() not in alike]
    other = [c.id for c in given if c.id in there and there[c.id].input != c.input]
    if other:
        raise Complaint(f"Another case has the id {', '.join(other)}.", "An id is never used again.", code=2)
    path = found.files[-1]
    before = path.read_text(encoding="utf-8")
    with path.open("a", encoding="utf-8") as out:
        out.write("" if before.endswith("\n") else "\n")
        out.writelines(json.dumps(case.raw, ensure_ascii=False) + "\n" for case in new)
    show(f"{many(len(new), 'case')} added to {path}; {len(given) - len(new)} were there already.")


def _lines(cases: list[dict[str, Any]]) -> str:
    import json

    return "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
