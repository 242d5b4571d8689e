"""Notices of the Open Contracting Data Standard: releases, alone, in release packages and in record packages."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tools.bids.notices import MAX_TEXT, Notice, Place, Refusal, Stage
from tools.normalise import clean, day, domain_of, state_code, website

SOURCE: Final = "ocds"
_BUYERS: Final = ("buyer", "procuringEntity")
_STAGES: Final[dict[str, Stage]] = {
    "planning": "planned",
    "planned": "planned",
    "active": "open",
    "cancelled": "cancelled",
    "withdrawn": "cancelled",
    "unsuccessful": "cancelled",
    "complete": "closed",
}


def releases_in(document: object) -> Iterator[Mapping[str, Any]]:
    """The releases of a release package, a record package, a release, or a list of any of these.

    A record that only links to its releases gives its compiled release.
    """
    if isinstance(document, list):
        for part in document:
            yield from releases_in(part)
    elif isinstance(document, Mapping):
        if isinstance(document.get("releases"), list):
            whole = [r for r in document["releases"] if isinstance(r, Mapping) and ("tag" in r or "id" in r)]
            if whole:
                yield from whole
            elif isinstance(document.get("compiledRelease"), Mapping):
                yield document["compiledRelease"]
        elif isinstance(document.get("records"), list):
            for record in document["records"]:
                yield from releases_in(record)
        elif isinstance(document.get("compiledRelease"), Mapping):
            yield document["compiledRelease"]
        elif "ocid" in document:
            yield document


def is_ocds(document: object) -> bool:
    """Whether a JSON document is of this standard."""
    first = document[0] if isinstance(document, list) and document else document
    return isinstance(first, Mapping) and any(name in first for name in ("releases", "records", "ocid"))


def notice_of_release(release: Mapping[str, Any], row: int) -> Notice | Refusal:
    """One release. Later releases of the same ocid leave out what they do not change."""
    ocid, release_id = _text(release.get("ocid")), _text(release.get("id"))
    if ocid is None or release_id is None:
        return Refusal(row, "the release has no ocid, or no id")
    tender = _mapping(release.get("tender"))
    parties = [_mapping(party) for party in _list(release.get("parties"))]
    buyers = [party for party in parties if any(role in _BUYERS for role in _list(party.get("roles")))]
    names = [
        _text(_mapping(release.get("buyer")).get("name")),
        _text(_mapping(tender.get("procuringEntity")).get("name")),
    ]
    names += [_text(party.get("name")) for party in buyers]
    names += [_text(_mapping(party.get("identifier")).get("legalName")) for party in buyers]
    organisations = tuple(dict.fromkeys(name for name in names if name))
    planning = _mapping(release.get("planning"))
    title = _text(tender.get("title")) or _text(_mapping(planning.get("budget")).get("project"))
    title = title or _first(release, "awards", "title") or _first(release, "contracts", "title")
    if title is None:
        return Refusal(row, "the release names no tender")
    if not organisations:
        return Refusal(row, "the release names no buyer")
    told = _text(release.get("date"))
    period = _mapping(tender.get("tenderPeriod"))
    documents = [_mapping(document) for document in _list(tender.get("documents"))]
    tags = [str(tag) for tag in _list(release.get("tag"))]
    return Notice(
        source=SOURCE,
        key=ocid,
        notice_id=f"{ocid}/{release_id}",
        number=_text(tender.get("id")),
        title=title,
        kind=", ".join(tags),
        stage=_stage(tags, _text(tender.get("status"))),
        description=_described(tender, planning),
        organisations=organisations,
        place=_place(buyers),
        site=Place(),
        posted=day(told),
        due=day(_text(period.get("endDate"))),
        url=next((url for url in (website(_text(d.get("url"))) for d in documents) if url), None),
        domains=_domains(buyers),
        codes=tuple(_codes(tender)),
        order=told or "",
        row=row,
        payload=dict(release),
    )


def _stage(tags: list[str], status: str | None) -> Stage:
    if {"tenderCancellation", "awardCancellation"} & set(tags):
        return "cancelled"
    if {"award", "awardUpdate", "contract", "contractUpdate", "implementation"} & set(tags) and "tender" not in tags:
        return "awarded"
    if tags == ["planning"]:
        return "planned"
    return _STAGES.get(status or "", "open")


def _described(tender: Mapping[str, Any], planning: Mapping[str, Any]) -> str | None:
    parts = [_text(tender.get("description")) or _text(planning.get("rationale"))]
    parts += [_text(_mapping(item).get("description")) for item in _list(tender.get("items"))]
    parts += [_text(_mapping(lot).get("title")) for lot in _list(tender.get("lots"))]
    said = ". ".join(dict.fromkeys(part.rstrip(".") for part in parts if part))
    return said[:MAX_TEXT] or None


def _codes(tender: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for item in map(_mapping, _list(tender.get("items"))):
        for told in [item.get("classification"), *_list(item.get("additionalClassifications"))]:
            scheme, code = _text(_mapping(told).get("scheme")), _text(_mapping(told).get("id"))
            if scheme and code:
                # Spreadsheets turn a code into a number with decimals.
                yield scheme.casefold(), code.removesuffix(".0")


def _place(buyers: list[Mapping[str, Any]]) -> Place:
    for party in buyers:
        address = _mapping(party.get("address"))
        country = (_text(address.get("countryName")) or "US").casefold()
        region = _text(address.get("region"))
        american = country in {"us", "usa", "united states", "united states of america"}
        return Place(state_code(region) if american else None, _text(address.get("locality")))
    return Place()


def _domains(buyers: list[Mapping[str, Any]]) -> tuple[str, ...]:
    points = [_mapping(party.get("contactPoint")) for party in buyers]
    found = [domain_of(_text(point.get(name))) for point in points for name in ("email", "url")]
    return tuple(dict.fromkeys(domain for domain in found if domain))


def _first(release: Mapping[str, Any], where: str, name: str) -> str | None:
    return next((text for text in (_text(_mapping(one).get(name)) for one in _list(release.get(where))) if text), None)


def _text(value: object) -> str | None:
    return clean(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
