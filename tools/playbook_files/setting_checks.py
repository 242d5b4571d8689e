"""What a valid playbook would quietly not do, or do wrong: values that nobody has, words that QC stops, gaps."""

import re
from collections.abc import Iterator

from db.enums import FactField, PersonaType, SeniorityLevel, values
from playbooks import ContactFormula, Playbook, WeightedFormula
from tools.drafting.templates import OPENING_FIELDS
from tools.playbook_files.findings import Doubt, Doubts, Loc
from tools.playbook_files.text_checks import doubts_of_texts
from tools.scoring.contact import MOST

_PERSONAS = frozenset(values(PersonaType))
_BLANK = re.compile(r"<[^<>]+>")
"""What the starter leaves to its writer."""


def doubts(playbook: Playbook) -> list[Doubt]:
    """Everything that is doubtful in a playbook."""
    looks = (_blanks, _sender, _people, _facts, _scoring, doubts_of_texts)
    return [doubt for look in looks for doubt in look(playbook)]


def _sender(playbook: Playbook) -> Doubts:
    sender = playbook.sender
    if sender.sample:
        yield Doubt(
            "warning", ("sender", "sample"), f"{sender.name} of {sender.company} is invented.",
            "A commercial mail must say truly who sends it, with a postal address (CAN-SPAM Act, 15 U.S.C. 7704).",
            "Put yourself into [sender], then remove this line.",
        )  # fmt: skip
    elif sender.email.rpartition("@")[2].endswith((".example", ".invalid", ".test")):
        yield Doubt(
            "warning", ("sender", "email"), f"No mail can come from {sender.email}.",
            "Replies and opt-outs go to this address; one under .example is nobody's.", "Write your own address.",
        )  # fmt: skip
    for name in ("name", "company", "email", "postal_address", "opt_out"):
        if not getattr(sender, name).strip():
            yield Doubt(
                "error", ("sender", name), f"{name} is empty.",
                "QC blocks every message whose footer lacks it.", "Fill it in.",
            )  # fmt: skip


def _blanks(playbook: Playbook) -> Doubts:
    """Places that are still to be written."""
    for loc, text in _texts(playbook.model_dump(exclude={"no_need", "editions"}), ()):
        if blank := _BLANK.search(text):
            yield Doubt(
                "error", loc, f"{blank[0]} is still to be written.",
                "What it stands in would go out as it is, or QC stops the message.", "Write your own words there.",
            )  # fmt: skip


def _texts(value: object, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*loc, key))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*loc, number))


def _people(playbook: Playbook) -> Doubts:
    known = ", ".join(sorted(_PERSONAS))
    why = f"Titles are sorted into these personas and no others: {known}."
    named: list[tuple[Loc, str]] = [(("contact_personas", n), p) for n, p in enumerate(playbook.contact_personas)]
    if isinstance(playbook.scoring, ContactFormula):
        named += [(("scoring", "title_match", p), p) for p in playbook.scoring.title_match]
        named += [(("scoring", "qa_owner_personas", n), p) for n, p in enumerate(playbook.scoring.qa_owner_personas)]
        for level in set(playbook.scoring.seniority_fit) - set(values(SeniorityLevel)):
            yield Doubt(
                "error", ("scoring", "seniority_fit", level), f"Nobody has the seniority {level!r}.",
                f"Titles are sorted into: {', '.join(values(SeniorityLevel))}.", "Write one of these.",
            )  # fmt: skip
    for loc, persona in named:
        if persona not in _PERSONAS:
            yield Doubt("error", loc, f"Nobody has the persona {persona!r}.", why, "Write one of these.")
    if not playbook.contact_personas:
        yield Doubt(
            "error",
            ("contact_personas",),
            "It names nobody.",
            "Then nobody is ever written to.",
            f"Name some of: {known}.",
        )
    if not playbook.draft_tiers:
        yield Doubt(
            "error",
            ("draft_tiers",),
            "It names no tier.",
            "Then nobody is ever written to.",
            'Write ["A1", "A2", "B"].',
        )


def _facts(playbook: Playbook) -> Doubts:
    known = (*values(FactField),)
    needs = playbook.need_fact_fields
    for n, name in enumerate(needs):
        if name not in known:
            yield Doubt(
                "error", ("need_fact_fields", n), f"No fact is of the kind {name!r}.",
                "A first message waits for such a fact, and would wait for ever.", f"Write one of: {', '.join(known)}.",
            )  # fmt: skip
    if not needs:
        yield Doubt(
            "error", ("need_fact_fields",), "It names no kind of fact.",
            "QC blocks a first message that says nothing about its reader's organisation.",
            f"Name what you can find: {', '.join(OPENING_FIELDS)}.",
        )  # fmt: skip
    elif not set(needs) & set(OPENING_FIELDS):
        yield Doubt(
            "warning", ("need_fact_fields",), f"None of these opens a letter by the written rules: {', '.join(needs)}.",
            "With OUTREACH_MODEL=rules the draft would have no first sentence, and QC would block it.",
            f"Add one of {', '.join(OPENING_FIELDS)}, or work with a model.",
        )  # fmt: skip
    for name in set(playbook.qc.fact_days) - {*known, "other"}:
        yield Doubt(
            "error", ("qc", "fact_days", name), f"No fact is of the kind {name!r}.",
            "What it means to limit falls under `other`.", f"Write one of: {', '.join(known)}, other.",
        )  # fmt: skip


def _scoring(playbook: Playbook) -> Doubts:
    formula, tiers = playbook.scoring, playbook.tiers
    best = _best_weighted(formula) if isinstance(formula, WeightedFormula) else _best_contact(formula)
    for tier, least in tiers.items():
        if least > best:
            yield Doubt(
                "error", ("tiers", tier), f"Nobody reaches {tier}: it begins at {least}, the best score is {best}.",
                "Whoever should be written to first would stand in a lower tier.",
                f"Begin it at {best} or lower, or give [scoring] more to count.",
            )  # fmt: skip
    if isinstance(formula, ContactFormula):
        for name in ("sweet_spot_employees", "ok_employees"):
            low, high = getattr(formula, name)
            if low > high:
                yield Doubt(
                    "error",
                    ("scoring", name),
                    f"It runs from {low} to {high}.",
                    "No company is within it.",
                    "Put the smaller number first.",
                )
        return
    for name, dimension in formula.dimensions.items():
        for key in ("bands", "proxy_bands"):
            starts = [start for start, _ in getattr(dimension, key)]
            if starts != sorted(starts):
                yield Doubt(
                    "error", ("scoring", "dimensions", name, key), "The bands do not rise.",
                    "A value takes the score of the last band that it reaches, so a lower one after it is never used.",
                    "Sort them by their first number.",
                )  # fmt: skip


def _best_weighted(formula: WeightedFormula) -> int:
    """The highest score of 0-100 that the playbook's marks allow."""
    marks, weights = 0, 0
    for d in formula.dimensions.values():
        most = max([d.unknown, *d.table.values(), *d.proxy_table.values(), *(s for _, s in (*d.bands, *d.proxy_bands))])
        marks, weights = marks + most * d.weight, weights + d.weight
    return round(10 * marks / weights)


def _best_contact(formula: ContactFormula) -> int:
    """The same for OCC's formula, buyer intent included."""
    industry = 2 if formula.top_verticals else int(bool(formula.adjacent_verticals))
    people = max(formula.title_match.values(), default=0) + max(formula.seniority_fit.values(), default=0)
    return round((people + industry + 2 + bool(formula.qa_owner_personas) + 2) * 100 / MOST)
