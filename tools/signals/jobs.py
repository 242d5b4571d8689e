"""Openings for software testers: QA, SDET and test automation, told from other trades' quality and test."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from playbooks.feeds import JobWords
from tools.signals.found import FoundSignal, Note
from tools.titles import title_key


@dataclass(frozen=True)
class Opening:
    """A job opening as a feed gives it."""

    title: str
    organisation: str | None = None
    description: str | None = None
    department: str | None = None
    location: str | None = None
    posted: date | None = None
    url: str | None = None
    domain: str | None = None
    row: int = 0


@cache
def _any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def _search(patterns: list[str], text: str) -> re.Match[str] | None:
    return _any(tuple(patterns)).search(text) if patterns and text else None


def read_opening(opening: Opening, words: JobWords) -> FoundSignal | Note | None:
    """A signal, or why a title that has such words is none, or None where it has none.

    The title decides where it names software; elsewhere the description and the department may raise it or undo it,
    and without either a title that is of any trade ('Quality Engineer') is no signal.
    """
    title = _spoken(opening.title)
    role = _search(words.other_roles, title)
    best = None
    for kind in words.titles:
        found = re.search(kind.pattern, title, re.IGNORECASE)
        if found is not None and (best is None or kind.sure > best[0].sure):
            best = (kind, found)
    around = " ".join(part for part in (opening.department, opening.description) if part)
    if best is None:
        return _by_duties(opening, around, words)
    if role is not None:
        return _note(opening, f"'{role[0]}' is another's work")
    kind, found = best
    sure, reasons = kind.sure, [f"the title says '{found[0].strip()}'"]
    other = _search(words.other_trades, title)
    if other is not None and not kind.of_software:
        return _note(opening, f"'{other[0]}' is of another trade")
    helps, undoes = _search(words.software_context, around), _search(words.other_context, around)
    # The title without what makes it one of testing: 'Test Engineer, Payments Platform'.
    named = _search(words.software_names, f"{opening.title} {opening.department or ''}")
    by_department = _search(words.other_trades, _spoken(opening.department or ""))
    if not kind.of_software:
        if by_department is not None:
            return _note(opening, f"the department is of another trade: '{by_department[0]}'")
        if helps is not None:
            sure = min(0.95, sure + 0.25)
            reasons.append(f"the description speaks of '{helps[0]}'")
        elif named is not None:
            sure = min(0.9, sure + 0.2)
            reasons.append(f"it is about '{named[0]}'")
        elif undoes is not None:
            return _note(opening, f"the description is of another trade: '{undoes[0]}'")
    if sure < words.signal_from:
        return _note(opening, "the title does not say that software is tested")
    return _found(opening, sure, reasons)


def _by_duties(opening: Opening, around: str, words: JobWords) -> FoundSignal | Note | None:
    """A title that names no testing, with a description that is about little else."""
    if not around:
        return None
    said = (
        list(dict.fromkeys(m[0].casefold() for m in _any(tuple(words.duties)).finditer(around))) if words.duties else []
    )
    if len(said) < 2 or not re.search(
        r"\b(?:engineer|developer|analyst|tester|test|quality)", opening.title, re.IGNORECASE
    ):
        return None
    if _search(words.other_roles, _spoken(opening.title)):
        return None
    if len(said) < 3:
        return _note(opening, f"the description speaks of '{said[0]}', but testing is not the job")
    return _found(opening, 0.65, [f"the description speaks of {', '.join(repr(s) for s in said[:3])}"])


def _spoken(title: str) -> str:
    # 'QA/QC' is a trade of its own, which spelling out '/' would hide.
    return title_key(re.sub(r"(?i)\bqa\s*[/&]\s*qc\b", "qaqc", title.replace("_", " ")))


def _note(opening: Opening, reason: str) -> Note:
    return Note(opening.row, opening.organisation, opening.title, reason)


def _found(opening: Opening, sure: float, reasons: list[str]) -> FoundSignal:
    return found_in_opening(opening, sure, tuple(reasons))


def found_in_opening(opening: Opening, sure: float, reasons: tuple[str, ...]) -> FoundSignal:
    """The signal that an opening is."""
    return FoundSignal(
        type="qa_job_posting",
        organisation=opening.organisation,
        domain=opening.domain,
        description=f"{opening.title}, {opening.location}" if opening.location else opening.title,
        evidence=opening.title,
        reasons=reasons,
        sure=sure,
        row=opening.row,
        source_url=opening.url,
        seen_on=opening.posted,
    )
