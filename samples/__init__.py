"""The samples that ship with the project: a folder of files for each playbook, with a manifest.

Imports: nothing of ours.
"""

import tomllib
from datetime import date
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Manifest",
    "Reference",
    "SampleFile",
    "UnknownSampleError",
    "What",
    "load_manifest",
    "playbooks_with_samples",
    "sample_dir",
]

_ROOT = Path(__file__).parent
_MANIFEST = "sample.toml"


class UnknownSampleError(LookupError):
    """There is no sample for this playbook."""


class What(StrEnum):
    """What the rows of a sample's file are."""

    ORGANISATIONS = "organisations"
    FACTS = "facts"
    OPENINGS = "openings"
    CONTACTS = "contacts"


class Reference(BaseModel):
    """Where rows come from: the publisher's own page of the data set, and its licence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    source_url: str | None = Field(default=None, pattern=r"^https://")
    observed: date | None = None


class SampleFile(Reference):
    """One file of a sample.

    `source_url` and `observed` (the day for which the facts hold) are None for invented rows only.
    `id_column` tells rows of the file apart (None: no such column); `organisation_column` names the
    organisation that a row belongs to, with the values of the organisations file's `id_column`.
    """

    name: str = Field(pattern=r"^[a-z_]+\.csv$")
    what: What
    organisation_column: str
    id_column: str | None = None
    also: tuple[Reference, ...] = ()


class Manifest(BaseModel):
    """A sample: its files, in the order in which they are to be imported."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    playbook: str
    title: str
    files: tuple[SampleFile, ...] = Field(min_length=1)
    drafts: int | None = Field(
        default=None, ge=1, description="the most messages that the demo writes; None: the playbook's drafts_per_run"
    )


def sample_dir(playbook: str) -> Path:
    """The folder of a playbook's sample.

    Raises UnknownSampleError, which names the samples that there are.
    """
    known = playbooks_with_samples()
    if playbook not in known:
        raise UnknownSampleError(f"no sample for the playbook {playbook!r}; there are: {', '.join(known)}")
    return _ROOT / playbook


def playbooks_with_samples() -> list[str]:
    """The playbooks that have a sample."""
    return sorted(path.parent.name for path in _ROOT.glob(f"*/{_MANIFEST}"))


def load_manifest(playbook: str) -> Manifest:
    """Read and check a sample's manifest.

    Raises UnknownSampleError, or pydantic's ValidationError where the manifest is wrong.
    """
    return Manifest.model_validate(tomllib.loads((sample_dir(playbook) / _MANIFEST).read_text("utf-8")))
