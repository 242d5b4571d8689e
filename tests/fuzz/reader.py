"""A row of the table of readers, and what every case of every reader must keep."""

import dataclasses
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel

from tests.fuzz.watch import watching

TODAY = date(2026, 3, 2)


@dataclass(frozen=True)
class Reader:
    """One reader of outside bytes.

    `cases` are the items it is given, `examples` sound ones, which it reads without an error. `read` reads one item; it
    may write into the folder that it is handed, and raises nothing but `errors`: those that the command line tells in
    words. What it gives back is measured: nothing in it may be what no database keeps, nor longer than `most`
    characters. `share` is how many of the cases it gets, 1 being usual; `programs`: it reads in a process of its own;
    `before` is what makes ready for it, which is not watched.
    """

    name: str
    read: Callable[[Any, Path], Any]
    cases: st.SearchStrategy[Any]
    examples: tuple[Any, ...]
    errors: tuple[type[Exception], ...] = ()
    most: int = 1_000_000
    share: float = 1.0
    programs: bool = False
    before: Callable[[], object] | None = None


class Broken(AssertionError):
    """A reader did what it must not; the message says what."""


@dataclass(frozen=True)
class Tried:
    """What came of a case: seconds of the processor, and whether it was refused with a documented error."""

    seconds: float
    refused: bool


def try_case(reader: Reader, item: Any, folder: Path) -> Tried:
    """Has one item read. Raises Broken, or what the reader should not have raised."""
    refused = False
    if reader.before is not None:
        reader.before()
    with watching(folder, programs=reader.programs) as watch:
        began = time.process_time()
        try:
            found = reader.read(item, folder)
        except reader.errors as exc:
            refused, found = True, str(exc)
            if not found.strip():
                raise Broken(f"{reader.name}: {type(exc).__name__} says nothing") from exc
        seconds = time.process_time() - began
    if watch.found:
        raise Broken(f"{reader.name} reached out of its folder: {watch.found[0]}")
    if not refused:
        letters = sum(map(len, texts_of(found)))
        if letters > reader.most:
            raise Broken(f"{reader.name} gave {letters:,} characters, more than {reader.most:,}")
        for text in texts_of(found):
            if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
                raise Broken(f"{reader.name} gave what no database keeps: {text[:60]!a}")
    return Tried(seconds, refused)


def texts_of(value: Any) -> Iterator[str]:
    """Every text in a value, however it is held."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            stack += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            stack += one
        elif isinstance(one, BaseModel):
            stack += [getattr(one, name) for name in type(one).model_fields]
        elif dataclasses.is_dataclass(one) and not isinstance(one, type):
            stack += [getattr(one, each.name) for each in dataclasses.fields(one)]


@contextmanager
def room() -> Iterator[Path]:
    """A folder for readers to work in, and the only one: temporary files of theirs land there too."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder, before = Path(name).resolve(), tempfile.tempdir
        (folder / "work").mkdir()
        tempfile.tempdir = str(folder / "work")
        try:
            yield folder / "work"
        finally:
            tempfile.tempdir = before


def as_file(folder: Path, name: str, data: bytes) -> Path:
    """An item as the file that a reader is pointed to."""
    path = folder / name
    path.write_bytes(data)
    return path
