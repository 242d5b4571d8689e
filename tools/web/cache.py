"""Pages on disk with their validators, so that a page is asked for again only when it may have changed."""

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4


@dataclass(frozen=True)
class Entry:
    """One stored answer. `checked_at` is when the server last said that it holds."""

    url: str
    content_type: str
    charset: str | None
    etag: str | None
    last_modified: str | None
    checked_at: datetime
    body: bytes = field(repr=False)

    def validators(self) -> dict[str, str]:
        """The request headers that ask whether it still holds (RFC 9110, 13.1)."""
        headers = {}
        if self.etag:
            headers["If-None-Match"] = self.etag
        if self.last_modified:
            headers["If-Modified-Since"] = self.last_modified
        # Servers send bytes in these that no request may carry back.
        return {name: value for name, value in headers.items() if value.isascii() and value.isprintable()}


class PageCache:
    """A folder with one file a page: a line of JSON, then the body. A file that can't be read counts as missing.

    Files are replaced as a whole, so several processes may share the folder. Nothing in a file name comes from a page.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, url: str) -> Path:
        name = hashlib.sha256(url.encode()).hexdigest()
        return self._folder / name[:2] / name

    async def get(self, url: str) -> Entry | None:
        """The stored answer of a URL."""
        return await asyncio.to_thread(self._get, url)

    async def put(self, entry: Entry) -> None:
        """Stores an answer in place of the one before."""
        await asyncio.to_thread(self._put, entry)

    def _get(self, url: str) -> Entry | None:
        try:
            head, _, body = self._path(url).read_bytes().partition(b"\n")
            meta: dict[str, Any] = json.loads(head)
            if meta["url"] != url or meta["length"] != len(body):
                return None
            checked = datetime.fromisoformat(meta["checked_at"])
            return Entry(url, meta["content_type"], meta["charset"], meta["etag"], meta["last_modified"], checked, body)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _put(self, entry: Entry) -> None:
        meta = {
            "url": entry.url,
            "content_type": entry.content_type,
            "charset": entry.charset,
            "etag": entry.etag,
            "last_modified": entry.last_modified,
            "checked_at": entry.checked_at.astimezone(UTC).isoformat(),
            "length": len(entry.body),
        }
        path = self._path(entry.url)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{uuid4().hex}")
        part.write_bytes(json.dumps(meta).encode() + b"\n" + entry.body)
        part.replace(path)
