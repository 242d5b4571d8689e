"""Prompts as files: `prompts/<agent>/<version>.md`. A version once used is never edited; a change is a new version.

An operator's own versions stand in a folder of the same form, `prompts/` in OUTREACH_HOME, and `active.toml` there says
which version is in force where that is not the newest shipped one.

Imports: nothing of ours.
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
from jinja2.sandbox import ImmutableSandboxedEnvironment

FOLDER = Path(__file__).parent
ACTIVE = "active.toml"
_VERSION = re.compile(r"v[1-9][0-9]*")
# Sandboxed: a prompt that somebody else wrote fills in the playbook's words, and does nothing besides.
_jinja = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=False)
# What an expression of a template can end in, besides the library's own errors.
_NOT_FILLED_IN = (
    jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError,
)  # fmt: skip


class PromptNotFound(LookupError):
    """The asked version of an agent's prompt does not exist."""


class PromptInvalid(ValueError):
    """A prompt's file cannot be read, or cannot be filled in; the message says which, and why."""


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
        """The instructions with their variables filled in. Raises PromptInvalid, also where a variable is missing."""
        try:
            return _jinja.from_string(self.text).render(**variables)
        except _NOT_FILLED_IN as exc:
            said = " ".join(str(exc).split())[:300] or type(exc).__name__
            raise PromptInvalid(f"{self.id} cannot be filled in: {said}") from exc


def agents() -> list[str]:
    """The folders of prompts that there are: one for each thing that a model is asked."""
    return sorted(path.name for path in FOLDER.iterdir() if versions(path.name))


def versions(agent: str, own: Path | None = None) -> list[str]:
    """The versions of an agent's prompt, oldest first ('v2' before 'v10'); with those of the folder `own`."""
    found = {path.stem for folder in (FOLDER, own) if folder is not None for path in (folder / agent).glob("v*.md")}
    return sorted((name for name in found if _VERSION.fullmatch(name)), key=lambda v: int(v[1:]))


@cache
def load_prompt(agent: str, version: str, own: Path | None = None) -> Prompt:
    """Reads one version; what is shipped cannot be replaced by a file of the same name in `own`.

    Raises PromptNotFound with the versions that exist, and PromptInvalid for a file that is no text.
    """
    for folder in (FOLDER, own):
        path = None if folder is None else folder / agent / f"{version}.md"
        if path is not None and _VERSION.fullmatch(version) and path.is_file():
            return Prompt(agent=agent, version=version, text=_read(path))
    known = ", ".join(versions(agent, own)) or "none"
    raise PromptNotFound(f"There is no prompt {agent}@{version}; there are: {known}.")


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise PromptInvalid(f"{path} is not UTF-8 text (byte {exc.start}).") from exc
    if "\0" in text:
        raise PromptInvalid(f"{path} is no text: there is a NUL in it.")
    return text


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
    """The versions that were chosen over the newest shipped ones, by agent.

    Raises PromptNotFound where one is gone, PromptInvalid where the file that says so cannot be read.
    """
    path = None if own is None else own / ACTIVE
    if path is None or not path.is_file():
        return {}
    try:
        named = tomllib.loads(_read(path))
    except (ValueError, RecursionError) as exc:  # a number of 5,000 digits is a ValueError, deep brackets the other
        raise PromptInvalid(f"{path} is not valid TOML: {exc}.") from exc
    return {agent: find_prompt(f"{agent}@{version}", own) for agent, version in named.items()}


def choose(own: Path, prompt: Prompt) -> None:
    """Puts a version in force: kept in `active.toml` of the folder. The newest shipped one needs no entry."""
    named: Mapping[str, Prompt] = {**chosen(own), prompt.agent: prompt}
    lines = [f'{agent} = "{p.version}"\n' for agent, p in sorted(named.items()) if p != newest(agent)]
    own.mkdir(parents=True, exist_ok=True)
    made = own / f"{ACTIVE}.new"
    made.write_text("".join(lines), encoding="utf-8")
    made.replace(own / ACTIVE)
