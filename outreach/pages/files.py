"""Files for a person: written whole or not at all, readable by nobody else, never over another by accident."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from outreach.errors import Complaint

ONLY_ME = 0o600


def write_private(path: Path, data: bytes, *, force: bool) -> Path:
    """Writes a file that only its owner may read (0600), and returns its absolute path.

    It takes the place of an existing file only with `force`. Raises Complaint where it may not, or cannot be written.
    """
    path = free(path, force=force)
    part = path.with_name(f".{path.name[:80]}.{uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _fill(part, data)
        if force:
            part.replace(path)
        else:
            _name(part, path)
    except OSError as exc:
        raise Complaint(f"{path} cannot be written: {exc.strerror or exc}", "Name another file.") from exc
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return path


def free(path: Path, *, force: bool) -> Path:
    """The absolute path, if a file may be written there. Raises Complaint where not."""
    path = path.expanduser().absolute()
    if path.is_dir():
        raise Complaint(f"{path} is a folder.", "Name a file in it.", code=2)
    if path.exists() and not force:
        raise _there(path)
    return path


def _fill(part: Path, data: bytes) -> None:
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_ME)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _name(part: Path, path: Path) -> None:
    """Gives the finished file its name, unless another has taken it since we looked."""
    try:
        os.link(part, path)
    except FileExistsError as exc:
        raise _there(path) from exc
    except OSError:
        # A file system without hard links: the look before has to do.
        part.replace(path)


def _there(path: Path) -> Complaint:
    return Complaint(f"{path} is there already.", "Name another file, or replace it with --force.")
