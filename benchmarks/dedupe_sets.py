"""The labelled sets: records with their columns, who is who, and the two halves. Used by `dedupe.py`.

A set's entities go to the half that was tuned on or to the half that is reported by a hash of their name and SEED.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.normalise import state_code

SEED = "outreach-2026"


@dataclass
class Labelled:
    """`records` are rows of `columns`; `entity` says who each is; `source` which file it is from. With `linked` two
    rows of one source are never the same. `unsure` entities take no part in the figures."""

    name: str
    people: bool
    columns: dict[str, str]
    records: list[dict[str, str]]
    entity: list[str]
    source: list[str]
    linked: bool = False

    def half(self, held_out: bool) -> Labelled:
        """The tuned half, or the one held out."""
        return pick(self, [n for n, e in enumerate(self.entity) if is_held_out(self.name, e) == held_out])

    def truth(self) -> set[tuple[int, int]]:
        """All pairs of places that are one entity."""
        of: dict[str, list[int]] = {}
        for place, entity in enumerate(self.entity):
            of.setdefault(entity, []).append(place)
        return {
            (a, b)
            for group in of.values()
            for n, a in enumerate(group)
            for b in group[n + 1 :]
            if not self.linked or self.source[a] != self.source[b]
        }


def pick(of: Labelled, rows: list[int]) -> Labelled:
    """These rows of a set alone."""
    return Labelled(
        of.name, of.people, of.columns, [of.records[n] for n in rows], [of.entity[n] for n in rows],
        [of.source[n] for n in rows], of.linked,
    )  # fmt: skip


def is_held_out(name: str, entity: str) -> bool:
    """Which half an entity is in."""
    return hashlib.sha256(f"{SEED}|{name}|{entity}".encode()).digest()[0] % 2 == 1


def read(path: Path) -> list[dict[str, str]]:
    """A CSV file's rows, trimmed."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, skipinitialspace=True)
        return [{str(k).strip(): (v or "").strip() for k, v in row.items() if k is not None} for row in rows]


def febrl(folder: Path, number: int) -> Labelled:
    """Febrl's synthetic people; the entity is the number in rec_id."""
    rows = read(folder / f"dedupe/febrl_dataset{number}.csv")
    columns = {
        "given_name": "given_name", "surname": "surname", "street_number": "street_number", "address_1": "street",
        "address_2": "locality", "suburb": "city", "postcode": "zip", "state": "state", "date_of_birth": "birth_date",
        "soc_sec_id": "number",
    }  # fmt: skip
    entity = [row["rec_id"].split("-")[1] for row in rows]
    return Labelled(f"febrl {number}", True, columns, [_only(r, columns) for r in rows], entity, ["a"] * len(rows))


def restaurants(folder: Path) -> Labelled:
    """Fodor's and Zagat's restaurants, linked across the two."""
    matches = read(folder / "dedupe/restaurants_match_fodors_zagats_more_attrs.csv")
    of_zagat = {m["zagats_id"]: m["fodors_id"] for m in matches if m["gold"] == "1"}
    columns = {"name": "name", "addr": "street", "city": "city", "phone": "phone", "type": "kind"}
    found = Labelled("restaurants", False, columns, [], [], [], linked=True)
    for source in ("fodors", "zagats"):
        for row in read(folder / f"dedupe/restaurants_{source}.csv"):
            found.records.append(_only(row, columns))
            own = of_zagat.get(row["id"], f"z{row['id']}") if source == "zagats" else row["id"]
            found.entity.append(own)
            found.source.append(source)
    return found


def fake_1000(folder: Path) -> Labelled:
    """splink's fake people; its pair labels say the same as its clusters."""
    rows = read(folder / "dedupe/splink_fake_1000.csv")
    columns = {
        "first_name": "given_name", "surname": "surname", "dob": "birth_date", "city": "city", "email": "email"
    }  # fmt: skip
    return Labelled(
        "splink_fake_1000", True, columns, [_only(r, columns) for r in rows], [r["cluster"] for r in rows],
        ["a"] * len(rows),
    )  # fmt: skip


def variants(folder: Path) -> Labelled:
    """Names of one institution over the years (EADA) and in the directory (IPEDS); the entity is the UNITID, which the
    records themselves do not show."""
    columns = {"name": "name", "alias": "other_names", "city": "city", "state": "state", "website": "domain"}
    found = Labelled("college_name_variants", False, columns, [], [], [])
    for row in read(folder / "dedupe/college_name_variants.csv"):
        for name in row["eada_names"].split("|"):
            _add(found, row["unitid"], "eada", name=name, state=row["state"])
        if row["ipeds_name"]:
            _add(
                found, row["unitid"], "ipeds", name=row["ipeds_name"], alias=row["ipeds_alias"], city=row["city"],
                state=row["state"], website=row["webaddr"],
            )  # fmt: skip
    return found


def colleges(folder: Path) -> Labelled:
    """Four lists on top of each other: EADA, IPEDS (EADA's and all other public or non-profit ones), CFBD short names,
    athletics sites.

    CFBD and the sites have no UNITID. `college_truth.csv` gives CFBD's: found by coordinates and words, ambiguous and
    odd ones by hand; teams without an institution in EADA are left out. A site is whose town has just one institution
    of EADA with all the words of its name; other sites are left out.
    """
    folder = folder / "colleges"
    columns = {"name": "name", "alias": "other_names", "city": "city", "state": "state", "website": "domain"}
    found = Labelled("four college lists", False, columns, [], [], [])
    eada = {row["UNITID"]: row for row in read(folder / "eada_2022.csv")}
    ipeds = {row["UNITID"]: row for row in read(folder / "ipeds_hd2024.csv")}
    for unitid, row in eada.items():
        _add(found, unitid, "eada", name=row["Institution Name"], state=row["State CD"])
    for unitid, row in ipeds.items():
        if unitid in eada or row["SECTOR"] in ("1", "2", "4"):
            _add(
                found, unitid, "ipeds", name=row["INSTNM"], alias=row["IALIAS"], city=row["CITY"],
                state=row["STABBR"], website=row["WEBADDR"],
            )  # fmt: skip
    truth = {r["team_id"]: r["unitid"] for r in read(Path(__file__).parent / "college_truth.csv")}
    for row in read(folder / "cfbd_football_teams.csv"):
        if team := truth.get(row["team_id"]):
            _add(found, team, "cfbd", name=row["school"], city=row["city"], state=row["state"])
    for row, unitid, town, state in sites(folder, eada, ipeds):
        _add(
            found, unitid, "sites", name=row["client_name"], city=town, state=state, website=row["client_url"],
        )  # fmt: skip
    return found


def sites(
    folder: Path, eada: dict[str, dict[str, str]], ipeds: dict[str, dict[str, str]]
) -> Iterator[tuple[dict[str, str], str, str, str]]:
    """The athletics sites whose institution is known: row, UNITID, town and state."""
    in_town: dict[tuple[str, str], list[str]] = {}
    for unitid, row in ipeds.items():
        if unitid in eada:
            in_town.setdefault((_plain(row["CITY"]), row["STABBR"]), []).append(unitid)
    for row in read(folder / "athletics_sites.csv"):
        town, _comma, state = row["location"].rpartition(",")
        code = state_code(state.strip()) or state_code(row["client_state"]) or ""
        if row["client_category"] != "School" or row["division"] == "SPECIALPROJECTS":
            continue
        words = set(_plain(row["client_name"]).split()) - _COMMON
        fits = [
            unitid
            for unitid in in_town.get((_plain(town), code), [])
            if words and words <= set(_plain(f"{ipeds[unitid]['INSTNM']} {ipeds[unitid]['IALIAS']}").split())
        ]
        if len(fits) == 1:
            yield row, fits[0], town.strip(), code


_COMMON = frozenset(["university", "college", "of", "the", "at", "and", "in", "a", "state"])


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9 ]+", " ", re.sub(r"\bst\b\.?", "saint", text.lower()).replace("'", "")).split())


def _add(found: Labelled, entity: str, source: str, **cells: str) -> None:
    found.records.append({column: cells.get(column, "") for column in found.columns})
    found.entity.append(entity)
    found.source.append(source)


def _only(row: dict[str, str], columns: dict[str, str]) -> dict[str, str]:
    return {column: row.get(column, "") for column in columns}


def every(folder: Path) -> list[Labelled]:
    """All sets."""
    return [
        febrl(folder, 1), febrl(folder, 2), febrl(folder, 3), restaurants(folder), fake_1000(folder),
        variants(folder), colleges(folder),
    ]  # fmt: skip
