"""Strategies: real examples with something done to them, and values that no honest writer would write."""

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

MOST = 200_000
"""Bytes of a case: a case that is slow at this size has a cost that grows faster than its size."""

DIRT: tuple[bytes, ...] = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\xe2\x80\xa8", b"\xe2\x80\xae",
    b"\xc2\x85", b"\xe2\x80\x8b", b"\xcc\x81" * 40, b"\xf0\x9f\x92\xa1", b"\xc5\xbf", b"\xc4\xb0", b"\xd9\xa3",
    b"\xc2\xb2",
    b"\r", b"\n", b"\r\n", b"\n\r", b"\x0c", b"\x1b[2J", b"\x7f", b"\t", b" " * 300, b'"', b"'", b"\\",
    b"\\u0000", b"\\ud800",
    b"\\udc00\\ud800", b",", b";", b":", b"=", b"|", b"<", b">", b"<!--", b"<script>", b"&#0;", b"&#xD800;",
    b"&#1114112;",
    b"--", b"{", b"}", b"[", b"]", b"(", b")", b"{{", b"{%", b"#", b"%", b"%00", b"%ud800", b"@", b"..",
    b"../../x", b"/",
    b"//", b"http://[::1", b"https://a:b@c:99999/", b"xn--a", b"=cmd|' /C calc'!A0", b"null", b"true", b"NaN",
    b"-Infinity",
    b"1e999", b"-1", b"0", b"1.5", b"9" * 400, b"9" * 5000, b"0x7f", b"1_0", b"12/31/9999", b"9999-12-31",
    b"0001-01-01",
    b"0000-00-00", b"2026-02-30", b"2026-03-02T10:00:00+99:99", b"9999-12-31T23:59:59-23:59",
    b"0001-01-01T00:00:00+23:59",
    b"=?utf-8?b?=", b"=?utf-8?q?=00?=", b"=?x?y?z?=",
    b"[" * 3000, b'{"a":' * 3000, b"(" * 3000, b"a" * 20_000, b"<b>" * 3000,
    b"'''", b'"""', b"- ", b"> ", b"From x\n", b"a.a.a.a.a.a.a.a.a." * 300, b"A" * 70 + b"@" + b"b." * 140 + b"c",
)  # fmt: skip

ODD_JSON: tuple[str, ...] = (
    "null", "true", "false", "0", "-1", "1.5", "1e999", "NaN", "-Infinity",
    "9" * 400, "9" * 5000, "-" + "9" * 30, '""', '" "',
    '"\\u0000"', '"\\ud800"', '"\\ud83d"', '"\\u2028\\u202e\\u0085"', '"\\u001b[2J"', "[]", "{}", "[[]]",
    '[null]', '{"":""}',
    '{"a":{"b":{"c":[1,{"d":null}]}}}', "[" * 200 + "]" * 200, "[" * 900 + "]" * 900, "[" * 5000 + "]" * 5000,
    '{"a":' * 400 + "1" + "}" * 400, '{"name":' * 900 + "1" + "}" * 900, '"' + "x" * 30_000 + '"',
    '"' + "a b. " * 4000 + '"',
    '"9999-12-31"', '"0001-01-01"', '"12/31/9999"', '"2026-03-02T10:00:00+99:99"',
    '"0001-01-01T00:00:00+23:59"', '"1e999"',
    '"9"', '"²"', '"٣"', '"İſ"', '"http://[::1"', '"https://a:b@c:99999/"', '"xn--a.example"', '"a@b@c"',
    '"=1+1"', '"<b>"',
    '["a","b"]', '[1,"a",null]', '"' + "9" * 6000 + '"', '"../../x"', '"{{ 7*7 }}"', '"%s%n"', "-0", "1E400",
    "0.1e-999",
)  # fmt: skip

ENCODINGS = (
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-7",
    "utf-8-sig",
    "cp1252",
    "cp037",
    "shift_jis",
    "gb18030",
    "koi8_r",
)

Step = tuple[int, int, int, int]


def _flip(data: bytearray, at: int, value: int, _dirt: int, _all: Sequence[bytes]) -> bytes:
    if data:
        data[at % len(data)] = value % 256
    return bytes(data)


def _cut(data: bytearray, at: int, _value: int, _dirt: int, _all: Sequence[bytes]) -> bytes:
    return bytes(data[: at % (len(data) + 1)])


def _drop(data: bytearray, at: int, value: int, _dirt: int, _all: Sequence[bytes]) -> bytes:
    start = at % (len(data) + 1)
    return bytes(data[:start] + data[start + value % 40 :])


def _double(data: bytearray, at: int, value: int, _dirt: int, _all: Sequence[bytes]) -> bytes:
    start = at % (len(data) + 1)
    piece = data[start : start + 1 + value % 200]
    return bytes(data[:start] + piece + data[start:])


def _insert(data: bytearray, at: int, _value: int, dirt: int, _all: Sequence[bytes]) -> bytes:
    start = at % (len(data) + 1)
    return bytes(data[:start] + DIRT[dirt % len(DIRT)] + data[start:])


_WORD = re.compile(rb'"[^"\n]*"|[^\s,;:<>"\[\]{}=|]+')


def _swap(data: bytearray, at: int, _value: int, dirt: int, _all: Sequence[bytes]) -> bytes:
    """Another thing where a word stood, so that what is around stays sound."""
    words = list(_WORD.finditer(data, at % (len(data) + 1)))[:1] or list(_WORD.finditer(data))[:1]
    if not words:
        return DIRT[dirt % len(DIRT)]
    return bytes(data[: words[0].start()] + DIRT[dirt % len(DIRT)] + data[words[0].end() :])


def _blow(data: bytearray, at: int, value: int, _dirt: int, _all: Sequence[bytes]) -> bytes:
    """A short stretch so often that what is not linear in it shows."""
    start = at % (len(data) + 1)
    piece = bytes(data[start : start + 1 + value % 24])
    return bytes(data[:start]) + piece * (value % 60_000 // max(1, len(piece))) + bytes(data[start:])


def _recode(data: bytearray, _at: int, value: int, _dirt: int, _all: Sequence[bytes]) -> bytes:
    return bytes(data).decode("utf-8", "replace").encode(ENCODINGS[value % len(ENCODINGS)], "replace")


def _ends(data: bytearray, at: int, value: int, _dirt: int, _all: Sequence[bytes]) -> bytes:
    lines = bytes(data).split(b"\n")
    marks = (b"\r\n", b"\r", b"\n", b"\n\n", b"\r\r\n")
    return b"".join(line + marks[(value + n * (at % 7)) % len(marks)] for n, line in enumerate(lines))


def _splice(data: bytearray, at: int, value: int, dirt: int, every: Sequence[bytes]) -> bytes:
    other = every[dirt % len(every)]
    return bytes(data[: at % (len(data) + 1)]) + other[value % (len(other) + 1) :]


_STEPS: tuple[Callable[[bytearray, int, int, int, Sequence[bytes]], bytes], ...] = (
    _flip, _cut, _drop, _double, _insert, _insert, _swap, _swap, _swap, _blow, _recode, _ends, _splice,
)  # fmt: skip
_A_STEP = 7
_A_CHANGE = 4
"""Bytes that a step, and a change of JSON, are read from: drawing a few bytes is ten times cheaper than drawing as many
numbers, and a smaller item still comes from smaller bytes."""


def _steps(drawn: bytes) -> list[Step]:
    return [
        (one[0] % len(_STEPS), int.from_bytes(one[1:4], "big"), int.from_bytes(one[4:6], "big"), one[6])
        for one in (drawn[at : at + _A_STEP] for at in range(0, len(drawn) - _A_STEP + 1, _A_STEP))
    ]


def steps(most: int) -> st.SearchStrategy[list[Step]]:
    """One step or more, at most so many."""
    return st.binary(min_size=_A_STEP, max_size=_A_STEP * most).map(_steps)


def apply(data: bytes, made: Sequence[Step], examples: Sequence[bytes]) -> bytes:
    """An example with some things done to it, one after the other; at most MOST bytes."""
    for which, at, value, dirt in made:
        data = _STEPS[which](bytearray(data), at, value, dirt, examples)[:MOST]
    return data


def damaged(*examples: bytes) -> st.SearchStrategy[bytes]:
    """An example, damaged one to six times; now and then bytes that are of nothing."""
    made = st.builds(
        lambda one, made: apply(examples[one], made, examples), st.integers(0, len(examples) - 1), steps(6)
    )
    return made | made | made | st.binary(max_size=200)


def damaged_text(*examples: str) -> st.SearchStrategy[str]:
    """The same of texts: what is no UTF-8 afterwards becomes halves of surrogate pairs, which JSON can spell out."""
    return damaged(*(one.encode() for one in examples)).map(lambda data: data.decode("utf-8", "surrogateescape"))


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a JSON value, as (container, key)."""
    found: list[tuple[Any, Any]] = []
    stack = [value]
    while stack:
        inner = stack.pop()
        keys = list(inner) if isinstance(inner, dict) else range(len(inner)) if isinstance(inner, list) else ()
        for key in keys:
            found.append((inner, key))
            stack.append(inner[key])
    return found


_MARK = re.compile(r'"\ue000(\d+)\ue000"')


def odd_json(*examples: Any) -> st.SearchStrategy[bytes]:
    """An example of JSON, sound as JSON, with one to four of its values replaced, left out or written twice."""
    texts = [json.dumps(one) for one in examples]

    def make(one: int, drawn: bytes) -> bytes:
        whole = [json.loads(texts[one])]
        for at in range(0, len(drawn) - _A_CHANGE + 1, _A_CHANGE):
            what, where, odd = (
                drawn[at] % 10,
                int.from_bytes(drawn[at + 1 : at + 3], "big"),
                drawn[at + 3] % len(ODD_JSON),
            )
            places = _places(whole)
            inner, key = places[where % len(places)]
            if what == 0 and isinstance(inner, dict):
                del inner[key]
            elif what == 1 and isinstance(inner, dict):
                inner[f"\ue000{odd}\ue000"] = inner[key]
            elif what == 2:
                inner[key] = [inner[key]]
            elif what == 3:
                inner[key] = {"name": inner[key]}
            else:
                inner[key] = f"\ue000{odd}\ue000"
        if not whole:
            return b""
        text = _MARK.sub(lambda m: ODD_JSON[int(m[1])], json.dumps(whole[0], ensure_ascii=False))
        # A key must be a text to be a key.
        return text.replace("\ue000", "k").encode("utf-8", "surrogatepass")

    drawn = st.binary(min_size=_A_CHANGE, max_size=4 * _A_CHANGE)
    return st.builds(make, st.integers(0, len(examples) - 1), drawn)


TEXTS = tuple(text for odd in ODD_JSON if odd.startswith('"') and isinstance(text := json.loads(odd), str))
"""Texts that fit wherever a text is wanted."""
_NUMBERS = (-(10**30), -(2**63), -(2**31), -1, 0, 1, 2, 3, 60, 100, 2**31 - 1, 2**31, 2**63, 10**30)
_DATES = ("0001-01-01", "1969-12-31", "2026-02-28", "2026-03-02", "2100-01-01", "9999-12-31")


def fitting(schema: dict[str, Any], whole: dict[str, Any], *honest: str) -> st.SearchStrategy[Any]:
    """Values that fit a JSON schema, as odd as it lets them be. `honest` are texts that code may look for."""
    if "$ref" in schema:
        return fitting(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, *honest)
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if "anyOf" in schema:
        return st.one_of([fitting(one, whole, *honest) for one in schema["anyOf"]])
    match schema.get("type"):
        case "object":
            wanted = set(schema.get("required", ()))
            inner = {name: fitting(one, whole, *honest) for name, one in schema.get("properties", {}).items()}
            needed = {name: one for name, one in inner.items() if name in wanted}
            return st.fixed_dictionaries(needed, optional={k: v for k, v in inner.items() if k not in wanted})
        case "array":
            return st.lists(fitting(schema["items"], whole, *honest), max_size=4)
        case "integer" | "number":
            low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
            return st.sampled_from([n for n in _NUMBERS if low <= n <= high] or [low])
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    if schema.get("format") == "date":
        return st.sampled_from(_DATES)
    texts = [text[: schema.get("maxLength", len(text))] for text in (*TEXTS, *honest, *honest, *honest)]
    return st.sampled_from([text for text in texts if len(text) >= schema.get("minLength", 0)])


def json_cases(*examples: Any) -> st.SearchStrategy[bytes]:
    """JSON that is odd and sound, or damaged."""
    odd = odd_json(*examples)
    return odd | odd | odd | damaged(*(json.dumps(one).encode() for one in examples))


def line_cases(*examples: Any) -> st.SearchStrategy[bytes]:
    """JSON lines, some of them odd, or damaged as a whole."""
    whole = "\n".join(json.dumps(one) for one in examples).encode()
    return st.lists(odd_json(*examples), min_size=1, max_size=4).map(b"\n".join) | damaged(whole)
