"""`outreach bids` at work: feeds read with complaints that say what to do, tenders decided on in batches and kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from outreach.agent_step import StepContext, StepOutcome
    from outreach.settings import Settings
    from tools.bids import Assessed, Candidate, Feed, Tender
    from tools.bids.judging import Decided
    from tools.bids.store import Judges

CHUNK = 200


def open_feed(file: Path, column: list[str] | None, buyer: str | None) -> Feed:
    """Reads a feed. `column` are FIELD=COLUMN. Raises Complaint."""
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


def candidates_of_file(settings: Settings, path: Path | None) -> tuple[list[Candidate], str]:
    """The prospects of a table, or of the playbook's sample; and the table's name. Raises Complaint."""
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


def candidates_of_database(settings: Settings) -> list[Candidate]:
    """The playbook's prospects."""
    from outreach.wiring import open_database
    from tools.bids.prospects import candidates_of

    with open_database(settings, "user") as database:
        return database.read_sync(lambda s: candidates_of(s, settings.playbook))


def assess_feed(settings: Settings, feed: Feed, candidates: list[Candidate]) -> list[Assessed]:
    """What the rules make of a feed."""
    from playbooks.feeds import load_bid_words
    from tools.bids import Matcher, assess, tenders_of

    words = load_bid_words(settings.playbook)
    return assess(tenders_of(feed.notices), words, Matcher(candidates, words.match))


def counts_of(feed: Feed, assessed: list[Assessed]) -> dict[str, int]:
    """`counts` of docs/bids.md."""
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


def refusals(feed: Feed) -> list[dict[str, Any]]:
    """`refused` of docs/bids.md."""
    return [{"row": one.row, "reason": one.reason} for one in feed.refused]


def take_in_feed(settings: Settings, feed: Feed, name: str) -> StepOutcome:
    """Has a feed's tenders decided on, and keeps them, as one step of the prospector."""
    return _in_step(settings, {"file": name, "format": feed.format}, partial(_take_in, feed))


def match_stored_again(settings: Settings) -> StepOutcome:
    """Has the stored tenders decided on anew that no person has decided on."""
    return _in_step(settings, {"again": True}, _match_again)


def _in_step(
    settings: Settings, inputs: dict[str, Any], work: Callable[[Judges, StepContext], StepOutcome]
) -> StepOutcome:
    from agents.prospector_bids import AGENT
    from outreach.agent_step import run_step
    from outreach.console import progress
    from outreach.wiring import open_database
    from playbooks.feeds import load_bid_words, playbooks_with
    from tools.bids import Matcher
    from tools.bids.prospects import candidates_of
    from tools.bids.store import Judges

    playbook = settings.playbook
    words = load_bid_words(playbook)
    with open_database(settings, "agent") as database, progress("Reading tenders"):
        candidates = database.read_sync(lambda s: candidates_of(s, playbook))
        others = [load_bid_words(name) for name in playbooks_with("bids.toml") if name != playbook]
        judges = Judges(playbook, words, Matcher(candidates, words.match), others)
        return run_step(
            database,
            settings,
            AGENT,
            playbook=playbook,
            inputs={"command": "bids", **inputs},
            work=partial(work, judges),
        )


def _decided(judges: Judges, step: StepContext, tenders: Sequence[Tender]) -> Decided:
    from tools.bids.items import BidDecision
    from tools.bids.judging import decide

    def ask(shown: list[dict[str, Any]]) -> list[BidDecision]:
        return [BidDecision.model_validate(one) for one in step.ask({"tenders": shown})["decisions"]]

    return decide(tenders, judges.words, judges.matcher, ask)


def _take_in(feed: Feed, judges: Judges, step: StepContext) -> StepOutcome:
    """Each part is written before the next is asked about: what a model was paid for is kept."""
    from outreach.agent_step import StepOutcome
    from tools.bids import tenders_of
    from tools.bids.judging import Decided
    from tools.bids.listing import note_rebids, standing_of
    from tools.bids.store import merged, take_in

    tenders = tenders_of(feed.notices)
    counts: Counter[str] = Counter()
    touched: list[str] = []
    total = Decided()
    for start in range(0, len(tenders), CHUNK):
        part = tenders[start : start + CHUNK]
        decided = _decided(judges, step, step.write(partial(merged, feed=feed, tenders=part)))
        by = replace(judges, decided=decided.made)
        taken = step.write(partial(take_in, feed=feed, tenders=part, judges=by, run_id=step.run_id))
        counts += taken.counts
        touched += taken.touched
        total.add(decided)
    rebids = step.write(lambda s: note_rebids(s, touched, step.run_id)) if touched else 0
    now = step.write(lambda s: standing_of(s, [(t.source, t.key) for t in tenders]))
    told = {
        "notices": len(feed.notices),
        "tenders": len(tenders),
        "created": counts["created"],
        "amended": counts["amended"],
        "unchanged": counts["unchanged"],
        **now,
        "rebids": rebids,
        "refused": len(feed.refused),
        "asked": total.asked,
        "passed_over": total.passed_over,
    }
    return StepOutcome(
        outputs={"counts": told, "refused": refusals(feed)[:100], "refused_decisions": total.refused[:100]},
        processed=len(feed.notices),
        created=counts["created"],
        updated=counts["amended"],
        partial=_partial(len(feed.refused), len(total.refused)),
    )


def _match_again(judges: Judges, step: StepContext) -> StepOutcome:
    from outreach.agent_step import StepOutcome
    from tools.bids.judging import undecided
    from tools.bids.store import match_again

    decided = _decided(judges, step, step.write(undecided))
    by = replace(judges, decided=decided.made)
    taken = step.write(lambda s: match_again(s, by, step.run_id))
    counts = {name: taken.counts[name] for name in ("amended", "unchanged")}
    return StepOutcome(
        outputs={
            "counts": {**counts, "asked": decided.asked, "passed_over": decided.passed_over},
            "refused_decisions": decided.refused[:100],
        },
        processed=sum(counts.values()),
        updated=counts["amended"],
        partial=_partial(0, len(decided.refused)),
    )


def _partial(records: int, decisions: int) -> str | None:
    said = [f"{records} records were not taken"] if records else []
    if decisions:
        said.append(f"{decisions} decisions were not borne out, and the rules decided instead")
    return "; ".join(said) or None
