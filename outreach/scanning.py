"""`outreach signals scan` with a database: gathers, has the prospector decide in batches, and keeps the signals."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from outreach.agent_step import StepContext, StepOutcome
    from outreach.settings import Settings
    from playbooks.feeds import SignalWords
    from tools.signals import Texts
    from tools.signals.items import Gathered

TOLD = 200


def scan_file(settings: Settings, words: SignalWords, texts: Texts, name: str) -> StepOutcome:
    """Keeps the signals of a file that are about the playbook's organisations."""
    from tools.signals import gather

    return _in_step(settings, words, {"over": name, "holds": texts.kind}, lambda _hands: gather(texts, words))


def scan_stored(settings: Settings, words: SignalWords) -> StepOutcome:
    """Keeps the signals of what is stored: openings, facts, imports and matched tenders."""
    from tools.signals.on_record import gather_on_record

    def gather(step: StepContext) -> Gathered:
        found: Gathered = step.write(lambda s: gather_on_record(s, settings.playbook, words))
        return found

    return _in_step(settings, words, {"over": "stored"}, gather)


def _in_step(
    settings: Settings, words: SignalWords, inputs: dict[str, Any], gather: Callable[[StepContext], Gathered]
) -> StepOutcome:
    from agents.prospector_signals import AGENT
    from outreach.agent_step import run_step
    from outreach.console import progress
    from outreach.wiring import open_database

    with open_database(settings, "agent") as database, progress("Looking for signals"):
        return run_step(
            database,
            settings,
            AGENT,
            playbook=settings.playbook,
            inputs={"command": "signals", **inputs},
            work=partial(_work, settings.playbook, words, gather),
        )


def _work(
    playbook: str, words: SignalWords, gather: Callable[[StepContext], Gathered], step: StepContext
) -> StepOutcome:
    """Each batch's signals are written before the next is asked about: what a model was paid for is kept."""
    from outreach.agent_step import StepOutcome
    from tools.prompt_chunks import prompt_chunks
    from tools.signals import store
    from tools.signals.items import PER_CALL, SignalDecision, settle

    today = datetime.now(UTC).date()
    gathered = gather(step)
    accounts = step.write(lambda s: store.Accounts(s, playbook))
    types = sorted(words.expires_days)
    counts: Counter[str] = Counter()
    by_type: Counter[str] = Counter()
    unknown: dict[str, None] = {}
    sources: dict[str, None] = {}
    refused: list[dict[str, Any]] = []

    def keep(found: list[Any]) -> None:
        for part in store.chunks(found):
            put = partial(store.write, found=part, words=words, accounts=accounts, today=today, run_id=step.run_id)
            written = step.write(put)
            counts.update(written.counts)
            unknown.update(written.unknown)
        counts["signals"] += len(found)
        by_type.update(one.type for _account_id, one in found)
        sources.update({one.source_url: None for _account_id, one in found if one.source_url})

    keep(gathered.certain)
    for batch in prompt_chunks(gathered.items, lambda item: item.letters, most=PER_CALL):
        counts["batches"] += 1
        shown = [item.shown(number) for number, item in enumerate(batch, start=1)]
        decisions = step.ask({"types": types, "items": shown})["decisions"]
        settled = settle(batch, [SignalDecision.model_validate(one) for one in decisions], words)
        keep(settled.found)
        counts["not_signals"] += len(settled.notes)
        refused += settled.refused
    told = ("signals", "created", "unchanged", "expired", "unknown", "not_signals", "batches")
    return StepOutcome(
        outputs={
            "counts": {
                "read": gathered.read,
                "passed_over": gathered.passed_over,
                "asked": len(gathered.items),
                **{name: counts[name] for name in told},
                "refused": len(refused),
            },
            "by_type": dict(sorted(by_type.items())),
            "unknown_organizations": sorted(unknown)[:100],
            "refused_decisions": refused[:100],
        },
        sources=sorted(sources)[:TOLD],
        processed=gathered.read,
        created=counts["created"],
        partial=f"{len(refused)} decisions were not borne out by their items" if refused else None,
    )
