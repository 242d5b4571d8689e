"""Reading and writing CSV, and names, places and addresses in comparable form."""

from __future__ import annotations

import csv
import gzip
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

Row = dict[str, str]

_EARTH_KM = 6371.0


def read_csv(path: Path) -> list[Row]:
    """All rows of a CSV file, gzipped if its name says so, every value stripped."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as packed:
            return _rows(packed)
    with path.open(encoding="utf-8-sig", newline="") as plain:
        return _rows(plain)


def _rows(lines: Iterable[str]) -> list[Row]:
    return [{key: (value or "").strip() for key, value in row.items()} for row in csv.DictReader(lines)]


def write_csv(path: Path, columns: tuple[str, ...], rows: Iterable[Mapping[str, str]]) -> int:
    """Write rows with LF line ends, so that a rebuild is the same to the byte. Returns their number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            written += 1
    return written


def ascii_fold(text: str) -> str:
    """Letters without their accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def norm(name: str) -> str:
    """A name for comparison: lower case, no punctuation, 'Saint' as 'st', '&' as 'and'."""
    text = ascii_fold(name).lower().replace("&", " and ").replace("'", "").replace("’", "")
    words = re.sub(r"[^a-z0-9]+", " ", text).split()
    return " ".join("st" if word == "saint" else word for word in words)


def host(url: str) -> str:
    """The host of a web address without 'www.', or '' if there is none."""
    if not url:
        return ""
    name = urlsplit(url if "//" in url else f"https://{url}").hostname or ""
    return name.removeprefix("www.")


def website(url: str) -> str:
    """The front page of the site, without path, query or a user's name before the host."""
    if not url:
        return ""
    name = urlsplit(url if "//" in url else f"https://{url}").hostname
    return f"https://{name}/" if name else ""


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance in kilometres of two (latitude, longitude) pairs in degrees."""
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (*a, *b))
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(half))
