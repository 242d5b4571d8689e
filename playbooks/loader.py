"""Reads a playbook's TOML and says plainly what is wrong with it."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from playbooks.model import Playbook

FOLDER = Path(__file__).parent


class PlaybookNotFound(LookupError):
    """No playbook has this name."""


class PlaybookInvalid(ValueError):
    """A playbook's file breaks the format; the message names the file, the key and what is expected."""


def playbook_names() -> list[str]:
    """The playbooks that exist, by folder name."""
    return sorted(path.parent.name for path in FOLDER.glob("*/playbook.toml"))


@cache
def load_playbook(name: str) -> Playbook:
    """Reads and validates one playbook: its playbook.toml, and what its sequences.toml adds to that.

    Raises PlaybookNotFound or PlaybookInvalid.
    """
    path = FOLDER / name / "playbook.toml"
    if name not in playbook_names():
        raise PlaybookNotFound(f"There is no playbook '{name}'; there are: {', '.join(playbook_names())}.")
    data = _read(path, name)
    if (after := path.with_name("sequences.toml")).is_file():
        _add(data, _read(after, name), f"{after.name} of '{name}'")
    try:
        return Playbook.model_validate({"name": name, **data})
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PlaybookInvalid(f"{path.name} of '{name}': {where}: {first['msg']}") from exc


def _read(path: Path, name: str) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except tomllib.TOMLDecodeError as exc:
        raise PlaybookInvalid(f"{path.name} of '{name}' is not valid TOML: {exc}") from exc


def _add(data: dict[str, Any], more: dict[str, Any], where: str) -> None:
    """What follows the first touch: its statements and editions beside the others, and tables of its own."""
    for key, value in more.items():
        if key in ("statements", "editions"):
            data[key] = [*data.get(key, []), *value]
        elif key in data:
            raise PlaybookInvalid(f"{where}: '{key}' stands in playbook.toml already")
        else:
            data[key] = value
