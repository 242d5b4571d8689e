"""Errors that a person can mend, told as such; anything unknown keeps its traceback."""

from __future__ import annotations

import errno
import sys

from outreach.errors import Complaint


def as_complaint(exc: BaseException) -> Complaint | None:
    """What an error means to the person at the command line; None where it is a fault of the program.

    Only modules that are loaded already are asked: an error of theirs cannot come from elsewhere, and start-up
    stays light.
    """
    if isinstance(exc, Complaint):
        return exc
    for explain in (
        _file_error,
        _table_error,
        _playbook_error,
        _prompt_error,
        _database_error,
        _migration_error,
        _model_error,
    ):
        found = explain(exc)
        if found is not None:
            return found
    return None


# What a person's machine may refuse; any other error of a file is a fault of the program.
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_OTHERWISE = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR)


def _file_error(exc: BaseException) -> Complaint | None:
    if not isinstance(exc, OSError) or exc.filename is None:
        return None
    if exc.errno in _OTHERWISE:
        return Complaint(f"{exc.filename} cannot be used: {exc.strerror}.", "Name another file or folder.", code=2)
    if exc.errno not in _REFUSED:
        return None
    return Complaint(
        f"{exc.filename} cannot be used: {exc.strerror}.",
        "Give yourself the right or the room, or name another home folder with --home or OUTREACH_HOME.",
    )


def _table_error(exc: BaseException) -> Complaint | None:
    if "tools.reading.errors" not in sys.modules:
        return None
    from tools.reading import UnreadableFile

    if isinstance(exc, UnreadableFile):
        return Complaint(
            str(exc), "Give a table with a heading for each column, and rows below: docs/importing.md says which."
        )
    return None


def _playbook_error(exc: BaseException) -> Complaint | None:
    if "playbooks" not in sys.modules:
        return None
    from playbooks import PlaybookInvalid, PlaybookNotFound

    if isinstance(exc, PlaybookNotFound):
        return Complaint(
            str(exc), "Name one of these with --playbook or OUTREACH_PLAYBOOK; see them: outreach playbook list", code=2
        )
    if isinstance(exc, PlaybookInvalid):
        return Complaint(
            f"{exc}.".replace("..", "."), "See every mistake, its line and its mend: outreach playbook check"
        )
    return None


def _prompt_error(exc: BaseException) -> Complaint | None:
    if "prompts" not in sys.modules:
        return None
    from prompts import PromptInvalid

    if isinstance(exc, PromptInvalid):
        return Complaint(_sentence(exc), "Correct the file, or put another version in force: outreach prompts list")
    return None


def _database_error(exc: BaseException) -> Complaint | None:
    if "db.errors" not in sys.modules:
        return None
    from db import errors

    fault = errors.explain(exc) if isinstance(exc, Exception) else None
    if isinstance(fault, errors.DatabaseBusy):
        return Complaint(_sentence(fault), "Wait until the other command is done, then run this again.")
    if isinstance(fault, errors.DatabaseGone):
        return Complaint(
            _sentence(fault), "Nothing is lost. Check OUTREACH_DATABASE_URL and the server: outreach doctor"
        )
    if isinstance(fault, errors.DatabaseAway):
        return Complaint(_sentence(fault), "Nothing is lost: what was done is kept, and taken up again.")
    if isinstance(fault, errors.NotMigrated):
        return Complaint(_sentence(fault), "Run: outreach init")
    if isinstance(fault, errors.InvariantViolated):
        return Complaint(
            f"The database refused this, as it must: {fault}.".replace("..", "."),
            "Nothing was changed. See who the message goes to and whether it is approved: outreach status",
        )
    if isinstance(fault, errors.DatabaseFault):
        return Complaint(_sentence(fault), "Nothing was changed by it; `outreach doctor` looks at the database.")
    from sqlalchemy.exc import InterfaceError, OperationalError

    if isinstance(exc, OperationalError | InterfaceError):
        reason = (str(exc.orig).strip().splitlines() or [type(exc).__name__])[0]
        return Complaint(
            f"The database did not answer: {reason}",
            "Check OUTREACH_DATABASE_URL and that the server is running: outreach doctor",
        )
    return None


def _migration_error(exc: BaseException) -> Complaint | None:
    if "alembic.util" not in sys.modules:
        return None
    from alembic.util import CommandError

    if isinstance(exc, CommandError):
        return Complaint(
            f"The database could not be upgraded: {exc}.".replace("..", "."),
            "It may belong to a newer version of this program; update the program, or restore a backup.",
        )
    return None


def _model_error(exc: BaseException) -> Complaint | None:
    if "agents.models.errors" not in sys.modules:
        return None
    from agents.models.errors import ModelError, PolicyError

    if isinstance(exc, ModelError) and not isinstance(exc, PolicyError):
        return Complaint(_sentence(exc), "What was done is kept; what was asked: outreach runs show last")
    return None


def _sentence(exc: BaseException) -> str:
    text = str(exc).strip() or type(exc).__name__
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
