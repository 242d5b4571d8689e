"""Makes a page of bytes, in a child process with a time limit.

Not in a thread: a thread can't be stopped, and a page of 600 kB with 100,000 attributes in one tag keeps the HTML
parser busy for minutes. Where the child is over its time it is killed; the page is then refused, nothing else happens.
"""

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from tools.web.document import Link, Page
from tools.web.facts import About, PageFact
from tools.web.outcome import Fetched, PageRefused, Reason
from tools.web.people import Person

SECONDS: Final = 20.0
_START = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from tools.web.worker import main; main()"


@dataclass(frozen=True)
class Reading:
    """A page with the facts that rules find in it."""

    page: Page
    facts: tuple[PageFact, ...] = ()


def _job(
    url: str | None, content_type: str, charset: str | None, about: About, today: date | None, body: bytes
) -> tuple[list[str], bytes]:
    command = [sys.executable, "-I", "-c", _START, json.dumps(sys.path)]
    job = _described(url, content_type, charset, about, today)
    return command, json.dumps(job).encode() + b"\n" + body


def _described(
    url: str | None, content_type: str, charset: str | None, about: About, today: date | None
) -> dict[str, Any]:
    return {
        "url": url,
        "content_type": content_type,
        "charset": charset,
        "names": about.names,
        "own_site": about.own_site,
        "today": (today or datetime.now(UTC).date()).isoformat(),
    }


def _reading(url: str, code: int | None, output: bytes) -> Reading | PageRefused:
    if code != 0:
        return PageRefused(url, Reason.UNREADABLE, f"reading it ended with status {code}", at=url)
    return _told(url, json.loads(output))


def _told(url: str, told: dict[str, Any]) -> Reading | PageRefused:
    if "unreadable" in told:
        return PageRefused(url, Reason.UNREADABLE, told["unreadable"], at=url)
    page = told["page"]
    published = page["published"]
    return Reading(
        Page(
            **{
                **page,
                "published": date.fromisoformat(published) if published else None,
                "links": tuple(Link(**link) for link in page["links"]),
                "people": tuple(Person(**person) for person in page["people"]),
            }
        ),
        tuple(PageFact(**fact) for fact in told["facts"]),
    )


async def read_fetched(
    fetched: Fetched, about: About, *, today: date | None = None, seconds: float = SECONDS
) -> Reading | PageRefused:
    """The page that was fetched, or why it can't be read within `seconds`."""
    command, given = _job(fetched.final_url, fetched.content_type, fetched.charset, about, today, fetched.body)
    child = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        async with asyncio.timeout(seconds):
            output, _ = await child.communicate(given)
    except TimeoutError:
        return _over(fetched.url, seconds)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return _reading(fetched.url, child.returncode, output)


def read_bytes(
    body: bytes, about: About, *, url: str | None = None, today: date | None = None, seconds: float = SECONDS
) -> Reading | PageRefused:
    """The same for a saved page; `url` is where it came from, and makes its links whole."""
    command, given = _job(url, "text/html", None, about, today, body)
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=seconds, env={}, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return _over(url or "", seconds)
    return _reading(url or "", done.returncode, done.stdout)


def read_here(
    body: bytes, about: About, *, url: str, content_type: str = "text/html", today: date | None = None
) -> Reading | PageRefused:
    """The same in this process, with no limit: for pages that we wrote ourselves, such as the cases of a suite."""
    from tools.web.worker import answer  # the parsers are not needed where a child process reads

    return _told(url, answer(_described(url, content_type, None, about, today), body))


def _over(url: str, seconds: float) -> PageRefused:
    return PageRefused(url, Reason.UNREADABLE, f"reading it took more than {seconds:g} s", at=url)
