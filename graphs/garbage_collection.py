"""Python's garbage collection while many steps are run."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collected_rarely() -> Iterator[None]:
    """What is loaded by now, libraries above all (half a million objects), is left out of the collector's rounds, which
    come less often: by default they take a tenth of a run's processor time. What the steps leave is still collected."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
