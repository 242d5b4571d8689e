"""The words by which a playbook knows its bids and its signals: `bids.toml` and `signals.toml` of its folder.

They are kept apart from `playbook.toml`: a sales motion works without them, and whoever tunes a feed touches no
message. Patterns are Python regular expressions, matched without regard to case.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from playbooks.loader import PlaybookInvalid, PlaybookNotFound, folder_of, playbook_folders, read_toml
from playbooks.patterns import LONGEST, Pattern

SignalName = Literal[
    "buyer_intent", "qa_job_posting", "funding", "leadership_change", "product_launch", "competitor_eval"
]  # OCC, signals.signal_type


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TenderPattern(_Data):
    """What makes a tender relevant: a pattern, or two that stand within `within` characters of one sentence.

    `title` and `text` are the points that it gives where it stands in the title and in the description.
    """

    says: str
    pattern: Pattern | None = None
    near: tuple[Pattern, Pattern] | None = None
    within: int = Field(default=60, ge=1)
    title: int = Field(ge=0, le=100)
    text: int = Field(ge=0, le=100)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.pattern is None) == (self.near is None):
            raise ValueError("give either pattern or near")
        return self


class Unwanted(_Data):
    """Words of another trade. They are struck out before anything wanted is looked for, and cost `points` too."""

    says: str
    pattern: Pattern
    points: int = Field(default=0, ge=0, le=100)


class Code(_Data):
    """A classification that speaks for (or with negative points against) a tender, by the start of its code."""

    scheme: Literal["naics", "psc", "cpv", "unspsc"]
    prefix: str
    points: int = Field(ge=-100, le=100)
    says: str


class MatchLimits(_Data):
    """From where a tender's organisation counts as a prospect, and from where a person is asked (both 0-1)."""

    match_from: float = Field(ge=0, le=1)
    review_from: float = Field(ge=0, le=1)
    place_counts: bool = Field(description="False where an organisation buys far from its seat, as companies do.")
    short_names: dict[str, str] = Field(default={}, description="what people say for a name: 'penn state' and the like")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.review_from > self.match_from:
            raise ValueError("review_from must not be above match_from")
        return self


class BidWords(_Data):
    """All of `bids.toml`. Relevance is a score of 0-100."""

    relevant_from: int = Field(ge=1, le=100)
    doubtful_from: int = Field(ge=1, le=100)
    look: Pattern = Field(description="a word of the trade, in title or text: worth a reader's look at all")
    wanted: list[TenderPattern]
    unwanted: list[Unwanted] = []
    codes: list[Code] = []
    match: MatchLimits

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.doubtful_from > self.relevant_from:
            raise ValueError("doubtful_from must not be above relevant_from")
        return self


class JobTitle(_Data):
    """A kind of job title that is an opening in software testing; `sure` is 0-1.

    `of_software` says that the title itself names software, so that words of another trade do not undo it.
    """

    pattern: Pattern
    sure: float = Field(ge=0, le=1)
    of_software: bool = False


class JobWords(_Data):
    """How an opening for a software tester is told from one of another trade's quality or test."""

    look: Pattern = Field(description="in a title: worth a reader's look at all; every pattern of `titles` has one")
    titles: list[JobTitle]
    other_trades: list[Pattern]
    software_context: list[Pattern] = Field(description="in a description: raises a title that could be either")
    software_names: list[Pattern] = Field(
        default=[],
        description="in a title or department: names software, and raises a title that could be either",
    )
    other_context: list[Pattern] = Field(description="in a description: another trade's tools and standards")
    other_roles: list[Pattern] = Field(default=[], description="in a title: somebody who sells it, hires for it")
    duties: list[Pattern] = Field(default=[], description="in a description: testing is the job, whatever its title")
    signal_from: float = Field(ge=0, le=1)


class NewsWords(_Data):
    """A type of signal in news text. `unless` undoes a hit in the same sentence; `not_before` are words ahead of it."""

    type: SignalName
    patterns: list[Pattern]
    unless: list[Pattern] = []
    not_before: list[Pattern] = []
    may_be_planned: bool = Field(default=False, description="True where a plan is the signal itself.")
    by_the_organisation: bool = Field(default=True, description="True where the organisation is the one that acts.")
    sure: float = Field(default=0.8, ge=0, le=1)


class SignalWords(_Data):
    """All of `signals.toml`. `expires_days` says for how many days each type is news."""

    expires_days: dict[SignalName, Annotated[int, Field(ge=1)]]
    terms: dict[str, Pattern] = Field(default={}, description="what `%name%` stands for in the patterns of news")
    jobs: JobWords | None = None
    news: list[NewsWords] = []

    @model_validator(mode="before")
    @classmethod
    def _with_terms(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Writes the terms out in the patterns of news. A gap within a sentence may hold a decimal point.

        What is not of the shape that it should have is left to the fields, which say what is wrong with it.
        """
        terms, rules = given.get("terms", {}), given.get("news", [])
        if not isinstance(terms, dict) or not isinstance(rules, list):
            return given

        def written(pattern: Any) -> Any:
            if not isinstance(pattern, str):
                return pattern
            for name, meaning in terms.items():
                if len(pattern) > LONGEST:  # terms that hold each other double with every one
                    return pattern
                pattern = pattern.replace(f"%{name}%", f"(?:{meaning})")
            return pattern.replace("[^.;]", r"(?:[^.;]|\.(?=\d))")

        def rule_of(rule: Any) -> Any:
            if not isinstance(rule, dict):
                return rule
            lists = [name for name in ("patterns", "unless", "not_before") if isinstance(rule.get(name), list)]
            return {**rule, **{name: [written(one) for one in rule[name]] for name in lists}}

        return {**given, "news": [rule_of(rule) for rule in rules]}

    @model_validator(mode="after")
    def _each_expires(self) -> Self:
        used = {words.type for words in self.news} | ({"qa_job_posting"} if self.jobs else set())
        if missing := used - set(self.expires_days):
            raise ValueError(f"expires_days lacks {', '.join(sorted(missing))}")
        return self


_Words = TypeVar("_Words", BidWords, SignalWords)


def _load(folder: Path, file_name: str, model: type[_Words]) -> _Words:
    path = folder / file_name
    if not path.is_file():
        raise PlaybookNotFound(f"The playbook '{folder.name}' has no {file_name}.")
    try:
        return model.model_validate(read_toml(path))
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PlaybookInvalid(f"{file_name} of '{folder.name}': {where}: {first['msg']}") from exc


@cache
def _bids(folder: Path) -> BidWords:
    return _load(folder, "bids.toml", BidWords)


@cache
def _signals(folder: Path) -> SignalWords:
    return _load(folder, "signals.toml", SignalWords)


def load_bid_words(name: str) -> BidWords:
    """The playbook's `bids.toml`. Raises PlaybookNotFound or PlaybookInvalid."""
    return _bids(folder_of(name))


def load_signal_words(name: str) -> SignalWords:
    """The playbook's `signals.toml`. Raises PlaybookNotFound or PlaybookInvalid."""
    return _signals(folder_of(name))


def playbooks_with(file_name: str) -> list[str]:
    """The playbooks that have a file of this name beside their `playbook.toml`."""
    return [name for name, folder in playbook_folders().items() if (folder / file_name).is_file()]
