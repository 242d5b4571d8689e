"""Errors meant for the person at the command line."""

INTERRUPTED = 130
"""The exit code of what a person stopped, as a shell has it."""


class Complaint(Exception):
    """Something the person can mend: what happened in one sentence, and what to do about it.

    The command line prints it without a traceback and exits with `code` (1 failed, 2 wrong usage, 3 partly done).
    """

    def __init__(self, what: str, mend: str = "", *, code: int = 1) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend
        self.code = code


def why_unread(exc: Exception) -> str:
    """Why a file could not be read, as a person says it: without the system's numbers and the codec's positions."""
    if isinstance(exc, UnicodeDecodeError):
        return "it is no UTF-8 text"
    return getattr(exc, "strerror", None) or str(exc)
