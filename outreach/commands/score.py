"""`outreach score`: how scores came about, and what moved when a playbook changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import SHORT_ID, many, print_json, print_table, say, show
from outreach.context import MOST, chosen_playbook, context_of, settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from outreach.agent_step import StepContext, StepOutcome
    from playbooks import Playbook
    from tools.scoring.explain import Explanation
    from tools.scoring.history import Move, Scoring, Shift
    from tools.scoring.weighted import Part

EPILOG = """
[bold]Examples[/bold]
  outreach score explain "Ohio Northern"   by name, or by an id
  outreach score explain 4f1c --json       by the beginning of an id
  outreach score again                     after the formula has changed
  outreach score changes                   what the last scoring moved
"""

score_app = typer.Typer(
    help="Explains a score, scores anew after a playbook changed, and shows what moved.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=MOST, help="How many, the furthest moved first.")]


@score_app.command("explain", epilog=EPILOG)
def explain(
    ctx: typer.Context,
    prospect: Annotated[str, typer.Argument(metavar="PROSPECT", help="An id, its beginning, or a name.")],
    as_json: AsJson = False,
) -> None:
    """Shows how a prospect's score came about: each dimension with its weight and reason, the tiers, the history."""
    from outreach.wiring import open_database
    from tools.scoring.explain import Ambiguous, NotScored, find_prospect
    from tools.scoring.explain import explain as told_of

    context = context_of(ctx)
    playbook = chosen_playbook(context)
    with open_database(context.settings, "user") as database:
        try:
            found = database.read_sync(lambda s: told_of(s, find_prospect(s, prospect, playbook).id))
        except Ambiguous as exc:
            rows: list[dict[str, Any]] = [
                {"id": p.id, "name": p.name, "state": p.state, "city": p.city, "tier": p.tier, "score": p.icp_score}
                for p in exc.candidates
            ]
            columns = ("id", "name", "state", "city", "tier", "score")
            print_table(
                "Which of these?",
                columns,
                [(r["id"][:SHORT_ID], *(r[c] for c in columns[1:])) for r in rows],
                as_json=as_json,
                json_rows=rows,
            )
            raise Complaint(str(exc), "Give the id.", code=2) from exc
        except NotScored as exc:
            raise Complaint(str(exc), "Import it, or score it: outreach run") from exc
    if as_json:
        print_json(_explained(found))
    else:
        _show(found)


def _explained(found: Explanation) -> dict[str, Any]:
    told = asdict(found)
    told["parts"] = [_part(part) for part in found.parts]
    told["history"] = [_scoring(scoring) for scoring in found.history]
    return told | {"up_to_date": _up_to_date(found)}


def _part(part: Part | None) -> dict[str, Any] | None:
    if part is None:
        return None
    return {"dimension": part.dimension, "score": part.score, "most": part.most, "weight": part.weight,
            "reason": part.notes}  # fmt: skip


def _scoring(one: Scoring | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"at": one.at, "version": one.version, "score": one.score, "tier": one.tier, "by": one.by}


def _up_to_date(found: Explanation) -> bool:
    return found.version == found.playbook_version and found.score == found.parts_give


def _show(found: Explanation) -> None:
    show(f"{found.name}: {found.score} of 100, tier {found.tier}", "bold")
    show(f"{found.playbook}, formula {found.formula}, version {found.version}; status {_words(found.status)}")
    weighted = found.formula == "weighted"
    print_table(
        "",
        ("dimension", "score", "of", "weight", "reason") if weighted else ("dimension", "score", "of", "reason"),
        [
            (_words(p.dimension), p.score, p.most, *([p.weight] if weighted else []), p.notes or "no reason on file")
            for p in found.parts
        ],
    )
    show(f"Sum: {found.sum}")
    show("Tiers from: " + ", ".join(f"{tier} {lowest}" for tier, lowest in found.thresholds.items()))
    if found.history:
        print_table(
            "History",
            ("when", "score", "tier", "version"),
            [(scoring.at, scoring.score, scoring.tier, scoring.version) for scoring in found.history],
        )
    if found.version != found.playbook_version:
        say(f"The playbook's formula is now {found.playbook_version}: outreach score again", "yellow")
    elif not _up_to_date(found):
        say("The record has changed since: the next run scores it anew.", "yellow")


def _words(name: str) -> str:
    return name.replace("_", " ")


@score_app.command("again", epilog=EPILOG)
def again(
    ctx: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Every prospect, as after new tiers without a new version.")
    ] = False,
    limit: Limit = 30,
    as_json: AsJson = False,
) -> None:
    """Scores anew what another version of the playbook's formula scored, and shows what moved.

    Nobody is taken out of a running sequence: where the new tier is not written to, a flag says so.
    """
    from agents.registry import AGENTS
    from outreach.agent_step import run_step
    from outreach.wiring import open_database
    from playbooks import load_playbook
    from tools.scoring import scored_by_another_version
    from tools.scoring.history import moves

    settings = settings_of(ctx)
    playbook = load_playbook(settings.playbook)
    with open_database(settings, "agent") as database:
        ids = database.read_sync(
            lambda s: _all_scored(s, playbook) if everything else scored_by_another_version(s, playbook)
        )
        scored = ids or database.read_sync(lambda s: _all_scored(s, playbook))
        before = database.read_sync(lambda s: _last(s, playbook, ids))
        if ids:
            told = run_step(
                database,
                settings,
                AGENTS["hygiene"],
                playbook=playbook.name,
                inputs={"command": "score again", "all": everything},
                work=lambda step: _rescore(playbook, ids, step),
            )
        found = database.read_sync(lambda s: moves(s, playbook, ids))
    anew = [m for m in found if m.after != before.get(m.prospect_id)]
    if as_json:
        counts = told.outputs if ids else {}
        print_json({"playbook": playbook.name, "version": playbook.scoring.version, "prospects": len(ids),
                    "counts": counts, "scored_anew": [_as_dict(m) for m in anew]})  # fmt: skip
        return
    if not ids:
        if not scored:
            say(f"No organisation of {playbook.name} is scored yet. Take some in: outreach import FILE, outreach run")
            return
        say(f"Every score is of version {playbook.scoring.version}. After new tiers alone: outreach score again --all")
        return
    _print_moves(anew, limit)
    flags = told.outputs["flags"]
    say(
        f"{many(len(ids), 'prospect')} scored by {playbook.scoring.version}"
        + (f"; {many(flags, 'new flag')}: outreach flags" if flags else ".")
    )


def _all_scored(session: Session, playbook: Playbook) -> list[str]:
    from sqlalchemy import select

    from db.models import Prospect

    query = select(Prospect.id).where(Prospect.playbook == playbook.name, Prospect.icp_score.is_not(None))
    return list(session.scalars(query.order_by(Prospect.id)))


def _last(session: Session, playbook: Playbook, ids: list[str]) -> dict[str, Scoring]:
    from tools.scoring.history import scorings

    return {prospect_id: history[0] for prospect_id, history in scorings(session, playbook, ids).items()}


def _rescore(playbook: Playbook, ids: list[str], step: StepContext) -> StepOutcome:
    from functools import partial

    from outreach.agent_step import StepOutcome
    from tools.hygiene.rescoring import CHUNK, rescore

    counts: Counter[str] = Counter()
    for start in range(0, len(ids), CHUNK):
        counts += step.write(partial(rescore, playbook=playbook, ids=ids[start : start + CHUNK], run_id=step.run_id))
    told = {name: counts[name] for name in ("looked_at", "rescored", "moved", "flags")}
    return StepOutcome(outputs=told, processed=counts["looked_at"], created=counts["rescored"])


@score_app.command("changes", epilog=EPILOG)
def changes(ctx: typer.Context, limit: Limit = 30, as_json: AsJson = False) -> None:
    """Shows what the last scoring of each prospect moved, against the one before: score, tier, dimensions."""
    from outreach.wiring import open_database
    from playbooks import load_playbook
    from tools.scoring.history import moves

    settings = settings_of(ctx)
    playbook = load_playbook(settings.playbook)
    with open_database(settings, "user") as database:
        found = database.read_sync(lambda s: moves(s, playbook, _all_scored(s, playbook)))
    twice = [move for move in found if move.before is not None]
    if as_json:
        print_json([_as_dict(move) for move in twice])
    elif not twice:
        say("Nothing was scored twice yet. After a change of the weights: outreach score again")
    else:
        _print_moves(twice, limit)


def _as_dict(move: Move) -> dict[str, Any]:
    return {
        "prospect_id": move.prospect_id,
        "name": move.name,
        "status": move.status,
        "before": _scoring(move.before),
        "after": _scoring(move.after),
        "dimensions": [
            {"dimension": shift.dimension, "before": _part(shift.before), "after": _part(shift.after)}
            for shift in move.shifts
        ],
    }


def _print_moves(found: list[Move], limit: int) -> None:
    """The moves as a table; what was scored anew to the same score and tier is only counted."""
    moved = [m for m in found if m.before is None or (m.before.score, m.before.tier) != (m.after.score, m.after.tier)]
    if moved:
        print_table(
            "What moved",
            ("id", "organisation", "score", "tier", "dimensions"),
            [
                (m.prospect_id[:SHORT_ID], m.name, _arrow(m.before and m.before.score, m.after.score),
                 _arrow(m.before and m.before.tier, m.after.tier), "; ".join(_told(shift) for shift in m.shifts))
                for m in moved[:limit]
            ],
        )  # fmt: skip
    if len(moved) > limit:
        say(f"{len(moved) - limit:,} more: --limit, or --json for all")
    tiers = sum(1 for m in moved if m.before is not None and m.before.tier != m.after.tier)
    say(
        f"{many(len(moved), 'score')} moved, {many(tiers, 'tier')} with them; {len(found) - len(moved):,} stayed as "
        "they were."
    )


def _arrow(before: object, after: object) -> str:
    return f"{after}" if before == after else f"{'–' if before is None else before} → {after}"


def _told(shift: Shift) -> str:
    """'project timeline 4 → 9', or 'geography weight 4 → 1' where only the weight is another."""
    before, after, name = shift.before, shift.after, _words(shift.dimension)
    said = []
    if (before and before.score) != (after and after.score):
        said.append(_arrow(before and before.score, after.score if after else "–"))
    if before and after and before.weight != after.weight:
        said.append(f"weight {_arrow(before.weight, after.weight)}")
    return f"{name} {', '.join(said)}"
