"""The format of drafts that `outreach qc check` takes from a file, and of what it answers (docs/qc.md)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field


def _day(value: object) -> object:
    """A day, also where a time of day or only a year or month is given."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        parts = text[:10].replace("/", "-").split("-")
        if all(part.isdigit() for part in parts) and len(parts[0]) == 4 and len(parts) < 3:
            return "-".join([*parts, "01", "01"][:3])
        return text[:10].replace("/", "-")
    return value


def _listed(value: object) -> object:
    """A list; one thing alone is a list of it, nothing an empty one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _as_text(value: object) -> object:
    return "" if value is None else str(value) if isinstance(value, (int, float)) else value


def _sentence(value: object) -> object:
    return {"sentence": value} if isinstance(value, str) else value


def _person(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


def _touch(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return {"touch": value}
    return {"body": value} if isinstance(value, str) else value


Day = Annotated[date | None, BeforeValidator(_day)]
Words = Annotated[str, BeforeValidator(_as_text)]


def _also(*names: str) -> Any:
    return AliasChoices(*names)


class _Given(BaseModel):
    """What is not known by name is left alone, so that files may carry more than this."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class FactGiven(_Given):
    """A fact about the recipient's organisation or about them. A plain string is its sentence."""

    id: Words = ""
    sentence: Words = Field(
        default="", validation_alias=_also("sentence", "text", "fact", "claim", "statement", "value")
    )
    quote: Words = Field(default="", validation_alias=_also("quote", "evidence", "excerpt"))
    field: Words = Field(default="", validation_alias=_also("field", "kind", "type", "category"))
    observed_on: Day = Field(
        default=None, validation_alias=_also("observed_on", "observed_at", "observed", "date", "as_of", "retrieved_on")
    )
    source: Words = Field(default="", validation_alias=_also("source", "source_url", "url"))


class RecipientGiven(_Given):
    """Whom the draft is to. A plain string is their name."""

    name: Words = Field(default="", validation_alias=_also("name", "full_name", "person"))
    first_name: Words = Field(default="", validation_alias=_also("first_name", "given_name", "first"))
    last_name: Words = Field(default="", validation_alias=_also("last_name", "family_name", "surname", "last"))
    preferred_name: Words = Field(default="", validation_alias=_also("preferred_name", "nickname"))
    title: Words = Field(default="", validation_alias=_also("title", "job_title", "role"))
    organisation: Words = Field(
        default="",
        validation_alias=_also(
            "organisation",
            "organization",
            "company",
            "school",
            "account",
            "org",
            "school_name",
            "company_name",
            "organisation_name",
            "organization_name",
        ),
    )
    organisation_names: Annotated[list[str], BeforeValidator(_listed)] = Field(
        default=[], validation_alias=_also("organisation_names", "aliases", "also_known_as")
    )
    venue: Words = Field(default="", validation_alias=_also("venue", "stadium", "stadium_name", "facility"))
    email: Words | None = Field(default=None, validation_alias=_also("email", "address", "email_address"))
    linkedin_url: Words | None = Field(default=None, validation_alias=_also("linkedin_url", "linkedin"))
    phone: Words | None = None
    email_verified: bool | None = Field(default=None, validation_alias=_also("email_verified", "verified"))
    do_not_contact: bool = Field(default=False, validation_alias=_also("do_not_contact", "dnc", "opted_out"))
    suppressed: bool = Field(default=False, validation_alias=_also("suppressed", "is_suppressed", "unsubscribed"))
    bounced: bool = Field(default=False, validation_alias=_also("bounced", "has_bounced"))
    status: Words = ""
    others_in_contact: int | list[Any] | None = Field(
        default=None, validation_alias=_also("others_in_contact", "organisation_in_contact", "others")
    )


class TouchGiven(_Given):
    """An earlier touch to the same person. A plain string is its text, a number its number."""

    touch: int | None = Field(default=None, validation_alias=_also("touch", "touch_number", "step"))
    channel: Words = "email"
    touch_type: Words = Field(default="", validation_alias=_also("touch_type", "type", "kind"))
    subject: Words = Field(default="", validation_alias=_also("subject", "subject_line"))
    body: Words = Field(default="", validation_alias=_also("body", "text", "message"))
    sent_at: Day = Field(default=None, validation_alias=_also("sent_at", "sent_on", "date", "sent"))
    outcome: Words = ""
    replied: bool = Field(default=False, validation_alias=_also("replied", "has_replied"))


class SenderGiven(_Given):
    """Who writes. What is not given is the playbook's, unless another company writes; null or '' means none."""

    name: Words | None = None
    title: Words | None = None
    company: Words | None = Field(default=None, validation_alias=_also("company", "organisation", "organization"))
    email: Words | None = None
    postal_address: Words | None = Field(default=None, validation_alias=_also("postal_address", "address"))
    website: Words | None = None
    opt_out: Words | None = Field(default=None, validation_alias=_also("opt_out", "unsubscribe"))


class OtherDraft(_Given):
    """Another draft of the batch. A plain string is its text."""

    body: Words = Field(default="", validation_alias=_also("body", "text"))
    recipient: Annotated[RecipientGiven | None, BeforeValidator(_person)] = None


class DraftGiven(_Given):
    """One draft to judge. `recipient`, `body` and, but for LinkedIn and calls, `subject` are what a draft has."""

    id: Words = Field(default="", validation_alias=_also("id", "draft_id", "name"))
    playbook: Words = ""
    channel: Words = "email"
    touch: int = Field(default=1, ge=1, validation_alias=_also("touch", "touch_number", "step"))
    touch_type: Words = Field(default="", validation_alias=_also("touch_type", "type", "kind"))
    recipient: Annotated[RecipientGiven, BeforeValidator(_person)] = Field(
        validation_alias=_also("recipient", "contact", "to_person")
    )
    to: Words = Field(default="", validation_alias=_also("to", "to_address"), description="the address on the envelope")
    facts: Annotated[list[Annotated[FactGiven, BeforeValidator(_sentence)]], BeforeValidator(_listed)] = Field(
        default=[], validation_alias=_also("facts", "research_facts", "research")
    )
    subject: Words = Field(default="", validation_alias=_also("subject", "subject_line"))
    body: Words = Field(validation_alias=_also("body", "text", "message"))
    claims: list[dict[str, str]] | None = Field(
        default=None, description="for an agent's draft: sentence and fact_id of each claim"
    )
    author: Literal["person", "agent"] = Field(
        default="person", description="an agent's draft must cite a fact for each claim, and is judged more strictly"
    )
    sender: SenderGiven | None = None
    earlier_touches: (
        Annotated[list[Annotated[TouchGiven, BeforeValidator(_touch)]], BeforeValidator(_listed)] | None
    ) = Field(default=None, validation_alias=_also("earlier_touches", "earlier", "history", "previous_touches"))
    other_drafts: Annotated[list[OtherDraft | str], BeforeValidator(_listed)] = Field(
        default=[], validation_alias=_also("other_drafts", "batch_drafts", "siblings")
    )
    batch: Words = Field(default="", description="drafts of one file with the same batch are compared with each other")
    touch_sent: bool = Field(default=False, validation_alias=_also("touch_sent", "already_sent"))
    has_replied: bool = Field(default=False, validation_alias=_also("has_replied", "replied"))
    called: bool = Field(default=False, description="somebody has called them")
    do_not_contact: bool = False
    suppressed: bool = False
    bounced: bool = False
    email_verified: bool | None = None
    today: Day = Field(default=None, description="the day to judge on; the present one otherwise")


class FindingOut(BaseModel):
    """One finding. `text` is `field[start:end]` of the draft; both are null where nothing can be marked."""

    rule: str
    version: int
    severity: Literal["block", "warn"]
    field: Literal["subject", "body", "recipient", "message"]
    start: int | None
    end: int | None
    text: str
    message: str
    fix: str


class Judgement(BaseModel):
    """What is said of one draft: `passed` where nothing blocks."""

    id: str
    passed: bool
    findings: list[FindingOut]
