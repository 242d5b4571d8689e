"""A piece of work in a forked process of its own, which somebody or something kills."""

import os
import sys
import traceback
from collections.abc import Callable


def fork(work: Callable[[], None]) -> int:
    """Starts `work` in a copy of this process; the copy's id. It ends with 1 where the work raises, and tells of it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001 (told, and the process ends with 1)
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return child


def was_killed(child: int, what: str) -> bool:
    """Waits for a forked process; whether it was killed. Raises RuntimeError where it failed by itself."""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.WEXITSTATUS(status) != 0:
        raise RuntimeError(f"the process failed: {what}")
    return False
