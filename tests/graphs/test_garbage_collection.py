"""The collector of garbage while many steps are run."""

import gc

from graphs.garbage_collection import collected_rarely


def test_it_is_as_it_was_afterwards() -> None:
    before = gc.get_threshold()
    with collected_rarely():
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() > before
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
