"""What keeps a file from being read as a playbook: each mistake at its line, and not only the first."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from playbooks import Playbook, PlaybookInvalid
from playbooks.feeds import BidWords, SignalWords
from playbooks.loader import playbook_data, read_toml
from tools.playbook_files.findings import Finding, Loc, Places, key_of, nearest

FEEDS: dict[str, type[BidWords] | type[SignalWords]] = {"bids.toml": BidWords, "signals.toml": SignalWords}
FILES = ("playbook.toml", "sequences.toml", *FEEDS)
_NOT_READ = "Nothing of the file can be read until then, and every command that needs the playbook stops."


def broken_files(folder: Path) -> Iterator[Finding]:
    """Files that are no TOML, files that nothing reads, and keys that two files say."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".toml" and path.name not in FILES:
            close = get_close_matches(path.name, FILES, 1)
            yield Finding(
                "warning",
                path.name,
                None,
                "",
                "Nothing reads this file.",
                f"A playbook is read from {', '.join(FILES)}; what stands elsewhere has no effect.",
                f"Rename it to {close[0]}." if close else "Move what it says into one of these, or remove it.",
            )
    sound = True
    for name in FILES:
        if (folder / name).is_file():
            try:
                read_toml(folder / name)
            except PlaybookInvalid as exc:
                sound = sound and name in FEEDS
                line = re.search(r"at line (\d+)", str(exc))
                yield Finding(
                    "error",
                    name,
                    int(line[1]) if line else None,
                    "",
                    f"This is no TOML: {str(exc).partition('not valid TOML: ')[2]}.",
                    _NOT_READ,
                    "Look at this line and the one before: an open quote or bracket, or a text without quotes.",
                )
    if sound:
        yield from _said_twice(folder)


def _said_twice(folder: Path) -> Iterator[Finding]:
    try:
        playbook_data(folder)
    except PlaybookInvalid as exc:
        key = str(exc).partition("'")[2].partition("' stands")[0].rpartition("'")[2]
        line = places_of(folder).lines["sequences.toml"].get((key,))
        yield Finding(
            "error",
            "sequences.toml",
            line,
            key,
            f"'{key}' stands in playbook.toml already.",
            "sequences.toml adds statements and editions to those of playbook.toml; of all else one file has the say.",
            "Keep it in one of the two files.",
        )


def places_of(folder: Path) -> Places:
    """Where the keys of the two main files stand; of a file that is no TOML, nothing."""
    places = Places()
    for name in ("playbook.toml", "sequences.toml"):
        if (folder / name).is_file():
            try:
                places.read(folder / name, read_toml(folder / name))
            except PlaybookInvalid:
                places.lines[name] = {}
    return places


def read_checked(folder: Path, places: Places) -> tuple[Playbook | None, list[Finding]]:
    """The playbook, or None and all that keeps it from being one."""
    try:
        return Playbook.model_validate({"name": folder.name, **playbook_data(folder)}), []
    except ValidationError as exc:
        found = []
        for error in exc.errors():
            file, line = places.of(error["loc"])
            found.append(_finding(Playbook, error, file, line))
        return None, found


def feed_findings(folder: Path) -> Iterator[Finding]:
    """What keeps bids.toml and signals.toml from being read."""
    for name, model in FEEDS.items():
        path = folder / name
        if not path.is_file():
            continue
        places = Places()
        try:
            data = read_toml(path)
            places.read(path, data)
            model.model_validate(data)
        except PlaybookInvalid:
            continue  # told by broken_files
        except ValidationError as exc:
            for error in exc.errors():
                yield _finding(model, error, name, nearest(places.lines[name], error["loc"]))


def _finding(model: type[BaseModel], error: Mapping[str, Any], file: str, line: int | None) -> Finding:
    loc: Loc = error["loc"]
    owners, key = _owners(model, loc), str(loc[-1]) if loc else ""
    named = [part for part in loc if part not in ("weighted", "contact")]
    described = next((f.description for o in owners if (f := o.model_fields.get(key)) and f.description), None)
    why = (
        _sentence(described)
        if described
        else _sentence(_about(owners)) or "Nothing of the playbook counts until it is right."
    )
    wrong, mend = _said(error, key, owners)
    return Finding("error", file, line, key_of(named), wrong, why, mend)


def _said(error: Mapping[str, Any], key: str, owners: list[type[BaseModel]]) -> tuple[str, str]:
    given, context = error.get("input"), error.get("ctx", {})
    match error["type"]:
        case "missing":
            return f"'{key}' is missing.", f"Add it here: {key} = …"
        case "extra_forbidden":
            known = sorted({name for owner in owners for name in owner.model_fields} - {"name"})
            close = get_close_matches(key, known, 1)
            return (
                f"'{key}' is no key here, and nothing would read it.",
                f"Write '{close[0]}', if that is meant." if close else f"The keys here are: {', '.join(known)}.",
            )
        case "literal_error":
            return f"It says {given!r}.", f"Write {context.get('expected')}."
        case "union_tag_invalid":
            return f"It says {context.get('tag')!r}.", f"Write one of {context.get('expected_tags')}."
        case "value_error":
            text = str(context.get("error", error["msg"]))
            return text[:1].upper() + text[1:] + ".", "Change what it names."
        case _:
            said = "" if isinstance(given, dict | list) else f"It says {given!r}. "
            return f"{said}{error['msg']}.", "Write a value of that kind."


def _owners(model: type[BaseModel], loc: Loc) -> list[type[BaseModel]]:
    """The models that the last key of a place is, or would be, a field of."""
    current = [model]
    for part in loc[:-1]:
        inner = [
            m
            for owner in current
            if str(part) in owner.model_fields
            for m in _models(owner.model_fields[str(part)].annotation)
        ]
        current = inner or current
    return current


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]


def _about(owners: list[type[BaseModel]]) -> str:
    """What the models' docstrings say of them in their first paragraph."""
    return " ".join(" ".join((owner.__doc__ or "").split("\n\n")[0].split()) for owner in owners[:1])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if not text or text.endswith((".", "?")) else ".")
