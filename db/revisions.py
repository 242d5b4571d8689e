"""Which migrations this version of the program has, told from the names of their files.

Every command asks; alembic, which reads the scripts themselves, takes longer to load than all else that a short command
does. `tests/db/test_migrations.py` holds the names to what the scripts say.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

VERSIONS = Path(__file__).parent / "migrations" / "versions"


@cache
def revisions() -> Sequence[str]:
    """Their numbers, oldest first. Raises RuntimeError where none is there."""
    found = sorted(file.name.partition("_")[0] for file in VERSIONS.glob("[0-9]*_*.py"))
    if not found:
        raise RuntimeError("this installation has no migrations: install it anew")
    return found


def head() -> str:
    """The newest one that this version of the program knows."""
    return revisions()[-1]


def knows(revision: str) -> bool:
    """Whether it is one of this version of the program; a newer version's is not."""
    return revision in revisions()
