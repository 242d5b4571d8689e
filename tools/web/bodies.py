"""Bodies within bounds: what a server sends is unpacked piece by piece, and never beyond the limit."""

import zlib
from collections.abc import AsyncIterator
from typing import Final

SUPPORTED: Final = "gzip, deflate"
_STEP: Final = 65_536


class TooLarge(Exception):
    """The body, or what it unpacks to, is larger than the limit."""


class BadEncoding(Exception):
    """The body is packed in a way that is not supported, or is damaged."""


class _Inflater:
    """gzip (in several members too) and deflate (with or without its zlib header), `_STEP` bytes at a time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._wbits = 31 if name == "gzip" else 15
        self._raw: zlib._Decompress = zlib.decompressobj(self._wbits)
        self._first = True

    def feed(self, data: bytes, most: int) -> bytes:
        """What `data` unpacks to; raises TooLarge once that is more than `most` bytes."""
        out = bytearray()
        while data:
            try:
                out += self._raw.decompress(data, min(_STEP, most - len(out) + 1))
            except zlib.error as exc:
                if self._first and self._name == "deflate" and self._wbits == 15:
                    # Servers that send deflate without its header are as common as those that send it with.
                    self._wbits = -15
                    self._raw = zlib.decompressobj(self._wbits)
                    continue
                raise BadEncoding(f"damaged {self._name}: {exc}") from exc
            self._first = False
            if len(out) > most:
                raise TooLarge
            if self._raw.eof:
                data = self._raw.unused_data
                if not data.strip(b"\0"):
                    break
                self._raw = zlib.decompressobj(self._wbits)
            else:
                data = self._raw.unconsumed_tail
        return bytes(out)


async def bounded(chunks: AsyncIterator[bytes], encoding: str, most: int, *, cut: bool = False) -> bytes:
    """A body, unpacked; at most `most` bytes over the wire and unpacked.

    Args:
        chunks: the bytes as they come.
        encoding: the Content-Encoding header.
        most: the limit in bytes.
        cut: give the first `most` bytes of a larger body instead of raising TooLarge.
    """
    name = encoding.strip().lower().replace("x-gzip", "gzip")
    if name not in ("", "identity", "gzip", "deflate"):
        raise BadEncoding(f"Content-Encoding {encoding[:60]!r} is not supported")
    inflater = _Inflater(name) if name in ("gzip", "deflate") else None
    body, wire = bytearray(), 0
    async for chunk in chunks:
        wire += len(chunk)
        room = most - len(body)
        if not cut and wire > most:
            raise TooLarge
        if inflater is None:
            body += chunk[:room] if cut else chunk
        else:
            try:
                body += inflater.feed(chunk, room)
            except TooLarge:
                if not cut:
                    raise
                break
        if cut and (len(body) >= most or wire >= most):
            break
    return bytes(body)
