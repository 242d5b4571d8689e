"""The shape of a playbook."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from playbooks.batches import Batches
from playbooks.patterns import Pattern
from playbooks.research import Research
from playbooks.sending import Sending
from playbooks.sequences import Step, Timing, TouchKind, TouchName

Tier = Literal["A1", "A2", "B", "C", "D"]
Role = Literal["decision_maker", "influencer", "champion", "blocker", "unknown"]
Band = tuple[float, int]  # (from this value on, the score)


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sender(_Data):
    """Who writes: what a commercial e-mail must say of its sender (CAN-SPAM Act, 15 U.S.C. 7704(a)(5))."""

    name: str
    title: str
    company: str
    email: str
    postal_address: str
    website: str
    opt_out: str = Field(description="The sentence that tells a reader how to get no more mail.")
    sample: bool = Field(default=False, description="True while this is the invented sender that is shipped.")


class Dimension(_Data):
    """One dimension of the weighted score (SB, prospect_scores): weight 1-5, score 1-10.

    `table` scores a value by name, `bands` a number by the last band it reaches; `proxy` holds the same two for a
    stand-in that is used, and named in the score's reason, while the value itself is not known.
    """

    weight: int = Field(ge=1, le=5)
    unknown: int = Field(ge=1, le=10)
    table: dict[str, Annotated[int, Field(ge=1, le=10)]] = {}
    bands: list[Band] = []
    proxy_table: dict[str, Annotated[int, Field(ge=1, le=10)]] = {}
    proxy_bands: list[Band] = []


DIMENSIONS = (
    "venue_type",
    "geography",
    "budget_signals",
    "current_lighting_age",
    "night_game_frequency",
    "broadcast_requirements",
    "decision_maker_access",
    "project_timeline",
)


class WeightedFormula(_Data):
    """SB's formula: the weighted mean of eight dimensions, times ten, is the prospect's score of 0-100."""

    formula: Literal["weighted"]
    version: str
    dimensions: dict[str, Dimension]

    @model_validator(mode="after")
    def _all_eight(self) -> Self:
        if set(self.dimensions) != set(DIMENSIONS):
            raise ValueError(f"the weighted formula needs exactly these dimensions: {', '.join(DIMENSIONS)}")
        return self


class ContactFormula(_Data):
    """OCC's formula: 0-12 for each contact; the prospect takes its best contact's, times 100/12."""

    formula: Literal["contact"]
    version: str
    title_match: dict[str, Annotated[int, Field(ge=0, le=3)]] = Field(description="persona_type to 0-3")
    top_verticals: list[str]
    adjacent_verticals: list[str]
    sweet_spot_employees: tuple[int, int]
    ok_employees: tuple[int, int]
    seniority_fit: dict[str, Annotated[int, Field(ge=0, le=2)]]
    qa_owner_personas: list[str] = Field(description="personas who decide on it")


class Statement(_Data):
    """A sentence that this seller has agreed to say, and stands behind. A draft may use it without a fact.

    `basis` says why it may be said. `for_personas` empty means anybody. Of the kinds, `recall` says why somebody is
    written to again, `farewell` that this is the last message, `answer` what a reply is answered with; `proof` tells of
    a customer.
    """

    id: str
    kind: Literal["pain", "value", "ask", "bridge", "offer", "recall", "farewell", "answer", "proof"]
    text: str
    basis: str
    for_personas: list[str] = []
    for_venues: list[str] = Field(default=[], description="venue types it is said to; empty means any")
    needs_fact_words: list[str] = Field(default=[], description="offered only where a kept fact has one of these")
    answers: list[str] = Field(default=[], description="ids of the statements that it follows on from")
    soft: bool = False
    only_named: bool = Field(default=False, description="said only where an edition's `use` names it")
    for_touches: list[TouchKind] = Field(
        default=[], description="kinds of touch it is said in; empty means any, of an ask any but an answer to a reply"
    )
    for_intents: list[str] = Field(default=[], description="answers only: the intents of replies that it answers")
    topic: str | None = Field(default=None, description="what it is about in two or three words, for a subject line")
    goes_with: list[str] = Field(default=[], description="what a fact may be about that is said just before it")
    style: Literal["mechanism", "service"] | None = Field(
        default=None, description="of a value or proof: how the thing works, or what the seller does"
    )


class Objection(_Data):
    """What somebody is likely to say against it, and what we would answer (OCC, contacts.predicted_objection).

    The most particular that fits is taken: one whose fact words are in a kept fact, then one for the persona, then one
    for the venue type. Empty lists mean anybody. `basis` says why it is likely.
    """

    id: str
    text: str
    response: str
    basis: str
    for_personas: list[str] = []
    for_venues: list[str] = []
    needs_fact_words: list[str] = []


class NoNeed(_Data):
    """Who has no need of what is sold, by a column of the prospect or by the words of a kept fact: nobody there gets a
    first message, nor the next one once such a fact is newer than the first.

    `fact_words` are patterns, of which one has to stand in a sentence of the fact, whatever its case, and none of
    `unless_words`; `max_days` is how old the fact may be, without which it counts for good.
    """

    field: Literal["current_lighting_type", "venue_type", "primary_sport"] | None = None
    values: list[str] = []
    fact_words: list[Pattern] = []
    unless_words: list[Pattern] = []
    max_days: int | None = Field(default=None, ge=1)
    reason: str = Field(description="said where a message is not written for it")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.field is None) == (not self.fact_words) or (self.field is None) != (not self.values):
            raise ValueError("no need shows by a field and its values, or by fact_words")
        return self

    def says(self, sentence: str, days: int | None) -> bool:
        """Whether a sentence of a fact shows it; `days` is the fact's age, None where it has no date."""
        if self.max_days is not None and days is not None and days > self.max_days:
            return False
        return any(re.search(p, sentence, re.IGNORECASE) for p in self.fact_words) and not any(
            re.search(p, sentence, re.IGNORECASE) for p in self.unless_words
        )


class FiscalYear(_Data):
    """When a fiscal year starts, for the venues where a law settles it (SB, prospects.budget_cycle_month).

    With `name_words` it holds only where the name has one of these; `states` are two-letter codes. `basis` is the law.
    """

    month: int = Field(ge=1, le=12)
    venues: list[str]
    states: list[str]
    name_words: list[str] = []
    basis: str


class TemplateEdition(_Data):
    """This playbook's own template for a step of some tiers, or for every touch of a kind: what is sent in place of a
    seed template, and why.

    `{{name}}` variables are those of the seed templates, and `ask`. A variable that nothing is known for takes its
    sentence, or where it stands alone its paragraph, with it. `use` names statements that are taken before others of
    their kind.
    """

    tiers: list[Tier] = []
    step: int | None = Field(default=None, ge=1, le=6)
    touch: TouchKind | None = None
    use: list[str] = []
    replaces: list[str] = Field(default=[], description="ids of the seed templates that this one stands in for")
    subject: str
    body: str
    why: str

    @model_validator(mode="after")
    def _for_something(self) -> Self:
        if (self.step is None) == (self.touch is None) or (self.step is None) != (not self.tiers):
            raise ValueError("an edition is for a step of some tiers, or for a kind of touch")
        return self


class MessageRules(_Data):
    """What a message must look like. Words are counted without the footer."""

    channel: Literal["email", "linkedin"]
    min_words: int = Field(ge=1)
    max_words: int = Field(ge=1)
    max_subject_chars: int = Field(ge=10)
    forbidden_phrases: list[str]
    spam_words: list[str]
    tone: str


class QcRule(_Data):
    """What a playbook changes about one rule of QC, and why. What blocks cannot be switched off or made a warning."""

    on: bool = True
    severity: Literal["block", "warn"] | None = None
    why: str


class QcSettings(_Data):
    """The measures of QC, and what this playbook changes about its rules.

    `words` is the least and most words by kind of touch (`tools.qc.model.KINDS`); the first touch has those of
    `[message]`. `fact_days` is how old a fact may be in days, by `research_facts.field`; `other` holds for the rest.
    """

    rules: dict[str, QcRule] = {}
    words: dict[str, tuple[int, int]] = {}
    fact_days: dict[str, int] = {}
    max_grade: float = Field(default=13.0, description="Flesch-Kincaid grade of the text without greeting and footer")
    max_likeness: float = Field(default=0.5, ge=0, le=1, description="share of runs of words with an earlier touch")
    max_batch_likeness: float = Field(default=0.7, ge=0, le=1, description="the same with another draft of the batch")
    people_per_organisation: int = Field(default=2, ge=1)
    linkedin_note_chars: int = Field(default=300, ge=1)
    linkedin_inmail_chars: int = Field(default=1900, ge=1)
    may_name: list[str] = Field(default=[], description="tools and bodies that any message may name without a fact")


class Limits(_Data):
    """Bounds on one run and on what may be reused."""

    drafts_per_run: int = Field(ge=1)
    qc_revisions: int = Field(ge=0, le=5)
    snapshot_days: int = Field(ge=1, description="A snapshot younger than this is reused.")
    record_days: int = Field(ge=1, description="An organisation that no source confirmed for longer is stale.")
    contact_days: int = Field(ge=1, description="A primary contact whom nothing confirmed for longer is stale.")
    score_jump: int = Field(default=25, ge=1, description="A score that moved this far in 30 days is looked at.")
    approval_days: int = Field(ge=1, description="An approval not used within this many days lapses.")
    reply_confidence: float = Field(default=0.6, ge=0, le=1, description="Below it a person looks at a reply's intent.")
    contact_calls: int | None = Field(default=None, ge=1, description="Model calls that one message may take in all.")
    contact_tokens: int | None = Field(default=None, ge=1, description="Tokens, in and out, that one may take.")
    contact_cost_usd: float | None = Field(default=None, gt=0, description="US dollars that one may cost.")


class Dedupe(_Data):
    """Who decides on doubtful duplicates: a person (`outreach flags`), or the hygiene model, pair by pair."""

    model_decides: bool = False


class Playbook(_Data):
    """One sales motion, whole."""

    name: str
    title: str
    what_we_sell: str
    who_we_write_to: str
    sender: Sender
    scoring: Annotated[WeightedFormula | ContactFormula, Field(discriminator="formula")]
    tiers: dict[Tier, int] = Field(description="tier to the lowest score that reaches it")
    draft_tiers: list[Tier]
    contact_personas: list[str] = Field(description="whom to write to first, best first")
    need_fact_fields: list[str] = Field(description="a first touch needs a fact of one of these fields")
    research: Research = Research()
    message: MessageRules
    limits: Limits
    dedupe: Dedupe = Dedupe()
    batches: Batches = Batches()
    qc: QcSettings = QcSettings()
    sending: Sending = Sending()
    statements: list[Statement]
    subjects: dict[str, list[str]] = Field(
        default={},
        description="what a first message's subject may say, by persona, or for `anybody`: `{organisation}` and "
        "`{venue}` are filled in, and one with a venue is left out where none is known",
    )
    editions: list[TemplateEdition] = []
    objections: list[Objection] = []
    fiscal_years: list[FiscalYear] = []
    no_need: list[NoNeed] = []
    sequences: dict[Tier, Annotated[list[Step], Field(min_length=1, max_length=6)]] = Field(
        default={}, description="a tier that is written to and has none gets its first touch alone"
    )
    purposes: dict[TouchKind, str] = Field(default={}, description="what a kind of touch is for, said to who writes it")
    timing: Timing = Timing()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        order: tuple[Tier, ...] = ("A1", "A2", "B", "C", "D")
        lowest = [self.tiers[tier] for tier in order if tier in self.tiers]
        if len(lowest) < len(order) or lowest != sorted(lowest, reverse=True) or lowest[-1] != 0:
            raise ValueError("tiers must fall from A1 to D with none left out, and D must start at 0")
        ids = [statement.id for statement in self.statements]
        if len(ids) != len(set(ids)):
            twice = sorted({i for i in ids if ids.count(i) > 1})
            raise ValueError(f"two statements have the same id: {', '.join(twice)}")
        objections = [objection.id for objection in self.objections]
        if len(objections) != len(set(objections)):
            twice = sorted({i for i in objections if objections.count(i) > 1})
            raise ValueError(f"two objections have the same id: {', '.join(twice)}")
        if unknown := {a for statement in self.statements for a in statement.answers} - set(ids):
            raise ValueError(f"a statement answers others that do not exist: {', '.join(sorted(unknown))}")
        if unknown := {u for edition in self.editions for u in edition.use} - set(ids):
            raise ValueError(f"an edition uses statements that do not exist: {', '.join(sorted(unknown))}")
        return self

    @model_validator(mode="after")
    def _sequences(self) -> Self:
        for tier, steps in self.sequences.items():
            if tier not in ("A1", "A2", "B"):
                raise ValueError(f"nobody of tier {tier} is written to (SB, outreach_sequences.tier)")
            if steps[0].days or steps[0].channel != self.message.channel:
                raise ValueError(f"the first touch of {tier} waits for nothing and goes by {self.message.channel}")
            if any(step.touch == "breakup" for step in steps[:-1]):
                raise ValueError(f"after the breakup of {tier} nothing may follow")
        return self

    def no_need_of(self, known: Mapping[str, str | None]) -> str | None:
        """Why a prospect has no need of what is sold, or None; `known` has its columns by name."""
        return next((n.reason for n in self.no_need if n.field and known.get(n.field) in n.values), None)

    def tier_of(self, score: int) -> Tier:
        """The tier that a score of 0-100 reaches."""
        for tier in ("A1", "A2", "B", "C"):
            if score >= self.tiers[tier]:
                return tier
        return "D"

    def statements_of(self, kind: str, persona: str | None, venue: str | None = None) -> list[Statement]:
        """The agreed sentences of a kind for a persona and venue type; those for this persona come first."""
        fitting = [s for s in self.statements if s.kind == kind and (not s.for_venues or venue in s.for_venues)]
        own = [s for s in fitting if persona in s.for_personas]
        return own + [s for s in fitting if not s.for_personas]

    def subjects_for(self, persona: str | None) -> list[str]:
        """What the subject of a first message to a persona may say, not yet filled in."""
        return self.subjects.get(persona or "") or self.subjects.get("anybody", [])

    def objection_for(self, persona: str | None, venue: str | None, facts: str) -> Objection | None:
        """The likeliest objection of a persona at a venue, or None; `facts` is all that is known there, as one text."""
        fitting = [
            o
            for o in self.objections
            if (not o.for_personas or persona in o.for_personas)
            and (not o.for_venues or venue in o.for_venues)
            and (not o.needs_fact_words or any(word in facts for word in o.needs_fact_words))
        ]
        # max takes the first of equals, so the playbook's order decides.
        return max(
            fitting,
            key=lambda o: (bool(o.needs_fact_words), bool(o.for_personas), bool(o.for_venues)),
            default=None,
        )

    def fiscal_month(self, venue: str, state: str, name: str) -> int | None:
        """The month in which the fiscal year starts, where that is known."""
        return next(
            (
                f.month
                for f in self.fiscal_years
                if venue in f.venues
                and state in f.states
                and (not f.name_words or any(word in name for word in f.name_words))
            ),
            None,
        )

    def edition_for(self, tier: str, step: int) -> TemplateEdition | None:
        """What this playbook sends at a step, or None where the seed template is sent as it is."""
        return next((e for e in self.editions if tier in e.tiers and e.step == step), None)

    def edition_of_kind(self, kind: TouchKind) -> TemplateEdition | None:
        """What this playbook sends at a touch of a kind, where the step has neither an edition nor a seed template."""
        return next((e for e in self.editions if e.touch == kind), None)

    def steps_of(self, tier: str) -> list[Step]:
        """The touches of a tier's sequence, the first one first."""
        name: TouchName = "email" if self.message.channel == "email" else "inmail"
        steps: list[Step] = next((s for t, s in self.sequences.items() if t == tier), [])
        return steps or [Step(channel=self.message.channel, touch=name, days=0)]

    def words_of(self, kind: TouchKind) -> tuple[int, int]:
        """The least and most words of a kind of touch."""
        return self.qc.words.get(kind, (self.message.min_words, self.message.max_words))
