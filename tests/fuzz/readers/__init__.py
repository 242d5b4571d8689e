"""The table of readers. One that is missing is found by tests/fuzz/test_readers.py."""

from tests.fuzz.reader import Reader
from tests.fuzz.readers import data, feeds, letters, models, options, pages, settings, steps

READERS: tuple[Reader, ...] = (
    *data.READERS,
    *letters.READERS,
    *feeds.READERS,
    *pages.READERS,
    *settings.READERS,
    *models.READERS,
    *steps.READERS,
    *options.READERS,
)
