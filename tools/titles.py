"""What a job title says: which persona of a playbook somebody is, how senior, and what part they play in a purchase.

A title that the table does not know is left to a model. The personas are OCC's and SB's (see db.enums.PersonaType).
"""

import re
from dataclasses import dataclass
from typing import Final

from db.enums import ContactRole, PersonaType, SeniorityLevel


@dataclass(frozen=True)
class TitleClass:
    """What `contacts.persona_type`, `seniority_level` and `role` become."""

    persona_type: str
    seniority_level: str | None
    role: str


_SHORT: Final = (
    (r"\bs\.?v\.?p\b\.?", "senior vice president"),
    (r"\be\.?v\.?p\b\.?", "executive vice president"),
    (r"\ba\.?v\.?p\b\.?", "associate vice president"),
    (r"\bv\.?p\.?(?=\W|$)", "vice president"),
    (r"\bvice[- ]pres\b\.?", "vice president"),
    (r"\ba\.?d\.?(?=\W|$)", "athletic director"),
    (r"\bassoc\b\.?", "associate"),
    (r"\basst\b\.?", "assistant"),
    (r"\bsr\b\.?", "senior"),
    (r"\bjr\b\.?", "junior"),
    (r"\bdir\b\.?", "director"),
    (r"\bmgr\b\.?", "manager"),
    (r"\beng\b\.?", "engineering"),
    (r"\bq\.a\.?", "qa"),
    (r"\bq/a\b", "qa"),
    (r"&|\+|/", " and "),
)


def title_key(title: str) -> str:
    """One spelling of a title: lower case, abbreviations written out, no punctuation."""
    key = title.casefold()
    for pattern, long in _SHORT:
        key = re.sub(pattern, long, key)
    return " ".join(re.sub(r"[^\w]+", " ", key).split())


_SENIORITY: Final = (
    (r"\bvice president\b|\bvice chancellor\b|\bvice provost\b", SeniorityLevel.VP),
    (r"\bchief\b|\bc[teiofmr]o\b|\bpresident\b|\bfounder\b|\bchancellor\b|\bowner\b", SeniorityLevel.C_SUITE),
    (
        r"\b(assistant|associate|deputy) director\b|\bmanager\b|\blead\b|\bsupervisor\b",
        SeniorityLevel.MANAGER,
    ),
    (r"\bdirector\b|\bhead (of|coach)\b|\bhead\b|\bdean\b|\btreasurer\b", SeniorityLevel.DIRECTOR),
    (
        r"\bengineer\b|\banalyst\b|\bspecialist\b|\bcoordinator\b|\bassistant\b|\bcoach\b|\bdeveloper\b|\bsdet\b",
        SeniorityLevel.IC,
    ),
)


def seniority_of(title: str) -> str | None:
    """OCC, contacts.seniority_level, by the words of a title; the highest that is named counts."""
    key = title_key(title)
    return next((level.value for pattern, level in _SENIORITY if re.search(pattern, key)), None)


_DECIDES, _INFLUENCES = ContactRole.DECISION_MAKER.value, ContactRole.INFLUENCER.value
_LEADS = r"\b(director|head|vice president|chief|avp|executive)\b"
_QUALITY = (
    r"\b(qa|quality assurance|quality engineering|software quality|software test(ing)?|test engineering"
    r"|test automation|testing|quality and test|sqa)\b"
)
_NOT_SOFTWARE = r"\b(food|clinical|manufacturing|supplier|patient|hardware|construction|laboratory|care)\b"

# In order: the first that fits. (pattern that must be there, pattern that must not, persona, role)
_TABLE: Final[tuple[tuple[str, str | None, PersonaType, str], ...]] = (
    (
        r"\b(facilit\w*|physical plant|buildings and grounds|campus operations|game operations|stadium operations"
        r"|capital projects|grounds)\b",
        r"\b(technician|custodian|coordinator|secretary|information)\b",
        PersonaType.FACILITIES_DIRECTOR,
        _INFLUENCES,
    ),
    (
        r"\b(assistant|associate|deputy) (athletic director|director of (intercollegiate )?athletics)\b",
        None,
        PersonaType.OTHER,
        _INFLUENCES,
    ),
    (
        r"\b(athletics? director|director of (intercollegiate )?(athletics|sports)"
        r"|(vice president|vice chancellor|head|executive director)( of| for)? (intercollegiate )?athletics"
        r"|director( of)? (recreation and athletics|sports and recreation))\b",
        r"\b(communications?|information|media|marketing|compliance|training|medicine|assistant to)\b",
        PersonaType.ATHLETIC_DIRECTOR,
        _DECIDES,
    ),
    (
        r"\b(chief financial officer|chief business officer|cfo"
        r"|vice president (of|for) (finance|business|fiscal|administration and finance|financial)\b.*"
        r"|finance director|director of finance|business manager and treasurer)\b",
        r"\b(assistant|development)\b",
        PersonaType.CFO,
        _DECIDES,
    ),
    (
        r"\b(coach|sports information|athletic trainer|athletics? communications?)\b",
        None,
        PersonaType.OTHER,
        _INFLUENCES,
    ),
    (
        r"\b(sdet|(engineer|developer|development engineer) in test|test automation (engineer|lead|architect|developer)"
        r"|(qa|quality|test) automation (engineer|lead|developer)|automation (test|qa) (engineer|lead)"
        r"|(qa|quality assurance|software test|software quality|quality) (engineer|tester|analyst))\b",
        rf"{_LEADS}|{_NOT_SOFTWARE}|\bmanager\b",
        PersonaType.SDET,
        _INFLUENCES,
    ),
)  # fmt: skip


def classify(title: str | None) -> TitleClass | None:
    """The class of a title, or None where the table does not know it (or there is none)."""
    if not title or not title.strip():
        return None
    key = title_key(title)
    for must, must_not, persona, role in _TABLE:
        if re.search(must, key) and not (must_not and re.search(must_not, key)):
            return TitleClass(persona.value, seniority_of(title), role)
    if re.search(_QUALITY, key) and not re.search(_NOT_SOFTWARE, key):
        if re.search(_LEADS, key):
            return TitleClass(PersonaType.QA_DIRECTOR.value, seniority_of(title), _DECIDES)
        if re.search(r"\b(manager|lead|supervisor)\b", key):
            return TitleClass(PersonaType.QA_MANAGER.value, seniority_of(title), _INFLUENCES)
    leads = re.search(_LEADS, key) or "chief technology officer" in key
    sells = re.search(r"\b(sales|field|solutions?|information|civil|marketing)\b", key)
    if leads and not sells and re.search(r"\b(engineering|technology|software)\b", key):
        return TitleClass(PersonaType.VP_ENG.value, seniority_of(title), _DECIDES)
    if key in {"cto", "chief technology officer"}:
        return TitleClass(PersonaType.VP_ENG.value, SeniorityLevel.C_SUITE.value, _DECIDES)
    return None
