"""Prompts as files: `prompts/<agent>/<version>.md`. A version once used is never edited; a change is a new version."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

FOLDER = Path(__file__).parent
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


def versions(agent: str) -> list[str]:
    """The versions of an agent's prompt, oldest first ('v2' before 'v10')."""
    return sorted((path.stem for path in (FOLDER / agent).glob("v*.md")), key=lambda v: int(v[1:]))


@cache
def load_prompt(agent: str, version: str) -> Prompt:
    """Reads one version. Raises PromptNotFound with the versions that exist."""
    path = FOLDER / agent / f"{version}.md"
    if not path.is_file():
        known = ", ".join(versions(agent)) or "none"
        raise PromptNotFound(f"There is no prompt {agent}@{version}; there are: {known}.")
    return Prompt(agent=agent, version=version, text=path.read_text(encoding="utf-8"))


def active_version(agent: str, chosen: dict[str, str]) -> str:
    """The version in force: what the operator chose (a mapping from agent to version), else the newest shipped."""
    if agent in chosen:
        return chosen[agent]
    shipped = versions(agent)
    if not shipped:
        raise PromptNotFound(f"There is no prompt for the agent {agent}.")
    return shipped[-1]
