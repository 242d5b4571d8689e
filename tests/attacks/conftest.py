"""The fixtures of whole runs."""

from tests.e2e.conftest import make_office

__all__ = ["make_office"]
