"""Prompts as files: `prompts/<agent>/<version>.md`. A version once used is never edited; a change is a new version.

An operator's own versions stand in a folder of the same form, `prompts/` in OUTREACH_HOME, and `active.toml` there says
which version is in force where that is not the newest shipped one.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

FOLDER = Path(__file__).parent
ACTIVE = "active.toml"
_VERSION = re.compile(r"v[1-9][0-9]*")
_jinja = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=False)  # noqa: S701


class PromptNotFound(LookupError):
    """The asked version of an agent's prompt does not exist."""


@dataclass(frozen=True)
class Prompt:
    """One version of one agent's instructions.

    `id` is 'agent@version'; `hash` is the SHA-256 of the file's text, which goes into `agent_runs.prompt_hash`.
    """

    agent: str
    version: str
    text: str

    @property
    def id(self) -> str:
        return f"{self.agent}@{self.version}"

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def render(self, **variables: Any) -> str:
        """The instructions with their variables filled in; a missing variable is an error (jinja2.UndefinedError)."""
        return _jinja.from_string(self.text).render(**variables)


def agents() -> list[str]:
    """The folders of prompts that there are: one for each thing that a model is asked."""
    return sorted(path.name for path in FOLDER.iterdir() if versions(path.name))


def versions(agent: str, own: Path | None = None) -> list[str]:
    """The versions of an agent's prompt, oldest first ('v2' before 'v10'); with those of the folder `own`."""
    found = {path.stem for folder in (FOLDER, own) if folder is not None for path in (folder / agent).glob("v*.md")}
    return sorted((name for name in found if _VERSION.fullmatch(name)), key=lambda v: int(v[1:]))


@cache
def load_prompt(agent: str, version: str, own: Path | None = None) -> Prompt:
    """Reads one version; what is shipped cannot be replaced by a file of the same name in `own`. Raises PromptNotFound
    with the versions that exist."""
    for folder in (FOLDER, own):
        path = None if folder is None else folder / agent / f"{version}.md"
        if path is not None and _VERSION.fullmatch(version) and path.is_file():
            return Prompt(agent=agent, version=version, text=path.read_text(encoding="utf-8"))
    known = ", ".join(versions(agent, own)) or "none"
    raise PromptNotFound(f"There is no prompt {agent}@{version}; there are: {known}.")


def newest(agent: str) -> Prompt:
    """The newest shipped version, which is in force where nothing else was chosen."""
    shipped = versions(agent)
    if not shipped:
        raise PromptNotFound(f"There is no prompt for the agent {agent}.")
    return load_prompt(agent, shipped[-1])


def find_prompt(reference: str, own: Path | None = None) -> Prompt:
    """The prompt of 'agent@version'. Raises PromptNotFound."""
    agent, at, version = reference.partition("@")
    if not at or agent not in agents():
        known = ", ".join(agents())
        raise PromptNotFound(f"'{reference}' is no prompt: write agent@version, with one of these agents: {known}.")
    return load_prompt(agent, version, own)


def chosen(own: Path | None) -> dict[str, Prompt]:
    """The versions that were chosen over the newest shipped ones, by agent. Raises PromptNotFound where one is gone."""
    path = None if own is None else own / ACTIVE
    if path is None or not path.is_file():
        return {}
    try:
        named = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as exc:
        raise PromptNotFound(f"{path} is not valid TOML: {exc}.") from exc
    return {agent: find_prompt(f"{agent}@{version}", own) for agent, version in named.items()}


def choose(own: Path, prompt: Prompt) -> None:
    """Puts a version in force: kept in `active.toml` of the folder. The newest shipped one needs no entry."""
    named: Mapping[str, Prompt] = {**chosen(own), prompt.agent: prompt}
    lines = [f'{agent} = "{p.version}"\n' for agent, p in sorted(named.items()) if p != newest(agent)]
    own.mkdir(parents=True, exist_ok=True)
    made = own / f"{ACTIVE}.new"
    made.write_text("".join(lines), encoding="utf-8")
    made.replace(own / ACTIVE)
