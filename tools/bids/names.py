"""Takes the name of an institution apart: what kind it is, what it is called, which campus, in which state."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from tools.normalise import STATES, name_words, state_code

Kind = Literal["college", "system", "high_school", "district", "school", "government", "other"]

_UNIT: Final = re.compile(
    r"\b(?:purchasing|procurement|acquisitions?|contracts?|contracting|sourcing|supply chain|athletics|facilit(?:y|ies)"
    r"|facilities management|physical plant|plant operations|business (?:office|services|affairs)|finance"
    r"|administrative services|capital (?:projects|planning)|campus (?:planning|services)|treasurer|accounts payable"
    r"|information technology|buildings (?:and|&) grounds|board of (?:trustees|regents|education)|administration"
    r"|auxiliary services|construction|recreation|recreational sports|maintenance|operations)\b",
    re.IGNORECASE,
)
_UNIT_END: Final = re.compile(
    r"[\s,]+(?:(?:department|dept\.?|office|division|bureau) of\s.*|(?:purchasing|procurement|athletics?"
    r"|facilities|physical plant|finance|accounting|construction)"
    r"(?: (?:department|dept\.?|office|services|division|management))?)$",
    re.IGNORECASE,
)
_BOARD: Final = re.compile(
    r"^(?:the )?(?:board of (?:trustees|education|regents|directors|school commissioners)|trustees|regents)"
    r" (?:of|for) (?:the )?",
    re.IGNORECASE,
)
_BOARD_END: Final = re.compile(r"[\s,]+board of (?:education|trustees|regents|directors)$", re.IGNORECASE)
_SYSTEM: Final = re.compile(
    r"\b(?:university|college|state) system\b|\bsystem of (?:higher|\w+)\b|\bsystem$"
    r"|\bcolleges (?:and|&) universities\b|\bboard of (?:regents|governors)\b|\buniversity system\b"
    r"|\bcommunity colleges? district\b",
    re.IGNORECASE,
)
_HIGH: Final = re.compile(
    r"\b(?:(?:junior|jr\.?|middle)[ /&-]*(?:and )?)?(?:senior |sr\.? )?high(?: school| sch\.?)?(?=\W|$)"
    r"|\bh\.?s\.?(?=\W|$)|\bprep(?:aratory)?(?: school)?\b",
    re.IGNORECASE,
)
_LOWER: Final = re.compile(
    r"\b(?:elementary|middle|primary|intermediate|charter|montessori) school\b|\bschool$", re.IGNORECASE
)
_DISTRICT: Final = re.compile(
    r"\b(?:(?:consolidated|independent|unified|exempted village|local|city|area|public|community|township|county"
    r"|joint|union|regional|metropolitan|unit|parish|central"
    r"|elementary|high|secondary|vocational|career(?: and technical)?) )*"
    r"(?:schools?(?: district| corporation| corp\.?| division| system)|public schools|schools)\b"
    r"(?: (?:no\.?|number|#)? ?\d+\w*)?"
    r"|\b(?:c\.?u\.?s\.?d|i\.?s\.?d|u\.?s\.?d|c\.?s\.?d|s\.?d|t\.?h\.?s\.?d)\.? ?#?(?:\d+\w*)?$|\bboard of education\b",
    re.IGNORECASE,
)
_COLLEGE: Final = re.compile(
    r"\b(?:universit(?:y|ies)|univ\.?|college|coll\.|institute of technology|polytechnic|seminary|conservatory"
    r"|community coll|academy of art)(?=\W|$)",
    re.IGNORECASE,
)
_GOVERNMENT: Final = re.compile(
    r"^(?:city|county|town|village|township|borough|state|commonwealth|parish|municipality) of\b"
    r"|\b(?:county|department|dept|agency|commission|authority|administration|bureau|library|senate|congress"
    r"|court|office|u\.?s\.? (?:army|navy|air force)|army|navy|air force"
    r"|parks?(?: and recreation)?|government|federal|port|police)\b",
    re.IGNORECASE,
)
_STATE_NAMES: Final = {tuple(name.lower().split()) for name in STATES.values()}


@dataclass(frozen=True)
class Name:
    """A name taken apart. `words` are its telling words; `core` is without the words of its kind.

    `main` is true of what calls itself the main campus, which is left out of `words`.
    """

    text: str
    kind: Kind
    words: tuple[str, ...]
    core: tuple[str, ...]
    state: str | None = None
    main: bool = False

    @property
    def key(self) -> str:
        """One spelling of the whole."""
        return " ".join(self.words)

    @property
    def initials(self) -> str:
        """Its first letters, as an abbreviation has them: 'bgsu'."""
        return "".join(word[0] for word in self.words if word[0].isalpha())


@lru_cache(maxsize=50_000)
def parse(text: str) -> Name:
    """Takes a name apart. Departments and purchasing offices of an institution stand for the institution."""
    told, state = _without_state(" ".join(text.split()))
    told = _institution(told)
    told = _BOARD_END.sub("", _BOARD.sub("", told)) or told
    shorter = _UNIT_END.sub("", told)
    if shorter != told and (_COLLEGE.search(shorter) or _DISTRICT.search(shorter) or _HIGH.search(shorter)):
        told = shorter
    kind = _kind(told)
    main = bool(re.search(r"\bmain campus\b", told, re.IGNORECASE))
    told = re.sub(r"\b(?:main )?campus\b", "", told, flags=re.IGNORECASE)
    words = name_words(told)
    core = words
    if kind == "district":
        core = name_words(_DISTRICT.sub(" ", told)) or words
    elif kind in ("high_school", "school"):
        core = name_words(_LOWER.sub(" ", _HIGH.sub(" ", told))) or words
    return Name(text, kind, words, core, state, main)


def _kind(told: str) -> Kind:
    if _SYSTEM.search(told):
        return "system"
    # 'Boston College High School' is a school, 'High Point University' is none.
    if _DISTRICT.search(told) and not re.search(r"\bhigh school$", told, re.IGNORECASE):
        return "district" if not _COLLEGE.search(told) or "school" in told.lower() else "college"
    if re.search(
        r"\b(?:high school|high sch|senior high|junior[- /]senior high|h\.?s\.?)(?=\W|$)", told, re.IGNORECASE
    ):
        return "high_school"
    if re.match(r"(?:state|city|county|commonwealth) of\b", told, re.IGNORECASE):
        return "government"
    if _COLLEGE.search(told):
        return "college"
    if re.search(r"\bhigh$|\bprep(?:aratory)?(?: school)?$", told, re.IGNORECASE):
        return "high_school"
    if _GOVERNMENT.search(told):
        return "government"
    return "school" if _LOWER.search(told) or re.search(r"\bacademy$", told, re.IGNORECASE) else "other"


def _without_state(text: str) -> tuple[str, str | None]:
    state = None
    for found in re.finditer(r"\(([^)]*)\)", text):
        state = state or state_code(found[1])
    text = re.sub(r"\s*\(([^)]*)\)", lambda m: "" if state_code(m[1]) else f" {m[1]}", text)
    tail = re.search(r",\s*([A-Za-z. ]{2,20})$", text)
    if tail is not None and (code := state_code(tail[1])) is not None and not _is_campus_state(text, tail[1]):
        return text[: tail.start()], state or code
    return text, state


def _is_campus_state(text: str, tail: str) -> bool:
    # 'University of Maryland, Baltimore' has no state at its end; 'University of Nevada, Reno' neither.
    return len(tail) > 2 and tail.lower() in text[: -len(tail)].lower()


def _institution(told: str) -> str:
    """The part of 'State of Ohio / Ohio University - Purchasing' that names the institution, with its campus."""
    parts = [part.strip(" ,") for part in re.split(r"\s+[-–—/|:]\s+|\s*[|;]\s*|\s*:\s+|,\s+", told) if part.strip(" ,")]
    if len(parts) < 2:
        return told
    telling = [p for p in parts if _COLLEGE.search(p) or _DISTRICT.search(p) or _HIGH.search(p)]
    named = [
        p for p in telling if not re.match(r"(?:school|college|department|office|division) of\b", p, re.IGNORECASE)
    ]
    if not named:
        return told
    kept = [
        p for p in parts if p in named or not (_UNIT.search(p) or _GOVERNMENT.search(p) or "school of" in p.lower())
    ]
    if any(_HIGH.search(p) for p in named) and len(named) > 1:
        # 'Mason City Schools - Mason High School': the district buys.
        kept = [next((p for p in named if _DISTRICT.search(p) and not _HIGH.search(p)), named[0])]
    elif not _COLLEGE.search(named[0]):
        # What follows a school's name is its place.
        kept = named[:1]
    return " ".join(kept)


def campus_beyond(longer: Name, shorter: Name) -> tuple[str, ...] | None:
    """The words that name a campus where `longer` is `shorter` and more; None where it is no campus of it.

    'Indiana University of Pennsylvania' is no campus of Indiana University: the rest begins with a state.
    """
    size = len(shorter.words)
    if not 1 < size < len(longer.words) or longer.words[:size] != shorter.words:
        return None
    rest = longer.words[size:]
    if any(rest[: len(state)] == state for state in _STATE_NAMES):
        return None
    return rest
