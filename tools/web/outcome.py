"""What becomes of a request for a page: the bytes, or a refusal with its reason. Neither is an exception."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why a page was not taken. The words are part of the stored record: none is ever renamed."""

    BAD_URL = "bad_url"
    SCHEME = "scheme"
    CREDENTIALS = "credentials_in_url"
    PORT = "port"
    PRIVATE_NAME = "private_name"
    PRIVATE_ADDRESS = "private_address"
    NO_SUCH_NAME = "no_such_name"
    ROBOTS = "robots"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    ASKED_TO_WAIT = "asked_to_wait"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_REDIRECT = "bad_redirect"
    LEFT_SITE = "left_site"
    STATUS = "http_status"
    CONTENT_TYPE = "content_type"
    ENCODING = "content_encoding"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    CONNECTION = "connection"
    PROTOCOL = "protocol"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Limits:
    """The bounds of one request. Sizes in bytes, times in seconds.

    `size` holds for what came over the wire and for what it decompresses to; `seconds` for everything from the first
    name lookup to the last byte, redirects included, waiting for politeness not; `delay` is kept between two requests
    to one host, and a host that asks for more than `most_delay` is left alone; an answer younger than `fresh` is used
    again without asking, an older one is asked for with its validators.
    """

    size: int = 2_000_000
    seconds: float = 20.0
    connect_seconds: float = 8.0
    redirects: int = 5
    delay: float = 1.0
    most_delay: float = 15.0
    fresh: float = 86_400.0
    robots_fresh: float = 86_400.0


@dataclass(frozen=True)
class PageRefused:
    """A page that was not taken. `at` is the address that was refused: the one asked for, or one it redirected to."""

    url: str
    reason: Reason
    detail: str
    at: str

    def record(self) -> dict[str, str]:
        """The refusal as it is kept in `agent_runs.decisions`."""
        return {"url": self.url, "refused": self.reason.value, "detail": self.detail, "at": self.at}


@dataclass(frozen=True)
class Fetched:
    """The bytes of a page, decompressed. `source` is 'network', 'cache' (young enough) or 'validated' (304)."""

    url: str
    final_url: str
    content_type: str
    charset: str | None
    body: bytes = field(repr=False)
    fetched_at: datetime
    source: str = "network"
    redirects: tuple[str, ...] = ()
