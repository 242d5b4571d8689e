"""Notices of the Open Contracting Data Standard: releases, alone, in release packages and in record packages."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tools.bids.notices import MAX_TEXT, Notice, Place, Refusal, Stage
from tools.bids.values import list_of, object_of, text_of
from tools.normalise import day, domain_of, state_code, website

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
    ocid, release_id = text_of(release.get("ocid")), text_of(release.get("id"))
    if ocid is None or release_id is None:
        return Refusal(row, "the release has no ocid, or no id")
    tender = object_of(release.get("tender"))
    parties = [object_of(party) for party in list_of(release.get("parties"))]
    buyers = [party for party in parties if any(role in _BUYERS for role in list_of(party.get("roles")))]
    names = [
        text_of(object_of(release.get("buyer")).get("name")),
        text_of(object_of(tender.get("procuringEntity")).get("name")),
    ]
    names += [text_of(party.get("name")) for party in buyers]
    names += [text_of(object_of(party.get("identifier")).get("legalName")) for party in buyers]
    organisations = tuple(dict.fromkeys(name for name in names if name))
    planning = object_of(release.get("planning"))
    title = text_of(tender.get("title")) or text_of(object_of(planning.get("budget")).get("project"))
    title = title or _first(release, "awards", "title") or _first(release, "contracts", "title")
    if title is None:
        return Refusal(row, "the release names no tender")
    if not organisations:
        return Refusal(row, "the release names no buyer")
    told = text_of(release.get("date"))
    period = object_of(tender.get("tenderPeriod"))
    documents = [object_of(document) for document in list_of(tender.get("documents"))]
    tags = [str(tag) for tag in list_of(release.get("tag"))]
    return Notice(
        source=SOURCE,
        key=ocid,
        notice_id=f"{ocid}/{release_id}",
        number=text_of(tender.get("id")),
        title=title,
        kind=", ".join(tags),
        stage=_stage(tags, text_of(tender.get("status"))),
        description=_described(tender, planning),
        organisations=organisations,
        place=_place(buyers),
        site=Place(),
        posted=day(told),
        due=day(text_of(period.get("endDate"))),
        url=next((url for url in (website(text_of(d.get("url"))) for d in documents) if url), None),
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
    parts = [text_of(tender.get("description")) or text_of(planning.get("rationale"))]
    parts += [text_of(object_of(item).get("description")) for item in list_of(tender.get("items"))]
    parts += [text_of(object_of(lot).get("title")) for lot in list_of(tender.get("lots"))]
    said = ". ".join(dict.fromkeys(part.rstrip(".") for part in parts if part))
    return said[:MAX_TEXT] or None


def _codes(tender: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for item in map(object_of, list_of(tender.get("items"))):
        for told in [item.get("classification"), *list_of(item.get("additionalClassifications"))]:
            scheme, code = text_of(object_of(told).get("scheme")), text_of(object_of(told).get("id"))
            if scheme and code:
                # Spreadsheets turn a code into a number with decimals.
                yield scheme.casefold(), code.removesuffix(".0")


def _place(buyers: list[Mapping[str, Any]]) -> Place:
    for party in buyers:
        address = object_of(party.get("address"))
        country = (text_of(address.get("countryName")) or "US").casefold()
        region = text_of(address.get("region"))
        american = country in {"us", "usa", "united states", "united states of america"}
        return Place(state_code(region) if american else None, text_of(address.get("locality")))
    return Place()


def _domains(buyers: list[Mapping[str, Any]]) -> tuple[str, ...]:
    points = [object_of(party.get("contactPoint")) for party in buyers]
    found = [domain_of(text_of(point.get(name))) for point in points for name in ("email", "url")]
    return tuple(dict.fromkeys(domain for domain in found if domain))


def _first(release: Mapping[str, Any], where: str, name: str) -> str | None:
    return next(
        (text for text in (text_of(object_of(one).get(name)) for one in list_of(release.get(where))) if text), None
    )
