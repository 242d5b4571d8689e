"""Hygiene: tidies, merges certain doubles, classifies, scores. Code does the rows; the model only what is doubtful."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session

from agents.base import Briefing, Done, State, ToolAgent, Work
from agents.hygiene_policy import policy
from db.base import utc_now
from db.enums import ContactRole, PersonaType, SeniorityLevel
from tools.context import ToolContext
from tools.duplicates import Pair, find_pairs, judge_pair, shown
from tools.merge_certain import merge_organisations, merge_people
from tools.people import classify_title, unknown_titles
from tools.scoring import due, score_prospects
from tools.tidy import Tidied, raise_flags, settle_people, tidy, watched

CHUNK = 200
MOST_QUESTIONS = 20


async def prepare(work: Work, state: State) -> Briefing | Done:
    """Tidies what is due and gathers what is doubtful; where nothing is, scores at once and needs no model."""
    ids = await work.db.read(lambda session: due(session, work.playbook))
    tidied = Tidied()
    for chunk in _chunks(ids):
        tidied.add(await work.db.write(lambda s, c=chunk: tidy(s, work.playbook, c)))  # type: ignore[misc]
    merged = await work.db.write(lambda s: merge_organisations(s, work.playbook.name, work.run_id))
    people = await work.db.write(lambda s: merge_people(s, work.playbook.name, work.run_id))
    # Who was merged away is due no more, and the survivor is.
    ids = await work.db.read(lambda session: due(session, work.playbook)) if merged["merged"] else ids
    pairs, titles, material = await work.db.read(lambda session: _doubtful(session, work.playbook.name))
    memo = {"due": ids, "tidied": tidied, "merged": {"organisations": dict(merged), "people": dict(people)}}
    briefing = Briefing(
        material=material,
        context=ToolContext(
            db=work.db, playbook=work.playbook, run_id=work.run_id, pairs=tuple(pairs), titles=tuple(titles)
        ),
        memo=memo,
    )
    return briefing if pairs or titles else await conclude(work, state, briefing)


async def conclude(work: Work, state: State, briefing: Briefing) -> Done:  # noqa: ARG001
    """Chooses primary contacts, fills what follows, scores and tiers, and flags what looks wrong."""
    # A title that was just classified makes its people's prospects due as well.
    now_due = await work.db.read(lambda session: due(session, work.playbook))
    ids = sorted({*briefing.memo["due"], *now_due})
    tidied: Tidied = briefing.memo["tidied"]
    rescored = moved = 0
    tiers: Counter[str] = Counter()
    for chunk in _chunks(ids):
        tidied.add(await work.db.write(lambda s, c=chunk: settle_people(s, work.playbook, c)))  # type: ignore[misc]
        scored = await work.db.write(
            lambda s, c=chunk: score_prospects(s, work.playbook, c, work.run_id, "hygiene")  # type: ignore[misc]
        )
        rescored, moved, tiers = rescored + scored.rescored, moved + scored.moved, tiers + scored.tiers
    flagged = await work.db.read(lambda session: watched(session, work.playbook, utc_now().date()))
    for chunk in _chunks(sorted({*ids, *flagged})):
        tidied.add(await work.db.write(lambda s, c=chunk: raise_flags(s, work.playbook, c, work.run_id)))  # type: ignore[misc]
    return Done(
        update={},
        outputs={
            "looked_at": len(ids),
            "tidied": vars(tidied),
            "merged": briefing.memo["merged"],
            "rescored": rescored,
            "moved": moved,
            "tiers": dict(sorted(tiers.items())),
            "asked": {"pairs": len(briefing.material["pairs"]), "titles": len(briefing.material["titles"])},
        },
        processed=len(ids),
        created=rescored,
        updated=tidied.prospects + tidied.contacts + tidied.filled,
    )


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _doubtful(session: Session, playbook: str) -> tuple[list[tuple[str, str]], list[str], dict[str, Any]]:
    pairs: list[Pair] = find_pairs(session, playbook, MOST_QUESTIONS)
    titles = unknown_titles(session, playbook, MOST_QUESTIONS)
    material = {
        "pairs": [
            {
                "number": number,
                "why": pair.why,
                "likeness": pair.likeness,
                "a": shown(session, pair.first),
                "b": shown(session, pair.second),
            }
            for number, pair in enumerate(pairs, start=1)
        ],
        "titles": [{"number": number, "title": title} for number, title in enumerate(titles, start=1)],
        "personas": [persona.value for persona in PersonaType],
        "seniority_levels": [level.value for level in SeniorityLevel],
        "roles": [role.value for role in ContactRole],
    }
    return [pair.ids for pair in pairs], titles, material


AGENT = ToolAgent(
    name="hygiene",
    run_type="hygiene",
    tools=(judge_pair, classify_title),
    policy=policy,
    prepare=prepare,
    conclude=conclude,
    must_call=frozenset({"judge_pair", "classify_title"}),
    # A model may ask for one tool at a time: two rounds for every question at most.
    call_limit=2 * MOST_QUESTIONS + 10,
)
