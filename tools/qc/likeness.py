"""Rules on saying the same again: to one person, and to everybody."""

import re

from tools.qc.model import DraftUnderCheck, Finding, Findings
from tools.qc.parts import told

_RUN = 3
_FEWEST = 8


def _runs(text: str, names: tuple[str, ...] = ()) -> frozenset[tuple[str, ...]]:
    """The runs of three words of a text, without the names that only stand for whom it is about."""
    for name in names:
        if name:
            text = re.sub(re.escape(name), " ", text, flags=re.IGNORECASE)
    words = re.findall(r"[^\W_]+", text.casefold())
    return frozenset(tuple(words[n : n + _RUN]) for n in range(len(words) - _RUN + 1))


def _alike(a: frozenset[tuple[str, ...]], b: frozenset[tuple[str, ...]]) -> float:
    """The share of the shorter text's runs that the other has too, 0 to 1; 0 where it is too short to tell."""
    shorter = min(len(a), len(b))
    return len(a & b) / shorter if shorter >= _FEWEST else 0.0


def like_an_earlier_touch(draft: DraftUnderCheck) -> Findings:
    """A follow-up brings something new."""
    mine, most = _runs(told(draft.text)), draft.playbook.qc.max_likeness
    for earlier in draft.history or ():
        if (share := _alike(mine, _runs(told(earlier.body)))) > most:
            which = f"touch {earlier.touch}" if earlier.touch else "an earlier touch"
            wrong = f"{share:.0%} of its wording is that of {which}."
            yield Finding("body", told(draft.text), wrong, "Bring a new angle, or leave the touch out.")
            return


def like_another_draft(draft: DraftUnderCheck) -> Findings:
    """It is not the letter that others of the batch get, with another name on it."""
    mine = _runs(told(draft.text), (*draft.names, draft.recipient.first_name))
    most, same = draft.playbook.qc.max_batch_likeness, 0
    for text, names in draft.siblings:
        same += _alike(mine, _runs(told(text), names)) > most
    if same:
        wrong = f"{same} other {'draft' if same == 1 else 'drafts'} of the batch say it in nearly the same words."
        yield Finding("body", told(draft.text), wrong, "Say what holds for this reader alone.")
