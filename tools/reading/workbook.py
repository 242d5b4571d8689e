"""Workbooks: the first visible sheet that has a header and rows, its cells as people see them."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tools.reading.errors import MAX_UNPACKED, MAX_WORKBOOK, UnreadableFile
from tools.reading.header import LOOK

ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0"


def sheet_of(path: Path) -> str:
    """The name of the sheet to read.

    Raises UnreadableFile for a workbook that is too large, locked by a password, broken, or without a table.
    """
    _check(path)
    with _opened(path) as book:
        hidden = {meta.name for meta in book.sheets_metadata if "Visible" not in str(meta.visible)}
        for name in book.sheet_names:
            if name in hidden:
                continue
            top = list(islice(_rows(book, name), LOOK))
            if sum(1 for cells in top if sum(1 for cell in cells if cell.strip()) >= 1) >= 2:
                return str(name)
    raise UnreadableFile(f"{path.name} has no sheet with a header row and rows.")


def _check(path: Path) -> None:
    if path.stat().st_size > MAX_WORKBOOK:
        raise UnreadableFile(
            f"{path.name} is a workbook of more than {MAX_WORKBOOK // 2**20} MB. Save the sheet as 'CSV UTF-8'."
        )
    with path.open("rb") as file:
        if file.read(4) != ZIP:
            return
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
    except zipfile.BadZipFile as exc:
        raise UnreadableFile(f"{path.name} looks like an Excel workbook and is a broken one ({exc}).") from exc
    if unpacked > MAX_UNPACKED:
        raise UnreadableFile(
            f"{path.name} unpacks to {unpacked // 2**20} MB; at most {MAX_UNPACKED // 2**20} are read."
        )


class _opened:  # noqa: N801 (reads as the context that it is)
    """A workbook whose library's errors are told in words."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Any:
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError

        try:
            self._book = CalamineWorkbook.from_path(self._path)
        except PasswordError as exc:
            raise UnreadableFile(f"{self._path.name} is locked by a password. Save it without one first.") from exc
        except (CalamineError, OSError, ValueError) as exc:
            raise UnreadableFile(
                f"{self._path.name} is no Excel workbook that can be read ({exc}). "
                "A ZIP archive must be unpacked first; a broken workbook can be saved as 'CSV UTF-8'."
            ) from exc
        return self._book

    def __exit__(self, _kind: object, raised: BaseException | None, _traceback: object) -> None:
        from python_calamine import CalamineError

        self._book.close()
        if isinstance(raised, CalamineError):
            raise UnreadableFile(
                f"{self._path.name} is a broken workbook ({raised}). Open it and save the sheet as 'CSV UTF-8'."
            ) from raised


def records(path: Path, sheet: str) -> Iterator[list[str]]:
    """The sheet's rows as text, from the first on; empty rows are kept, so that numbers are those of the sheet."""
    with _opened(path) as book:
        yield from _rows(book, sheet)


def _rows(book: Any, name: str) -> Iterator[list[str]]:
    sheet = book.get_sheet_by_name(name)
    if sheet.start is None:
        return
    for _ in range(sheet.start[0]):
        yield []
    for cells in sheet.iter_rows():
        yield [shown(cell) for cell in cells]


def shown(value: Any) -> str:
    """A cell as it reads on the screen: 350 not 350.0, a day without midnight, at most 15 digits."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes" if not value.second else "seconds")
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
