"""What a site's robots.txt allows (RFC 9309), read by protego; and how long it asks to wait between requests."""

import math
from dataclasses import dataclass

from protego import Protego

SIZE = 512_000  # RFC 9309, 2.5: at least 500 KiB are to be read; what comes after is not
LONGEST_LINE = 2_000


@dataclass(frozen=True)
class Rules:
    """The rules of one origin. `unreachable` says why they couldn't be read: then nothing may be fetched (2.3.1.4)."""

    parsed: Protego | None = None
    unreachable: str | None = None

    def allow(self, url: str, agent: str) -> bool:
        return self.parsed is None or self.parsed.can_fetch(url, agent)

    def delay(self, agent: str) -> float:
        """Seconds between two requests that the site asks for; 0 where it doesn't say."""
        if self.parsed is None:
            return 0.0
        try:
            asked = float(self.parsed.crawl_delay(agent) or 0.0)
            rate = self.parsed.request_rate(agent)
            if rate is not None and rate.requests > 0:
                asked = max(asked, rate.seconds / rate.requests)
        except (TypeError, ValueError, OverflowError):
            return 0.0
        return asked if math.isfinite(asked) and asked > 0 else 0.0


def parse(body: bytes) -> Rules:
    """The rules in a file; lines that are no rules are passed over."""
    text = body[:SIZE].decode("utf-8-sig", "replace").replace("\x00", "")
    lines = (line for line in text.splitlines() if len(line) <= LONGEST_LINE)
    return Rules(Protego.parse("\n".join(lines)))


EVERYTHING = Rules()
