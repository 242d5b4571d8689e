"""Finds a playbook's folder, reads its TOML and says plainly what is wrong with it.

The shipped playbooks stand beside this file. A person's own stand in a folder that `use_own` names, one folder each;
one of the same name as a shipped one stands in its place.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from pydantic import ValidationError

from playbooks.model import Playbook

log = structlog.get_logger(__name__)

FOLDER = Path(__file__).parent
_own: list[Path] = []
_places: dict[tuple[tuple[Path, ...], str], Path] = {}
"""Where a playbook that was loaded stands, by the folders that there are and its name: a step that needs its playbook
looks at no folder, as it runs in an event loop."""
_NO_TOML = (ValueError, RecursionError)
"""What tomllib ends in: its own error, bytes that are no UTF-8, a number of 5,000 digits, thousands of brackets."""


class PlaybookNotFound(LookupError):
    """No playbook has this name."""


class PlaybookInvalid(ValueError):
    """A playbook's file breaks the format; the message names the file, the key and what is expected."""


def use_own(folder: Path | None) -> None:
    """From now on this process knows the playbooks in `folder` as well, and no others of anybody's own."""
    _own[:] = [] if folder is None else [folder]
    _places.clear()


def playbook_folders() -> dict[str, Path]:
    """Every playbook's folder by its name, in the order of the names."""
    found = {path.parent.name: path.parent for root in (FOLDER, *_own) for path in root.glob("*/playbook.toml")}
    return dict(sorted(found.items()))


def playbook_names() -> list[str]:
    """The playbooks that exist, by folder name."""
    return list(playbook_folders())


def folder_of(name: str) -> Path:
    """Where a playbook's files are. Raises PlaybookNotFound."""
    folders = playbook_folders()
    if name not in folders:
        raise PlaybookNotFound(f"There is no playbook '{name}'; there are: {', '.join(folders)}.")
    return folders[name]


def is_own(name: str) -> bool:
    """Whether a playbook is a person's own. Raises PlaybookNotFound."""
    return folder_of(name).parent in _own


def load_playbook(name: str) -> Playbook:
    """Reads and validates one playbook, once in the life of the process.

    Raises PlaybookNotFound or PlaybookInvalid.
    """
    where = ((FOLDER, *_own), name)
    if where not in _places:
        _places[where] = folder_of(name)
    return _kept(_places[where])


def sound_playbook(name: str) -> Playbook | None:
    """The playbook of a name; None, and once a warning, where it is gone or its files cannot be read. What is its own
    waits then until that is mended, and everything else goes on."""
    try:
        return load_playbook(name)
    except (PlaybookInvalid, PlaybookNotFound) as exc:
        _warn(name, str(exc))
        return None


def sender_addresses() -> list[str]:
    """The addresses that messages are written from, in lower case. Of a playbook that cannot be read, what its file
    still says: a copy of our own message must not be taken for somebody's answer."""
    found: list[str] = []
    for name, folder in playbook_folders().items():
        if (playbook := sound_playbook(name)) is not None:
            found.append(playbook.sender.email)
        else:
            found += _WRITTEN.findall((folder / "playbook.toml").read_text(encoding="utf-8", errors="replace"))
    return [address.lower() for address in found]


_WRITTEN = re.compile(r"""^[ \t]*email[ \t]*=[ \t]*["']([^"'\s]+@[^"'\s]+)["']""", re.MULTILINE)


@cache
def _warn(name: str, why: str) -> None:
    to_do = f"what is its own waits until that is mended: outreach playbook check {name}"
    log.warning("playbook.broken", playbook=name, why=why, to_do=to_do)


def read_playbook(folder: Path) -> Playbook:
    """The playbook of a folder as its files are now: its playbook.toml, and what its sequences.toml adds to that.

    Raises PlaybookInvalid.
    """
    name, path = folder.name, folder / "playbook.toml"
    data = playbook_data(folder)
    if "name" in data:
        raise PlaybookInvalid(f"{path.name} of '{name}': name: a playbook is called by the name of its folder")
    try:
        return Playbook.model_validate({"name": name, **data})
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        told = f"{where}: " if where else ""
        raise PlaybookInvalid(f"{path.name} of '{name}': {told}{first['msg']}") from exc


_kept = cache(read_playbook)


def playbook_data(folder: Path) -> dict[str, Any]:
    """What the two files say together, not yet validated. Raises PlaybookInvalid where they are no TOML, or both say
    the same key."""
    path = folder / "playbook.toml"
    data = read_toml(path)
    if (after := path.with_name("sequences.toml")).is_file():
        _add(data, read_toml(after), f"{after.name} of '{folder.name}'")
    return data


def read_toml(path: Path) -> dict[str, Any]:
    """One file of a playbook. Raises PlaybookInvalid where it is no TOML, and for a NUL that is spelt out in it: no
    database keeps a message that has one."""
    name = path.parent.name
    try:
        with path.open("rb") as file:
            found = tomllib.load(file)
    except _NO_TOML as exc:
        raise PlaybookInvalid(f"{path.name} of '{name}' is not valid TOML: {exc}") from exc
    stack: list[Any] = [found]
    while stack:
        value = stack.pop()
        if isinstance(value, str) and "\0" in value:
            raise PlaybookInvalid(f"{path.name} of '{name}' has a NUL in '{value[:40]!r}'")
        stack += [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return found


def _add(data: dict[str, Any], more: dict[str, Any], where: str) -> None:
    """What follows the first touch: its statements and editions beside the others, and tables of its own."""
    for key, value in more.items():
        if key in ("statements", "editions"):
            known = data.get(key, [])
            if not isinstance(value, list) or not isinstance(known, list):
                raise PlaybookInvalid(f"{where}: '{key}' is no list of tables")
            data[key] = [*known, *value]
        elif key in data:
            raise PlaybookInvalid(f"{where}: '{key}' stands in playbook.toml already")
        else:
            data[key] = value
