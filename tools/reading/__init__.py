"""Reads tables as people have them: delimited text, workbooks, JSON and JSON lines, or says why one cannot be read.

`read_table` looks at a file once and gives its layout; `Table.rows()` then streams it, so that memory stays flat
however many rows there are (a workbook's sheet is held by its library while it is read).
"""

from tools.reading.table import (
    MAX_BYTES,
    MAX_CELL,
    MAX_COLUMNS,
    MAX_WORKBOOK,
    REFUSED,
    Column,
    Row,
    Table,
    UnreadableFile,
    absent,
    read_table,
)

__all__ = [
    "MAX_BYTES",
    "MAX_CELL",
    "MAX_COLUMNS",
    "MAX_WORKBOOK",
    "REFUSED",
    "Column",
    "Row",
    "Table",
    "UnreadableFile",
    "absent",
    "read_table",
]
