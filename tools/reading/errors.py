"""The one error of this package, and the limits that it speaks of."""

from typing import Final

MAX_BYTES: Final = 512 * 1024 * 1024
"""The greatest text file, in bytes."""
MAX_WORKBOOK: Final = 64 * 1024 * 1024
"""The greatest workbook, and the greatest JSON file with an object around its records: these are read whole."""
MAX_UNPACKED: Final = 512 * 1024 * 1024
"""How much a workbook may unpack to, in bytes."""
MAX_COLUMNS: Final = 500
MAX_CELL: Final = 20_000
"""Characters of a cell that are kept."""
MAX_RECORD: Final = 4 * 1024 * 1024
"""Characters of one record; a longer one is no record of a table."""
MAX_LINES: Final = 1000
"""Lines that one quoted record may go over; beyond that a quotation mark was left open."""


class UnreadableFile(Exception):
    """The file is not a table that can be read; the message says what it is and what to do."""
