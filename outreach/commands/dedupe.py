"""`outreach dedupe`: which rows of one or several files are one organisation, or one person. Needs no database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.console import many, print_json, print_table, say
from outreach.errors import Complaint

if TYPE_CHECKING:
    from tools.dedupe.columns import Means

EPILOG = """
[bold]Examples[/bold]
  outreach dedupe contacts.csv
  outreach dedupe crm.csv trade-show.xlsx --json > doubles.json
  outreach dedupe list.csv --field "Org Unit=name" --field "Notes=ignore"
  outreach dedupe schools.csv other.csv --id "School ID"      one file never has the same school twice
"""


def dedupe(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="CSV, TSV, XLSX, JSON or JSON lines.")],
    field: Annotated[
        list[str] | None,
        typer.Option(
            "--field", metavar="COLUMN=MEANING", help="What a column means; `ignore` leaves it out.", show_default=False
        ),
    ] = None,
    id_column: Annotated[
        list[str] | None,
        typer.Option(
            "--id", metavar="COLUMN", help="Rows of one file that differ in it are never the same.", show_default=False
        ),
    ] = None,
    people: Annotated[
        bool | None,
        typer.Option("--people/--organisations", help="What the rows are; else the columns tell.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (docs/dedupe.md).")] = False,
) -> None:
    """Finds the rows that are one organisation or one person, with how sure that is and why.

    Nothing is written, and no database is opened.
    """
    from tools.dedupe.files import NothingToCompare, certainty, compare_files
    from tools.dedupe.files import as_json as in_json
    from tools.reading import UnreadableFile

    try:
        result = compare_files(files, meanings=_meanings(field or []), people=people, ids=id_column or [])
    except UnreadableFile as exc:
        raise Complaint(str(exc), "Name tables that can be read: docs/importing.md says which.", code=2) from exc
    except NothingToCompare as exc:
        raise Complaint(str(exc), 'Say what the columns mean: --field "COLUMN=MEANING"', code=2) from exc
    if as_json:
        print_json(in_json(result))
        return
    rows: list[tuple[object, ...]] = []
    for number, cluster in enumerate(result.found.clusters, start=1):
        sure, verdict = certainty(result.found, cluster)
        for place in cluster:
            at, row, name = result.places[place]
            rows.append((number, verdict.value, f"{sure:.3f}", result.files[at].path.name, str(row), name))
    if rows:
        print_table("", ("cluster", "verdict", "certainty", "file", "row", "what"), rows)
    kind = "people" if result.people else "organisations"
    doubled = sum(len(cluster) for cluster in result.found.clusters)
    clusters = many(len(result.found.clusters), "cluster")
    say(f"{many(len(result.places), 'row')} of {kind}: {doubled:,} are in {clusters}.")


def _meanings(fields: list[str]) -> dict[str, Means | None]:
    from tools.dedupe.columns import Means

    found: dict[str, Means | None] = {}
    for text in fields:
        column, equals, meaning = text.rpartition("=")
        if not equals or not column or (meaning != "ignore" and meaning not in set(Means)):
            raise Complaint(
                f"--field {text!r} is not COLUMN=MEANING.",
                f"Meanings: ignore, {', '.join(means.value for means in Means)}",
                code=2,
            )
        found[column] = None if meaning == "ignore" else Means(meaning)
    return found
