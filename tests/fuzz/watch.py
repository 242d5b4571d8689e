"""Sees what a reader does to the world: files made, changed or removed outside of one folder, programs, connections."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ONE_PATH = {"os.mkdir": 2, "os.remove": 1, "os.rmdir": 1, "os.truncate": None, "os.chmod": 2, "shutil.rmtree": None}
"""Events about a path, and where in their arguments the folder is that a relative path counts from, if any."""
_TWO_PATHS = frozenset({"os.rename", "os.link", "os.symlink"})
_ELSEWHERE = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect", "socket.bind"})


@dataclass
class Watch:
    """What happened outside of `folder`."""

    folder: str
    programs: bool = False
    found: list[str] = field(default_factory=list)

    def look(self, event: str, args: tuple[Any, ...]) -> None:
        """One audit event of the interpreter (PEP 578)."""
        if event == "open":
            path, _mode, flags = args
            if isinstance(flags, int) and flags & _WRITING:
                self._touched(event, path)
        elif event in _ONE_PATH:
            at = _ONE_PATH[event]
            # Within a folder that was opened: shutil.rmtree does so, and has an event of its own.
            if at is None or args[at] == -1:
                self._touched(event, args[0])
        elif event in _TWO_PATHS:
            self._touched(event, args[0])
            self._touched(event, args[1])
        elif event in _ELSEWHERE and not (self.programs and event == "subprocess.Popen"):
            self.found.append(f"{event}: {str(args[0])[:80]}")

    def _touched(self, event: str, path: Any) -> None:
        if isinstance(path, int):
            return  # opened before, and seen then
        where = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 (the path may hold anything, and need not exist)
        # What is imported late is compiled late.
        if not where.startswith(self.folder + os.sep) and where != os.devnull and "__pycache__" not in where:
            self.found.append(f"{event}: {where[:200]}")


_watching: list[Watch] = []
_hooked: list[bool] = []


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if _watching:
        _watching[-1].look(event, args)


@contextmanager
def watching(folder: Path, *, programs: bool = False) -> Iterator[Watch]:
    """`programs`: the reader may start some. Watches this process while it is open; a hook of this kin"
    "d cannot be taken away, only be idle."""
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked.append(True)
    watch = Watch(str(folder.absolute()), programs)
    _watching.append(watch)
    try:
        yield watch
    finally:
        _watching.remove(watch)
