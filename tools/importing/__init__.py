"""Takes the rows of a mapped file into the tables, by code alone."""

from tools.importing.cleaning import Clean, Cleaner
from tools.importing.job import FileInfo, ImportJob, Kind, Outcome, Reject, RowRefused, kind_of
from tools.importing.rows import CHUNK, RejectFile, cleaned, import_rows

__all__ = [
    "CHUNK",
    "Clean",
    "Cleaner",
    "FileInfo",
    "ImportJob",
    "Kind",
    "Outcome",
    "Reject",
    "RejectFile",
    "RowRefused",
    "cleaned",
    "import_rows",
    "kind_of",
]
