"""A sentence as 384 numbers, so that sentences which mean the same lie near each other, in many languages.

The network is multilingual-e5-small (12 layers, MIT; see data/SOURCES.md), its weights in four bits, its vocabulary cut
to the pieces of Latin script. Arithmetic is numpy's: one text takes some 20 milliseconds, and nothing is loaded before
the first. Only files in this package are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from tools.intents.pieces import UNKNOWN, Pieces

Floats = NDArray[np.float32]
WIDTH: Final = 384
MOST_PIECES: Final = 192
_HEADS = 12
_BLOCK = 32
_EPSILON = np.float32(1e-12)
_WEIGHTS = Path(__file__).with_name("data") / "encoder.npz"
# What the network was trained to find before a text that is compared, not searched in.
_PREFIX = "query: "


@dataclass(frozen=True)
class Sentence:
    """A text's vector (length one) and the share of its pieces that the vocabulary does not have, 0-1."""

    vector: Floats
    unknown: float


def unpacked(packed: NDArray[np.uint8], scales: NDArray[np.float16]) -> Floats:
    """Four-bit weights as floats: rows of blocks of 32, of which a byte holds two and each block has one scale."""
    rows = packed.shape[:-1]
    blocks = packed.reshape(*rows, -1, _BLOCK // 2)
    halves = np.concatenate([blocks & 0x0F, blocks >> 4], axis=-1).astype(np.float32) - np.float32(8)
    flat: Floats = (halves * scales.astype(np.float32)[..., None]).reshape(*rows, -1)
    return flat


class Encoder:
    """The network, with its weights unpacked (some 90 MB of memory)."""

    def __init__(self) -> None:
        with np.load(_WEIGHTS) as kept:
            read = {name: kept[name] for name in kept.files}
        self.pieces = Pieces(bytes(read["pieces"]).decode().split("\n"), read["scores"].astype(float).tolist())
        self._words = read["word.q"], read["word.d"]
        self._places: Floats = read["places"].astype(np.float32)
        self._first = read["first.w"], read["first.b"]
        # One matrix for query, key and value: one multiplication instead of three. Transposed once, for speed.
        matrices = {name: unpacked(read[f"{name}.q"], read[f"{name}.d"]) for name in ("qkv", "out", "up", "down")}
        self._layers = [
            {name: np.ascontiguousarray(whole[layer].T) for name, whole in matrices.items()}
            | {name: read[name][layer] for name in read if name.endswith(("_b", "_w"))}
            for layer in range(len(read["qkv_b"]))
        ]
        self._threads = ThreadpoolController()

    def sentence(self, text: str) -> Sentence:
        """The vector of a text, of which the first 192 pieces are read."""
        return self.sentences([text])[0]

    def sentences(self, texts: Sequence[str]) -> list[Sentence]:
        """The vectors of several texts in one pass: what takes the time is to go through the weights.

        The texts' pieces lie one behind the other, without padding; only attention keeps them apart.
        """
        numbers = [self.pieces.numbers(_PREFIX + text, MOST_PIECES) for text in texts]
        if not numbers:
            return []
        ends = np.cumsum([len(each) for each in numbers]).tolist()
        parts = [slice(end - len(each), end) for end, each in zip(ends, numbers, strict=True)]
        rows = np.concatenate([np.array(each) for each in numbers])
        places = np.concatenate([self._places[: len(each)] for each in numbers])
        state = unpacked(self._words[0][rows], self._words[1][rows]) + places
        state = _normal(state, *self._first)
        # One thread: the matrices are small, and threads that wait for each other on a busy machine cost far more.
        with self._threads.limit(limits=1, user_api="blas"):
            for layer in self._layers:
                state = _normal(state + _attended(state, parts, layer), layer["mid_w"], layer["mid_b"])
                inner = _gelu(state @ layer["up"] + layer["up_b"])
                state = _normal(state + inner @ layer["down"] + layer["down_b"], layer["end_w"], layer["end_b"])
        means = [state[part].mean(axis=0) for part in parts]
        return [
            Sentence(mean / np.float32(np.linalg.norm(mean)), each.count(UNKNOWN) / len(each))
            for mean, each in zip(means, numbers, strict=True)
        ]


@cache
def encoder() -> Encoder:
    """The encoder, loaded at its first use."""
    return Encoder()


def _attended(state: Floats, parts: Sequence[slice], layer: dict[str, Floats]) -> Floats:
    mixed = (state @ layer["qkv"] + layer["qkv_b"]).reshape(len(state), 3, _HEADS, -1).transpose(1, 2, 0, 3)
    found = np.empty_like(state)
    for part in parts:
        query, key, value = mixed[:, :, part]
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(query.shape[-1]))
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        found[part] = (weights @ value).transpose(1, 0, 2).reshape(query.shape[1], -1)
    joined: Floats = found @ layer["out"] + layer["out_b"]
    return joined


def _normal(values: Floats, weight: Floats, bias: Floats) -> Floats:
    centred = values - values.mean(axis=-1, keepdims=True)
    scaled: Floats = centred / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + _EPSILON) * weight + bias
    return scaled


def _gelu(values: Floats) -> Floats:
    """x * (1 + erf(x / √2)) / 2, with erf to seven digits (Abramowitz and Stegun, 7.1.26)."""
    size = np.abs(values) * np.float32(0.7071067811865476)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.copysign(1 - series * np.exp(-size * size), values)
    activated: Floats = (values * (1 + erf) / 2).astype(np.float32)
    return activated
