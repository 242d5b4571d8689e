"""Whom a reply points to: the name, title and address of somebody else, copied from its text."""

import re
import unicodedata
from dataclasses import dataclass

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_WORD = r"(?:[A-ZÀ-ÖØ-ÞŁŚŻŠČ][\w'’]{1,30}(?:-[A-Z][\w'’]{1,30})?)"
_RUN = re.compile(
    rf"(?:\b(?:Mr|Mrs|Ms|Dr|Coach|Prof|Herrn?|Frau|Mme|Sr|Sra|Señora?|Don|Doña)\.?\s)?\b{_WORD}"
    rf"(?:\s(?:[A-Z]\.\s|van (?:der |den )?|von |de |da |del |la |di )?{_WORD}){{0,2}}"
)
_HONORIFIC = re.compile(r"^(?:Mr|Mrs|Ms|Dr|Prof|Herrn?|Frau|Mme|Sr|Sra|Señora?|Don|Doña)\.?\s")
_LEADS = re.compile(
    r"(?:contact|reach out to|speak (?:with|to)|talk (?:with|to)|try|ask(?: for)?|e-?mail|call|write(?: to)?|want|tell|"
    r"in touch with|connect with|deal with|loop(?:ing)? in|copy(?:ing)?(?: in)?|cc[:’'\w]*|add(?:ing)?|\+|to|for|by|"
    r"with|is|meant|through|via|bring(?:ing)? in|meet|introduce you to|name[d']?s?|convince|see|through|"
    r"an|bei|contactez|avec|con|a|com|o|il|de|do|da|met|bij|till?)\s"
    r"(?:please\s)?(?:(?:my|our|the|der|die|den|das|mon|ma|notre|le|la|el|a|o|os)\s)?(?:[a-zà-ÿ]+\s|l['’][a-zà-ÿ]+\s){0,3}(?:[A-Z]{2,4}\s)?$",
    re.I,
)
_SURE_LEADS = re.compile(
    r"(?:contact|reach out to|speak (?:with|to)|talk (?:with|to)|ask(?: for)?|in touch with|loop(?:ing)? in|"
    r"copying(?: in)?|adding|cc[’']?(?:ing|ed|d)?|want|go through|start with|attention|attn:?|let|"
    r"(?:belongs|passed|handed|forward(?:ed|ing)?)(?: (?:it|this|that))? (?:on )?to|det är|"
    r"(?:stand-in|person|contact|name|colleague|successor|replacement|boss)(?: (?:you|to|for|here|now|\w+)){0,3} is|"
    r"wenden sie sich(?: bitte)? an|contactez|fale com|"
    r"hable con|try|frau|herrn?)\s(?:please\s)?(?:(?:my|our|the)\s)?(?:[a-z]+\s){0,2}(?:[A-Z]{2,4}\s)?$",
    re.I,
)
_DOES = re.compile(
    r"^(?:,[^,.\n]{3,60},)?\s(?:handles|is (?:the|our|in charge|responsible|who|your)|runs|oversees|owns|takes care|"
    r"looks after|leads|keeps|decides|manages|would|has|took over|takes over|starts|will|chairs|heads|picks|signs|"
    r"approves|buys|knows|does|makes|som bestämmer|ist|leitet|s['’]en occupe|gère|lleva|"
    r"cuida|se ne occupa|sköter|gaat)\b",
    re.I,
)
_TITLE_WORD = (
    r"director|manager|lead|head|vp|vice president|president|chief|officer|cfo|cto|coo|ceo|superintendent|principal|"
    r"treasurer|agent|coach|groundskeeper|sdet|engineer|supervisor|coordinator|bursar|chair(?:man|woman|person)?|dean|"
    r"contractor|electrician|architect|secretary|boss|administrator|leiter(?:in)?|\w+leiter(?:in)?|directeur|directrice|"
    r"responsable|gerente|encargad[oa]|coordinador[a]?|diretor[a]?|responsabile|direttore|direttrice|kierownik|dyrektor|"
    r"chef|hoofd|ad|assistant|buyer|owner|controller|comptroller|registrar|provost|foreman|technician|specialist|mgr|supt|"
    r"planner|custodian|jefe|jefa|capo|patron"
)
_TITLE = re.compile(
    rf"\b(?:(?:senior|associate|assistant|deputy|vice|interim|chief|head|global|athletic|qa|quality|facilities|facility|"
    rf"business|project|operations|engineering|test|plant|purchasing|sdet|electrical|grounds|building|technical|finance)\s)*"
    rf"(?:{_TITLE_WORD})\b"
    rf"(?:\s(?:of|for|de|do|da|della|des|du)\s(?:the\s)?[\w&-]+(?:\s(?:and|&|of)\s[\w-]+|\s[A-Z][\w-]+){{0,2}})?",
    re.I,
)
_NOT_NAMES = frozenset(
    """I We You He She It They The This That These Those Please Thanks Thank Hi Hello Hey Dear Best Back Again Me Us If
    In On At To For From And But Or So No Not Yes Sure Next Our My Your His Her Their There Here What When Where Who How
    Why Let Lets Can Could Would Will Do Does Did Is Are Was Have Has Had As By Of With All Any Every Some Send Call Ask
    Talk Try Contact Put Set Sorry Ok Okay Well Just Now Then After Before Once Since Maybe Wrong Nothing Anything Also
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September
    October November December Spring Summer Fall Winter Christmas Re Fwd LED AD QA VP CFO CTO COO CEO SDET IT HR RFP AI
    Director Head Vice Chief Athletic Facilities Superintendent President Manager Engineering Purchasing Bond Field
    Bitte Guten Sehr Der Die Das Ich Wir Sie Dafür Ansprechpartner Ansprechpartnerin Bonjour Merci Nous Je Hola Gracias
    Yo El La Los Aqui Já Olá Buongiorno Grazie Regards Cheers Main University College School Campus Team Office
    Kollegin Kollege Leiter Leiterin Chef Chefin Notre Votre Mi Det Eso Voyez Deve Adding Regards
    Sounds Not Anyway Great Good Nice Happy Half Right Better This""".split()  # noqa: SIM905
)


_ORGANISATION = frozenset(
    """systems consulting services inc llc ltd gmbh group software labs university college solutions partners school
    schools district department stadium field athletics lighting technologies bank academy institute""".split()  # noqa: SIM905
)
_ROLES = frozenset(
    """info office sales facilities purchasing athletics admin contact qa team support hello mail help finance
    procurement bursar operations engineering it""".split()  # noqa: SIM905
)
"""What the name of a shared mailbox begins with."""
_THEIRS = (
    r"(?:our|the|my|their|his|her|an?|unser(?:e|en|em)?|mein(?:e|en|em)?|notre|mon|ma|mi|nuestr[oa]|nosso|nossa|il|o|"
    r"la|le)"
)
_APPOSITION = re.compile(rf"\b{_THEIRS}\s((?:[\w&/-]+\s){{0,5}}[\w&/-]+),?\s$", re.I)
_BEHIND = re.compile(
    r"\s?(?:[,(–-]|\bis\b|\bist\b|\best\b|\bas\b|\bstarts as\b|\.\s(?:s?he|they)(?:['’]s|\sis|\sare)\b)\s?"
    rf"(?:who(?:['’]s|\sis)\s|now\s|also\s)?(?:{_THEIRS}\s)?([^,.;:()\n@]{{2,70}})",
    re.I,
)
_TITLE_ENDS = re.compile(
    r"\s(?:who|that|which|he|she|they|at|here|with|will|would|can|is|has|handles|runs|takes|so|but|on|over|since|"
    r"(?:and|for) (?:he|she|they|i|we|us|that|this|the|it|will|would|can|has|is|runs|handles|(?-i:[a-z]+s))|"
    r"(?:le|la|il|que|qui|die|der|som)\s.*|monday|tuesday|wednesday|thursday|friday)\b.*$",
    re.I,
)


@dataclass(frozen=True)
class Person:
    """Whom a reply names; each part as the text has it, None where it does not say."""

    name: str | None
    title: str | None
    email: str | None

    @property
    def known(self) -> bool:
        """Whether there is anything to find them by."""
        return bool(self.name or self.title or self.email)


def named_person(text: str) -> Person:
    """The likeliest person that a reply points to, by their address, title, and the words around the name."""
    text = text[:4000]
    found = _EMAIL.search(text)
    email = found.group(0).rstrip(".").lower() if found else None
    local = _folded(email.partition("@")[0]) if email else ""
    best, most = None, 1.85
    for run in _RUN.finditer(text):
        start, name = _trimmed(run)
        if not name or "@" in text[run.end() : run.end() + 1]:
            continue
        marks = _marks(text, start, run.end(), name, local)
        if marks > most:
            best, most = (start, run.end(), name), marks
    title = _title(text, best[0], best[1]) if best else None
    if best is None and local:
        words = re.findall(r"\b[a-zà-ÿ]{3,}\b", text.split("@")[0])
        lower = next((w for w in words if _folded(w) == local and w not in _ROLES), None)
        chosen = lower.title() if lower else None
    else:
        chosen = best[2] if best else None
    if title is None and (alone := _TITLE.search(text)) and (best is None or abs(alone.start() - best[0]) < 60):
        idiom = alone.group(0).lower() in ("head", "chair", "lead", "agent", "ad", "owner", "chef") and best is not None
        title = None if idiom else alone.group(0)
    return Person(_HONORIFIC.sub("", chosen) if chosen else None, title, email)


def _trimmed(run: re.Match[str]) -> tuple[int, str]:
    """A run of capitals without the words at its start and end that are no names."""
    words, start = run.group(0).split(" "), run.start()
    while words and words[0].split("'")[0].split("’")[0] in _NOT_NAMES:
        start += len(words[0]) + 1
        words = words[1:]
    while words and words[-1] in _NOT_NAMES:
        words = words[:-1]
    if any(word.lower() in _ORGANISATION for word in words):
        return start, ""
    return start, " ".join(words).removesuffix("'s").removesuffix("’s")


def _marks(text: str, start: int, end: int, name: str, local: str) -> float:
    before, after = text[max(0, start - 60) : start], text[end : end + 70]
    parts = [_folded(part) for part in name.split() if len(part) > 2]
    marks = 3.0 if local and any(part in local for part in parts) else 0.0
    if _SURE_LEADS.search(before):
        marks += 2.0
    elif _LEADS.search(before):
        marks += 1.0
    if _DOES.match(after):
        marks += 1.5
    if re.match(r"\s?[,(–-]\s?(?:(?:our|the|my|who|que)\s)?", after) and _TITLE.search(after[:45]):
        marks += 2.0
    if re.search(rf"(?:{_TITLE_WORD})(?:\sof\s\w+)?\s?[,:(–-]?\s?(?:is\s)?$", before, re.I):
        marks += 1.5
    if _HONORIFIC.match(text[start:end]):
        marks += 1.0
    if re.match(r"\.\s(?:S?he|They)\b", after):
        marks += 1.0
    held = _APPOSITION.search(before) if before.endswith(", ") else None
    if held and _TITLE.search(held[1]):
        marks += 2.0
    else:
        held = None
    if " " in name:
        marks += 0.9
    alone = re.search(r"(?:^|\n|[,!.]\s)$", before) is not None
    if alone and not held and (re.match(r"[.\s]*$", after) or re.match(r"\n", after)):
        marks -= 1.5  # the last words of a letter are who wrote it
    elif re.search(r"\n\s*$", before) and re.match(r"[^\n]{0,60}$", text[end:]):
        marks -= 2.5  # and so is a last line that begins with a name
    if re.search(r"(?:dear|hi|hello|hallo|bonjour|hola|frau|herr)\s$", before[-12:], re.I) and after.startswith(
        (",", "!")
    ):
        marks -= 3.0  # it is us whom they greet
    return marks


def _title(text: str, start: int, end: int) -> str | None:
    """A title beside a name: behind it after a comma, a verb or in brackets, or in front of it."""
    behind = _BEHIND.match(text[end : end + 110])
    if behind and (found := _titled(behind[1])):
        return found
    before = text[max(0, start - 70) : start]
    front = _APPOSITION.search(before)
    if front and (found := _titled(front[1])):
        return found
    at = list(_TITLE.finditer(before))
    return at[-1].group(0).strip() if at and len(before) - at[-1].end() < 4 else None


def _titled(words: str) -> str | None:
    """The words of a title, where some words beside a name are one: at most six, and what follows is cut off."""
    words = _TITLE_ENDS.sub("", " " + words).strip(" \"'“”")
    # 'Director of Facilities and Events' is one title, 'our test manager and busy' is not.
    first, joined, _ = words.partition(" and ")
    if joined and not re.search(r"\b(?:of|for)\b", first):
        words = first
    return words if 0 < len(words.split()) <= 6 and _TITLE.search(words) else None


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in plain if c.isalnum())
