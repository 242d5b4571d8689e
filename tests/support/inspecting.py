"""For tests that run evaluation suites in their own process, where inspect-ai leaves something behind."""

import pytest

# inspect-ai forgets the stream of events of each case without closing it, and calls tenacity in an old way; everything
# else stays an error. What it forgot is collected while the exception still holds (`leftovers`), not in the midst of
# some later test that has nothing to do with it.
RUNS_INSPECT = [
    pytest.mark.filterwarnings(
        "ignore:The 'initial' parameter is deprecated:DeprecationWarning",
        "ignore:.*MemoryObject(Receive|Send)Stream.*:ResourceWarning",
        "ignore:.*MemoryObject(Receive|Send)Stream.*:pytest.PytestUnraisableExceptionWarning",
    ),
    pytest.mark.usefixtures("leftovers"),
]
