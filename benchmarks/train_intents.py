"""Trains the classifier of intents on tools/intents/data/replies.txt and writes tools/intents/data/intents.npz.

    python benchmarks/train_intents.py

Logistic regression on the encoder's vectors, by numpy alone, with nothing random: every run gives the same but for
rounding. How far its probabilities are to be believed (the temperature) comes from replies that it was not trained on,
in five parts by turns. Measure what comes of it with `python benchmarks/intents.py`, on replies that neither this file
nor its author has seen.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.intents.encoder import encoder

DATA = Path(__file__).resolve().parents[1] / "tools" / "intents" / "data"
PENALTY = 33.0
STEPS, RATE = 400, 0.05
PARTS = 5
STRANGERS = 1.7
"""What strangers write lies further from the training data than its own parts from each other: probabilities are
drawn together by this much more."""
Floats = NDArray[np.float64]


def labelled() -> list[tuple[str, str]]:
    """(intent, reply) of every line."""
    rows, intent = [], ""
    for line in (DATA / "replies.txt").read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            intent = heading[1]
        elif line.strip() and not line.startswith("#"):
            rows.append((intent, line))
    return rows


def softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def fitted(vectors: Floats, wanted: Floats) -> tuple[Floats, Floats]:
    """Weights and bias: intents weigh alike however many replies each has."""
    each = (wanted / wanted.sum(axis=0)).sum(axis=1) * len(wanted) / wanted.shape[1]
    weights, bias = np.zeros((vectors.shape[1], wanted.shape[1])), np.zeros(wanted.shape[1])
    pace = [np.zeros_like(weights), np.zeros_like(bias)]
    for _ in range(STEPS):
        off = (softmax(vectors @ weights + bias) - wanted) * each[:, None] / len(wanted)
        slope = vectors.T @ off + weights * PENALTY / len(wanted)
        pace = [0.9 * pace[0] + slope, 0.9 * pace[1] + off.sum(axis=0)]
        weights, bias = weights - RATE * pace[0], bias - RATE * pace[1]
    return weights, bias


def main() -> None:
    rows = labelled()
    intents = sorted({intent for intent, _ in rows})
    truth = np.array([intents.index(intent) for intent, _ in rows])
    wanted = np.eye(len(intents))[truth]
    vectors = np.stack([encoder().sentence(text).vector for _, text in rows]).astype(np.float64)
    centre = vectors.mean(axis=0)
    spread = float((vectors - centre).std())
    vectors = (vectors - centre) / spread
    part = np.arange(len(rows)) % PARTS
    scores = np.zeros_like(wanted)
    for turn in range(PARTS):
        weights, bias = fitted(vectors[part != turn], wanted[part != turn])
        scores[part == turn] = vectors[part == turn] @ weights + bias
    tried = [step / 20 for step in range(6, 61)]
    temperature = min(tried, key=lambda t: -np.log(softmax(scores / t)[np.arange(len(rows)), truth]).mean())
    temperature *= STRANGERS
    weights, bias = fitted(vectors, wanted)
    np.savez(
        DATA / "intents.npz",
        intents=np.array(intents),
        weights=(weights / spread / temperature).astype(np.float32),
        bias=((bias - centre @ weights / spread) / temperature).astype(np.float32),
    )
    right = (scores.argmax(axis=1) == truth).mean()
    print(f"{len(rows)} replies, {right:.1%} of those left out right, temperature {temperature:.2f}")


if __name__ == "__main__":
    main()
