"""JSON: an array of objects, an object with one such array, or one object a line; nested objects flattened by dots."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

from tools.reading.errors import MAX_COLUMNS, MAX_RECORD, MAX_WORKBOOK, UnreadableFile

Form = Literal["array", "object", "lines"]
_DEEP: Final = 8
_PIECE: Final = 1 << 20
# Numbers keep the letters they are written in.
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=lambda _word: None)


def form_of(head: str) -> Form | None:
    """What kind of JSON a text begins like; None where it is none."""
    text = head.lstrip("\ufeff \t\r\n")
    if text.startswith("["):
        return "array" if text[1:].lstrip()[:1] in ("{", "]", "") else None
    if not text.startswith("{"):
        return None
    try:
        _found, end = _DECODER.raw_decode(text)
    except (json.JSONDecodeError, RecursionError):
        return "object"
    return "lines" if text[end:].lstrip()[:1] == "{" or (isinstance(_found, dict) and not _arrays(_found)) else "object"


def columns_of(path: Path, encoding: str, form: Form) -> tuple[str, ...]:
    """Every key of every record, in the order of their first appearance. Raises UnreadableFile beyond the limit."""
    found: dict[str, None] = {}
    for _number, record in records(path, encoding, form):
        if record.keys() - found.keys():
            found |= dict.fromkeys(record)
            if len(found) > MAX_COLUMNS:
                raise UnreadableFile(f"{path.name} has more than {MAX_COLUMNS} different keys.")
    return tuple(found)


def records(path: Path, encoding: str, form: Form) -> Iterator[tuple[int, dict[str, str]]]:
    """The records with their numbers (from 1), flattened. Raises UnreadableFile where the JSON breaks off."""
    try:
        with path.open(encoding=encoding, errors="replace") as file:
            found = {"lines": _lines, "array": _array, "object": _object}[form](file, path)
            for number, record in found:
                if not isinstance(record, dict):
                    raise UnreadableFile(f"{path.name}: record {number} is no JSON object.")
                yield number, flat(record)
    except json.JSONDecodeError as exc:
        raise UnreadableFile(f"{path.name} is no sound JSON: {exc}.") from exc
    except RecursionError as exc:
        raise UnreadableFile(f"{path.name} is JSON that is nested too deeply.") from exc


def _lines(file: Any, path: Path) -> Iterator[tuple[int, Any]]:
    number = 0
    while line := file.readline(MAX_RECORD):
        number += 1
        if len(line) >= MAX_RECORD and not line.endswith("\n"):
            raise UnreadableFile(f"{path.name}: line {number} has more than {MAX_RECORD:,} characters.")
        if text := line.strip("\ufeff \t\r\n,"):
            try:
                yield number, _DECODER.decode(text)
            except json.JSONDecodeError as exc:
                raise UnreadableFile(f"{path.name}: line {number} is no sound JSON ({exc.msg}).") from exc


def _array(file: Any, _path: Path) -> Iterator[tuple[int, Any]]:
    buffer = file.read(_PIECE).lstrip("\ufeff \t\r\n")[1:]
    number, at, ended = 0, 0, False
    while True:
        while at < len(buffer) and buffer[at] in " \t\r\n,":
            at += 1
        if at < len(buffer) and buffer[at] == "]":
            return
        try:
            value, at = _DECODER.raw_decode(buffer, at)
        except json.JSONDecodeError:
            if ended or len(buffer) - at > MAX_RECORD:
                raise
            piece = file.read(_PIECE)
            ended = not piece
            buffer, at = buffer[at:] + piece, 0
            continue
        number += 1
        yield number, value


def passed_over(path: Path, encoding: str) -> str | None:
    """A remark where an object has several arrays of objects: which is read, and which are not."""
    with path.open(encoding=encoding, errors="replace") as file:
        arrays = _arrays(_whole(file, path))
    if len(arrays) < 2:
        return None
    taken, *others = sorted(arrays, key=lambda name: -len(arrays[name]))
    left = ", ".join(f"'{name}' ({len(arrays[name])})" for name in others)
    return f"the records of '{taken}' ({len(arrays[taken])}) are read, those of {left} are not"


def _object(file: Any, path: Path) -> Iterator[tuple[int, Any]]:
    arrays = _arrays(_whole(file, path))
    sizes = sorted((len(array) for array in arrays.values()), reverse=True)
    if not sizes or sizes[:1] == sizes[1:2]:
        named = ", ".join(arrays) or "none"
        raise UnreadableFile(
            f"{path.name} must have one array of objects that is longer than its others; it has {named}."
        )
    yield from enumerate(arrays[max(arrays, key=lambda name: len(arrays[name]))], start=1)


def _whole(file: Any, path: Path) -> Any:
    if path.stat().st_size > MAX_WORKBOOK:
        raise UnreadableFile(
            f"{path.name}: JSON with an object around its records is read up to {MAX_WORKBOOK // 2**20} MB. "
            "Write the array alone, or one object a line."
        )
    return _DECODER.decode(file.read().strip("\ufeff \t\r\n"))


def _arrays(whole: dict[str, Any]) -> dict[str, list[Any]]:
    """The arrays of objects in an object, or in the objects right inside it, by their name."""
    found = {k: v for k, v in whole.items() if isinstance(v, list) and v and all(isinstance(x, dict) for x in v)}
    if found:
        return found
    return {
        f"{k}.{name}": array
        for k, v in whole.items()
        if isinstance(v, dict)
        for name, array in v.items()
        if isinstance(array, list) and array and all(isinstance(x, dict) for x in array)
    }


def flat(record: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, str]:
    """One level: {'company': {'name': 'X'}} becomes {'company.name': 'X'}; a list of words is joined by '; '."""
    cells: dict[str, str] = {}
    for key, value in record.items():
        name = f"{prefix}{' '.join(_kept(str(key)).split())[:200]}"
        if isinstance(value, dict) and depth < _DEEP:
            cells |= flat(value, f"{name}.", depth + 1)
        else:
            cells[name] = _text(value)
    return cells


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return "; ".join(_text(item) for item in value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _kept(text)


def _kept(text: str) -> str:
    """JSON can spell out NUL and halves of letters, which no database takes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
