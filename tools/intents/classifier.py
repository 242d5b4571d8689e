"""The classifier of intents: logistic regression on a sentence's vector, with probabilities that can be believed."""

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
    if not any(c.isalpha() for c in text):
        return None
    sentence = encoder().sentence(text)
    if sentence.unknown > _MOST_UNKNOWN:
        return None
    intents, weights, bias = _trained()
    scores = sentence.vector @ weights + bias
    powers = np.exp(scores - scores.max())
    return Guess({intent: float(share) for intent, share in zip(intents, powers / powers.sum(), strict=True)})
