"""Hygiene: tidies, merges certain doubles, classifies, scores. Code does the rows; the model only what is doubtful."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from agents.agent import Briefing, Done, State, ToolAgent, Work
from agents.hygiene_policy import policy
from db.enums import ContactRole, PersonaType, SeniorityLevel
from db.models import Contact
from db.stamps import utc_now
from playbooks import Playbook
from tools.context import ToolContext
from tools.hygiene.contact_titles import classify_title, unknown_titles
from tools.hygiene.note_effects import heed_note, with_notes
from tools.hygiene.tidy import Tidied, raise_flags, settle_people, tidy, watched
from tools.merging import changed as compare
from tools.merging.judging import judge_pair, questions, side_by_side
from tools.merging.organisations import Pair, compare_prospects
from tools.merging.unattended import flag_organisations, merge_organisations, merge_people
from tools.research.reopening import take_up_again
from tools.scoring import due, score_prospects

CHUNK = 200
MOST_QUESTIONS = 20
MERGE_ROUNDS = 3
"""How often what was merged is compared anew within one run; the next run goes on."""


async def prepare(work: Work, state: State) -> Briefing | Done:
    """Tidies what is due and gathers what is doubtful; where nothing is, scores at once and needs no model."""
    ids = await work.db.read(lambda session: due(session, work.playbook))
    tidied = Tidied()
    heeded = await _heed_notes(work)
    for chunk in _chunks(ids):
        tidied.add(await work.db.write(lambda s, c=chunk: tidy(s, work.playbook, c)))  # type: ignore[misc]
    merged, compared = await _merge_doubles(work)
    # Who was merged away is due no more, and the survivor is.
    ids = await work.db.read(lambda session: due(session, work.playbook))
    flags, titles, material = await work.db.read(lambda session: _doubtful(session, work.playbook))
    memo = {"due": ids, "tidied": tidied, "merged": merged, "heeded": heeded, compare.OUTPUT: compared}
    briefing = Briefing(
        material=material,
        context=ToolContext(
            db=work.db, playbook=work.playbook, run_id=work.run_id, flags=tuple(flags), titles=tuple(titles)
        ),
        memo=memo,
    )
    return briefing if flags or titles else await conclude(work, state, briefing)


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
    again = await work.db.write(lambda session: take_up_again(session, work.playbook))
    flagged = await work.db.read(lambda session: watched(session, work.playbook, utc_now().date()))
    for chunk in _chunks(sorted({*ids, *flagged})):
        tidied.add(await work.db.write(lambda s, c=chunk: raise_flags(s, work.playbook, c, work.run_id)))  # type: ignore[misc]
    return Done(
        update={},
        outputs={
            "looked_at": len(ids),
            "tidied": vars(tidied),
            "notes_heeded": briefing.memo["heeded"],
            "merged": briefing.memo["merged"],
            compare.OUTPUT: briefing.memo[compare.OUTPUT],
            "rescored": rescored,
            "moved": moved + again,
            "taken_up_again": again,
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


async def _heed_notes(work: Work) -> int:
    """Silences those whose notes ask for it; how many."""

    def heed(session: Session, ids: Sequence[str]) -> int:
        people = session.scalars(
            select(Contact).where(Contact.id.in_(ids)).options(joinedload(Contact.prospect)).order_by(Contact.id)
        ).all()
        why = [heed_note(session, one, run_id=work.run_id, agent="hygiene", now=work.now()) for one in people]
        return sum(reason is not None for reason in why)

    noted = await work.db.read(lambda session: with_notes(session, work.playbook.name))
    done = 0
    for chunk in _chunks(noted):
        done += await work.db.write(lambda s, c=chunk: heed(s, c))  # type: ignore[misc]
    return done


async def _merge_doubles(work: Work) -> tuple[dict[str, dict[str, int]], dict[str, Any]]:
    """Compares what is new or changed with the rest, merges what is certainly one and flags what may be."""
    name, run_id = work.playbook.name, work.run_id

    def begin(session: Session) -> tuple[int, int | None, Set[str] | None, list[Pair]]:
        until, last = compare.mark(session), compare.last_mark(session, name)
        fresh = compare.changed_since(session, last)
        return until, last, fresh, compare_prospects(session, name, fresh)

    until, last, fresh, pairs = await work.db.read(begin)
    done: Counter[str] = Counter()
    doubtful = {pair.ids: pair for pair in pairs}
    for _round in range(MERGE_ROUNDS):
        kept: set[str] = set()
        certain = [pair for pair in pairs if pair.certain]
        for start in range(0, len(certain), CHUNK):
            part = certain[start : start + CHUNK]
            found = await work.db.write(lambda s, p=part: merge_organisations(s, name, run_id, p))  # type: ignore[misc]
            done.update(merged=found.merged, refused=found.refused)
            kept |= found.kept
        if not kept:
            break
        # What has become one knows more than either did.
        pairs = await work.db.read(lambda s, k=frozenset(kept): compare_prospects(s, name, k))  # type: ignore[misc]
        doubtful = {ids: pair for ids, pair in doubtful.items() if kept.isdisjoint(pair.account_ids)}
        doubtful |= {pair.ids: pair for pair in pairs}
    rest = [pair for pair in doubtful.values() if not pair.certain]
    for start in range(0, len(rest), CHUNK):
        part = rest[start : start + CHUNK]
        done["flagged"] += await work.db.write(lambda s, p=part: flag_organisations(s, run_id, p))  # type: ignore[misc]
    # With those who came to another organisation by a merge.
    people = await work.db.write(lambda s: merge_people(s, name, run_id, compare.changed_since(s, last)))
    told = {**compare.outputs(name, until), "changed": None if fresh is None else len(fresh)}
    return {"organisations": dict(done), "people": dict(people)}, told


def _doubtful(session: Session, playbook: Playbook) -> tuple[list[str], list[str], dict[str, Any]]:
    asked = questions(session, playbook.name, MOST_QUESTIONS) if playbook.dedupe.model_decides else []
    titles = unknown_titles(session, playbook.name, MOST_QUESTIONS)
    material = {
        "pairs": side_by_side(session, asked),
        "titles": [{"number": number, "title": title} for number, title in enumerate(titles, start=1)],
        "personas": [persona.value for persona in PersonaType],
        "seniority_levels": [level.value for level in SeniorityLevel],
        "roles": [role.value for role in ContactRole],
    }
    return [flag.id for flag, _likeness in asked], titles, material


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
    goes_on_alone=True,
)
