"""What would be said wrong, or not at all: lengths, rules, templates, agreed sentences, and whom they wait for."""

import re

from pydantic import ValidationError

from db.enums import PersonaType, ReplyIntent, values
from db.queries.wanted import Wanted
from db.seeds import OUTREACH_TEMPLATES
from db.seeds import PLAYBOOK as SEEDED
from playbooks import Playbook
from playbooks.sequences import kind_of
from tools.drafting.templates import VARIABLES, variables_of
from tools.playbook_files.findings import Doubt, Doubts, Loc
from tools.qc.engine import RULES
from tools.qc.model import KINDS


def doubts_of_texts(playbook: Playbook) -> Doubts:
    """Everything that is doubtful in what is said."""
    for look in (_lengths, _rules, _templates, _words, _gaps, _mentions, _batches):
        yield from look(playbook)


def _lengths(playbook: Playbook) -> Doubts:
    spans: list[tuple[Loc, tuple[int, int]]] = [(("qc", "words", k), span) for k, span in playbook.qc.words.items()]
    spans.append((("message", "min_words"), (playbook.message.min_words, playbook.message.max_words)))
    for loc, (least, most) in spans:
        if least > most:
            yield Doubt(
                "error",
                loc,
                f"At least {least} and at most {most} words.",
                "QC would warn about every message.",
                "Put the smaller number first.",
            )
    for name in set(playbook.qc.words) - set(KINDS):
        yield Doubt(
            "error",
            ("qc", "words", name),
            f"No message is of the kind {name!r}.",
            "Nothing reads it.",
            f"Write one of: {', '.join(KINDS)}.",
        )


def _rules(playbook: Playbook) -> Doubts:
    severities = {rule.id: rule.severity for rule in RULES}
    for name, changed in playbook.qc.rules.items():
        loc = ("qc", "rules", name)
        if name not in severities:
            yield Doubt(
                "error", loc, f"There is no QC rule {name!r}.", "Every check of a draft stops at it.",
                "See their names with: outreach qc rules",
            )  # fmt: skip
        elif severities[name] == "block" and (not changed.on or changed.severity == "warn"):
            yield Doubt(
                "error", loc, "This rule blocks, and cannot be weakened.",
                "What blocks protects the reader and you; every check of a draft stops at this line.", "Remove it.",
            )  # fmt: skip


def _templates(playbook: Playbook) -> Doubts:
    for n, edition in enumerate(playbook.editions):
        for part in ("subject", "body"):
            for name in variables_of(getattr(edition, part)):
                if name not in VARIABLES:
                    yield Doubt(
                        "error", ("editions", n, part), f"Nothing is ever known for {{{{{name}}}}}.",
                        "A variable without a value takes its sentence with it.",
                        f"Write one of: {', '.join(VARIABLES)}.",
                    )  # fmt: skip
    seeded = {(row.tier, row.step_number) for row in OUTREACH_TEMPLATES} if playbook.name == SEEDED else set()
    for tier in playbook.draft_tiers:
        for number, step in enumerate(playbook.steps_of(tier), start=1):
            kind = kind_of(number, step.touch, note=step.note)
            there = playbook.edition_for(tier, number) or playbook.edition_of_kind(kind)
            if there is None and (tier, number) not in seeded:
                yield Doubt(
                    "error", ("sequences", tier), f"Touch {number} of {tier} ({kind}) has no text.",
                    "When its day comes, the step that should write it fails.",
                    f'Add [[editions]] with tiers = ["{tier}"] and step = {number}, or one with touch = "{kind}".',
                )  # fmt: skip
    for kind in ("reply", "re_engagement"):
        if playbook.edition_of_kind(kind) is None:
            yield Doubt(
                "error", ("editions",), f"There is no text for a {kind.replace('_', ' ')}.",
                "When somebody answers, the step that should write back fails.",
                f'Add [[editions]] with touch = "{kind}".',
            )  # fmt: skip
    for tier in playbook.sequences:
        if tier not in playbook.draft_tiers:
            yield Doubt(
                "warning",
                ("sequences", tier),
                f"{tier} is not in draft_tiers.",
                "So nobody of this tier is written to.",
                "Add it there, or remove it here.",
            )


def _words(playbook: Playbook) -> Doubts:
    """Agreed sentences that QC marks in every message that has them."""
    phrases = [(p, "is a forbidden phrase") for p in playbook.message.forbidden_phrases]
    phrases += [(p, "is a spam word") for p in playbook.message.spam_words]
    for n, statement in enumerate(playbook.statements):
        loc = ("statements", n, "text")
        for phrase, what in phrases:
            if re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", statement.text, re.IGNORECASE):
                yield Doubt(
                    "warning", loc, f"{phrase!r} {what} of this playbook.",
                    "QC marks every draft that has this sentence.", "Say it in other words.",
                )  # fmt: skip
        if "!" in statement.text:
            yield Doubt(
                "warning", loc, "It has an exclamation mark.", "QC marks it as shouting.", "End it with a full stop."
            )
        if (statement.kind == "ask") != statement.text.rstrip().endswith("?"):
            asks = statement.kind == "ask"
            yield Doubt(
                "warning", loc, "An ask is a question." if asks else "Only an ask ends with a question mark.",
                "A message asks one thing; QC counts the question marks.",
                "End it with a question mark." if asks else 'Write it as a sentence, or make its kind "ask".',
            )  # fmt: skip
        if not statement.basis.strip():
            yield Doubt(
                "warning", ("statements", n, "basis"), f"'{statement.id}' has no basis.",
                "It is said without a fact: somebody has to know why it may be.", "Write in a line why it is true.",
            )  # fmt: skip


def _gaps(playbook: Playbook) -> Doubts:
    """Personas to whom there is nothing to say."""
    for n, persona in enumerate(playbook.contact_personas):
        said = {kind: playbook.statements_of(kind, persona) for kind in ("pain", "value", "ask")}
        for kind, found in said.items():
            free = [
                s
                for s in found
                if not s.needs_fact_words and not s.only_named and (not s.for_touches or "first" in s.for_touches)
            ]
            if not free and not playbook.statements_of(kind, persona, "college_d1"):
                yield Doubt(
                    "warning", ("contact_personas", n), f"There is no {kind} to say to every {persona}.",
                    "Where none fits, its sentence is left out of the message.",
                    f'Add a statement of kind = "{kind}" for this persona, or for anybody.',
                )  # fmt: skip
        pains = [s.id for s in said["pain"]]
        answered = {a for s in said["value"] for a in s.answers}
        if pains and said["value"] and not answered & set(pains) and all(s.answers for s in said["value"]):
            yield Doubt(
                "warning", ("contact_personas", n), f"No value answers a pain of the {persona}.",
                "The problem and the offer of a message would have nothing to do with each other.",
                "Name the pains that a value follows on from in its `answers`.",
            )  # fmt: skip


def _mentions(playbook: Playbook) -> Doubts:
    """Personas and intents that a statement or an objection waits for in vain."""
    told = {*playbook.contact_personas}
    entries: list[tuple[Loc, list[str]]] = [
        (("statements", n, "for_personas"), s.for_personas) for n, s in enumerate(playbook.statements)
    ]
    entries += [(("objections", n, "for_personas"), o.for_personas) for n, o in enumerate(playbook.objections)]
    for loc, personas in entries:
        if personas and not told & set(personas):
            yield Doubt(
                "warning", loc, f"Nobody whom you write to is {' or '.join(personas)}.",
                "It is never used.", f"Name some of contact_personas: {', '.join(playbook.contact_personas)}.",
            )  # fmt: skip
    for n, statement in enumerate(playbook.statements):
        for intent in set(statement.for_intents) - set(values(ReplyIntent)):
            yield Doubt(
                "error", ("statements", n, "for_intents"), f"No reply has the intent {intent!r}.", "It is never used.",
                f"Write some of: {', '.join(values(ReplyIntent))}.",
            )  # fmt: skip
    known = {*values(PersonaType), "anybody"}
    for name in set(playbook.subjects) - known:
        yield Doubt(
            "error",
            ("subjects", name),
            f"Nobody has the persona {name!r}.",
            "It is never used.",
            f"Write one of: {', '.join(sorted(known))}.",
        )


def _batches(playbook: Playbook) -> Doubts:
    for name, share in playbook.batches.shares.items():
        try:
            Wanted.model_validate(share.filter)
        except ValidationError as exc:
            for error in exc.errors():
                key = str(error["loc"][0]) if error["loc"] else ""
                yield Doubt(
                    "error", ("batches", "shares", name, "filter"), f"{key}: {error['msg']}.",
                    "`outreach batch build` stops at it.", f"The filters are: {', '.join(Wanted.model_fields)}.",
                )  # fmt: skip
