"""Signals: reasons to write now, found in job openings, news and what imports say (OCC, signals)."""

from tools.signals.found import FoundSignal, Note
from tools.signals.jobs import Opening, read_opening
from tools.signals.news import Article, read_article
from tools.signals.reading import Texts, read_texts
from tools.signals.scan import Scan, gather, scan

__all__ = [
    "Article",
    "FoundSignal",
    "Note",
    "Opening",
    "Scan",
    "Texts",
    "gather",
    "read_article",
    "read_opening",
    "read_texts",
    "scan",
]
