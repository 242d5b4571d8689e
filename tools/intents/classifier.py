"""The classifier of intents: logistic regression on a sentence's vector, with probabilities that can be believed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from db.enums import ReplyIntent
from tools.intents.encoder import Floats, encoder

_WEIGHTS = Path(__file__).with_name("data") / "intents.npz"
_MOST_UNKNOWN = 0.25


@dataclass(frozen=True)
class Guess:
    """How likely each intent is (0-1, together 1)."""

    shares: dict[ReplyIntent, float]

    @property
    def best(self) -> ReplyIntent:
        """The likeliest intent."""
        return max(self.shares, key=lambda intent: self.shares[intent])


@cache
def _trained() -> tuple[list[ReplyIntent], Floats, Floats]:
    with np.load(_WEIGHTS) as kept:
        return [ReplyIntent(str(name)) for name in kept["intents"]], kept["weights"], kept["bias"]


def guess(text: str) -> Guess | None:
    """What a text wants; None where it is in a script that the encoder does not read, or says nothing."""
    return guesses([text])[0]


def guesses(texts: Sequence[str]) -> list[Guess | None]:
    """What each text wants, as `guess` says it, in one pass of the encoder."""
    said = [n for n, text in enumerate(texts) if any(c.isalpha() for c in text)]
    found: list[Guess | None] = [None] * len(texts)
    for n, sentence in zip(said, encoder().sentences([texts[n] for n in said]) if said else [], strict=True):
        if sentence.unknown <= _MOST_UNKNOWN:
            found[n] = _of(sentence.vector)
    return found


def _of(vector: Floats) -> Guess:
    intents, weights, bias = _trained()
    scores = vector @ weights + bias
    powers = np.exp(scores - scores.max())
    return Guess({intent: float(share) for intent, share in zip(intents, powers / powers.sum(), strict=True)})
