"""What a message chooses from: statements that were not said before, and which of several that fit."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from tools.wording import sentences

T = TypeVar("T")
Statement = dict[str, Any]

_FEWEST_WORDS = 4
"""A shorter sentence ('Thanks.') may stand in two messages."""
_EVERYDAY = frozenset(
    re.findall(
        r"\S+",
        "a an and are as at be but by for from has have i in is it let me no not of on only or so that the then there"
        " to us we what when where with you your",
    )
)


class Picker:
    """Picks among equals: always the same for one contact, another one at each turn; or the shortest."""

    def __init__(self, seed: str, turn: int, *, shortest: bool) -> None:
        self._seed, self._turn, self._shortest = seed, turn, shortest

    def __call__(self, kind: str, choices: Sequence[T]) -> T | None:
        if not choices:
            return None
        if self._shortest:
            return sorted(choices, key=_length)[self._turn % len(choices)]
        start = int(hashlib.sha256(f"{self._seed}/{kind}".encode()).hexdigest(), 16)
        return choices[(start + self._turn) % len(choices)]


def _length(choice: object) -> int:
    return len(choice["text"] if isinstance(choice, dict) else str(choice))


class SaidBefore:
    """What earlier messages to this person said."""

    def __init__(self, before: Sequence[dict[str, Any]]) -> None:
        bodies = [entry.get("body") or "" for entry in before]
        self._text = "\n".join(_plain(body) for body in bodies)
        self._sentences = {_plain(s) for body in bodies for s in sentences(body)}
        self.facts = {number for entry in before for number in entry.get("facts") or []}
        self.subjects = {(entry.get("subject") or "").casefold() for entry in before}

    def holds(self, text: str) -> bool:
        """Whether this text, or a sentence of it, stands in an earlier message."""
        return _plain(text) in self._text or any(self.repeats(s) for s in sentences(text))

    def repeats(self, sentence: str) -> bool:
        """Whether a sentence of more than a few words stood in an earlier message."""
        return len(sentence.split()) >= _FEWEST_WORDS and _plain(sentence) in self._sentences

    def without_repeats(self, body: str) -> str:
        """The body without the sentences that an earlier message had; the lines of greeting and sign-off stay."""
        paragraphs = []
        for paragraph in body.split("\n\n"):
            lines = [" ".join(s for s in sentences(line) if not self.repeats(s)) for line in paragraph.split("\n")]
            if kept := [line for line in lines if line]:
                paragraphs.append("\n".join(kept))
        return "\n\n".join(paragraphs)


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".?!").casefold()


class Choice:
    """Chooses the statements of one message: fitting ones that were not said before, one after the other."""

    def __init__(self, brief: dict[str, Any], pick: Picker, said: SaidBefore) -> None:
        self._pick = pick
        self._all: list[Statement] = brief["statements"]
        self._fresh = [s for s in self._all if not said.holds(s["text"])]
        self._objection = ((brief.get("objection") or {}).get("response") or "") if said.facts else ""
        self._variant: dict[str, str] = {}
        if variant := brief.get("variant"):
            self._variant = {variant["variable"]: variant["value"]}

    def varies(self, variable: str) -> str | None:
        """The value that this message's experiment gives a variable."""
        return self._variant.get(variable)

    def of(self, kind: str) -> list[Statement]:
        """The statements of a kind that may still be said; those that the template names, where it names any."""
        fitting = [s for s in self._fresh if s["kind"] == kind]
        return [s for s in fitting if s.get("preferred")] or fitting

    def one(self, kind: str, *, after: Sequence[Statement | None] = ()) -> Statement | None:
        """One that follows on from what was said just before, else one that stands by itself."""
        fitting = self.of(kind)
        if kind in ("value", "proof") and (style := self.varies("proof_point_style")):
            fitting = [s for s in fitting if s.get("style") == style] or fitting
        if kind == "pain" and (hook := self.varies("pain_hook")):
            fitting = [s for s in fitting if s["id"] == hook] or fitting
        before = {statement["id"] for statement in after if statement}
        following = [s for s in fitting if before & set(s["follows"])]
        alone = [s for s in fitting if not s["follows"]]
        return self._pick(kind, self._towards(following or alone or fitting))

    def question(self, *, soft: bool, after: Sequence[Statement | None]) -> Statement | None:
        """What is asked in the end: about what was said, else about nothing else; None where nothing is left to ask."""
        fitting = self.of("ask")
        if any(s.get("preferred") for s in fitting):
            return self._pick("ask", fitting)
        before = {statement["id"] for statement in after if statement}
        able = [s for s in fitting if not s["follows"] or before & set(s["follows"])]
        wanted = soft or self.varies("ask_intensity") == "soft"
        return self._pick("ask", [s for s in able if s["soft"] == wanted] or able)

    def among(self, kind: str, choices: list[Statement]) -> Statement | None:
        """One of these."""
        return self._pick(kind, choices)

    def _towards(self, choices: list[Statement]) -> list[Statement]:
        """Of several those that are nearest to what there is to say to the likely objection."""
        wanted = _words(self._objection)
        best = max((len(_words(s["text"]) & wanted) for s in choices), default=0)
        return [s for s in choices if len(_words(s["text"]) & wanted) == best] if best > 1 else choices


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower())) - _EVERYDAY
