"""Takes the rows of a mapped file into the tables, by code alone."""

from tools.importing.job import FileInfo, ImportJob, Kind, Outcome, Reject, kind_of
from tools.importing.rows import CHUNK, import_rows, write_rejects

__all__ = [
    "CHUNK",
    "FileInfo",
    "ImportJob",
    "Kind",
    "Outcome",
    "Reject",
    "import_rows",
    "kind_of",
    "write_rejects",
]
