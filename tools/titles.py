"""What a job title says: which persona of a playbook somebody is, how senior, and what part they play in a purchase.

A title that the table does not know is left to a model. The personas are OCC's and SB's (see db.enums.PersonaType).
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from db.enums import ContactRole, PersonaType, SeniorityLevel


@dataclass(frozen=True)
class TitleClass:
    """What `contacts.persona_type`, `seniority_level` and `role` become."""

    persona_type: str
    seniority_level: str | None
    role: str


# Words of German, French and Spanish titles, without their accents, in what they mean here.
_FOREIGN: Final = {
    "leiter": "head of", "leiterin": "head of", "leitung": "head of", "qualitatssicherung": "quality assurance",
    "testautomatisierung": "test automation", "testautomatisierer": "test automation engineer",
    "softwareentwicklung": "software engineering", "entwicklung": "engineering", "technischer": "technology",
    "kaufmannischer": "finance", "directeur": "director", "directrice": "director", "directora": "director",
    "financier": "finance", "financiere": "finance", "finanzas": "finance", "qualite": "quality assurance",
    "ingenieur": "engineer", "ingeniero": "engineer", "ingeniera": "engineer", "automatisation": "automation",
    "responsable": "manager", "gerente": "manager", "jefe": "manager", "jefa": "manager",
    "calidad": "quality assurance",
    "vicepresidente": "vice president", "vicepresidenta": "vice president", "ingenieria": "engineering",
    "pruebas": "testing", "de": "of", "du": "of", "des": "of", "der": "of",
}  # fmt: skip
_SHORTEST: Final = 6
_SPELLED: Final = frozenset(
    re.findall(
        r"\S+",
        "athletic athletics director facilities financial manager engineering engineer quality assurance president"
        " officer testing automation coordinator operations assistant associate supervisor",
    )
)
"""Words that are put right where one letter is wrong, lacking or too many, or two changed places."""

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
    (r"\bath\b\.?", "athletic"),
    (r"\bdept\b\.?", "department"),
    (r"\bbldgs?\b\.?", "buildings"),
    (r"\bgrnds\b\.?", "grounds"),
    (r"\bops\b\.?", "operations"),
    (r"\bdev\b\.?", "development"),
    (r"\bmgr\b\.?", "manager"),
    (r"\beng\b\.?", "engineering"),
    (r"\bq\.a\.?", "qa"),
    (r"\bq/a\b", "qa"),
    (r"&|\+|/", " and "),
)


def title_key(title: str) -> str:
    """One spelling of a title: lower case, abbreviations written out, slips put right, no accents or punctuation."""
    key = "".join(c for c in unicodedata.normalize("NFKD", title.casefold()) if not unicodedata.combining(c))
    for pattern, long in _SHORT:
        key = re.sub(pattern, long, key)
    words = re.sub(r"[^\w]+", " ", key).split()
    return " ".join(_FOREIGN.get(word) or _put_right(word) for word in words)


@lru_cache(maxsize=16_384)
def _put_right(word: str) -> str:
    if len(word) < _SHORTEST or word in _SPELLED:
        return word
    close = [known for known in _SPELLED if OSA.distance(word, known, score_cutoff=1) <= 1]
    # 'Managers' and 'directory' are words of their own.
    return close[0] if len(close) == 1 and not word.startswith(close[0]) else word


_PAST: Final = r"\b(former|formerly|ex|emeritus|emerita|retired)\b"
_SENIORITY: Final = (
    (
        r"\bassistant to\b|\b(administrative|admin|executive|personal) assistant\b"
        r"|\b(director|president|chief|officer|c[teiofmr]o) assistant\b",
        SeniorityLevel.IC,
    ),
    (
        r"\bchief\b|\bc[teiofmr]o\b|\bfounder\b|\bowner\b|(?<!\bvice )\b(president|chancellor)\b",
        SeniorityLevel.C_SUITE,
    ),
    (r"\bvice president\b|\bvice chancellor\b|\bvice provost\b", SeniorityLevel.VP),
    (
        r"\b(assistant|associate|deputy) director\b|\bmanager\b|\blead\b|\bsupervisor\b",
        SeniorityLevel.MANAGER,
    ),
    (r"\bdirector\b|\bhead (of|coach)\b|\bhead\b|\bdean\b|\btreasurer\b", SeniorityLevel.DIRECTOR),
    (
        r"\b(engineer|analyst|specialist|coordinator|assistant|coach|developer|sdet|tester|technician|clerk|custodian"
        r"|groundskeeper|teacher|tutor|trainer|representative)\b|(?<!\bcorporate )\bsecretary\b",
        SeniorityLevel.IC,
    ),
)


def seniority_of(title: str) -> str | None:
    """OCC, contacts.seniority_level, by the words of a title; the highest that is named counts. Who assists somebody
    has not their rank, and who held a post has it no more."""
    key = title_key(title)
    if re.search(_PAST, key):
        return None
    key = re.sub(r"(?<!\bassistant) to\b.*", "", key)  # 'Adviser to the CEO'
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
        r"|capital projects|grounds|(stadium|fields?|turf|venues?) (and \w+ )?(manager|director|supervisor)"
        r"|(director|head|manager|supervisor)( of)? (operations and )?maintenance)\b",
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
        r"\b(chief financial officer|chief (school )?business (officer|official)|cfo"
        r"|vice president (of|for) (finance|business|fiscal|administration and finance|financial)\b.*"
        r"|finance director|director( of)? finance|business manager and treasurer)\b",
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
        r"|engineer automation of tests?"
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
    if re.search(_PAST, key):
        return TitleClass(PersonaType.OTHER.value, None, ContactRole.UNKNOWN.value)
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
