"""What research may use of the web: handed on as a value, and None where the operator has not switched it on."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from tools.web.fetcher import Fetcher
from tools.web.search import SearchProvider

NO_WEB: Final = "off (OUTREACH_WEB): records and kept pages only"
NO_SEARCH: Final = "no search engine is set (OUTREACH_SEARCH_URL): the organisation's own website and given pages only"


@dataclass(frozen=True)
class Web:
    """The fetcher of this process, and the search engine that is set.

    `turns` lets the runs that work on one organisation keep their pages one after the other.
    """

    fetcher: Fetcher
    search: SearchProvider | None = None
    turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
