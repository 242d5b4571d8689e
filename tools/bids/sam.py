"""Notices of SAM.gov: the records of its opportunities API (v2) and the rows of its CSV exports."""

import re
from collections.abc import Mapping
from typing import Any, Final

from tools.bids.notices import MAX_TEXT, Notice, Place, Refusal, Stage, number_key, order_of
from tools.normalise import clean, day, domain_of, state_code, website

SOURCE: Final = "sam_gov"
_STAGES: Final[dict[str, Stage]] = {
    "presolicitation": "planned",
    "sources sought": "planned",
    "intent to bundle requirements (dod-funded)": "planned",
    "award notice": "awarded",
    "justification": "awarded",
    "justification (j&a)": "awarded",
    "sale of surplus property": "open",
    "special notice": "planned",
}


def stage_of(kind: str | None, active: str | None, title: str) -> Stage:
    """Where a notice's type says that the procurement stands; `active` is 'Yes'/'No' or 'Active'/'Inactive'."""
    if re.search(r"\b(?:cancel(?:l?ed|lation)|withdrawn)\b", title, re.IGNORECASE):
        return "cancelled"
    stage = _STAGES.get((kind or "").casefold(), "open")
    over = (active or "").casefold() in {"no", "inactive"}
    return "closed" if over and stage in ("open", "planned") else stage


def notice_of_record(record: Mapping[str, Any], row: int) -> Notice | Refusal:
    """A record of `opportunitiesData`. The API gives the description as a link; such a link is not taken for text."""
    title, notice_id = _text(record.get("title")), _text(record.get("noticeId"))
    if title is None:
        return Refusal(row, "the notice has no title")
    if notice_id is None:
        return Refusal(row, "the notice has no noticeId")
    organisations = organisations_of(_text(record.get("fullParentPathName")))
    if not organisations:
        parts = [_text(record.get(name)) for name in ("office", "subTier", "department")]
        organisations = organisations_of(".".join(reversed([part for part in parts if part])))
    if not organisations:
        return Refusal(row, "the notice names no organisation")
    number, posted, kind = (_text(record.get(name)) for name in ("solicitationNumber", "postedDate", "type"))
    described = _text(record.get("description"))
    office, site = _mapping(record.get("officeAddress")), _mapping(record.get("placeOfPerformance"))
    codes = [("naics", code) for code in _codes(record.get("naicsCodes"), record.get("naicsCode"))]
    codes += [("psc", code) for code in _codes(None, record.get("classificationCode"))]
    posted_on = day(posted)
    return Notice(
        source=SOURCE,
        key=number_key(number, organisations) or f"notice:{notice_id}",
        notice_id=notice_id,
        number=number,
        title=title,
        kind=kind or "",
        stage=stage_of(kind, _text(record.get("active")), title),
        description=None if described is None or re.match(r"https?://\S+$", described) else described[:MAX_TEXT],
        organisations=organisations,
        place=Place(state_code(_text(office.get("state"))), _text(office.get("city"))),
        site=Place(_place_state(site), _named(site.get("city"))),
        posted=posted_on,
        due=day(_text(record.get("responseDeadLine"))),
        url=website(_text(record.get("uiLink"))),
        domains=_domains(record.get("pointOfContact")),
        codes=tuple(codes),
        order=order_of(posted, posted_on),
        row=row,
        payload=dict(record),
    )


def organisations_of(path: str | None) -> tuple[str, ...]:
    """The names in 'DEPT OF DEFENSE.DEPT OF THE NAVY.NAVSEA', the most telling first.

    An office ('Customer Services') tells nothing without its agency, so the whole is named as office and department.
    """
    parts = list(dict.fromkeys(" ".join(part.split()) for part in (path or "").split(".") if part.strip()))
    if not parts:
        return ()
    whole = [", ".join(dict.fromkeys((parts[-1], parts[0])))] if len(parts) > 1 else []
    return tuple(dict.fromkeys([*whole, *reversed(parts)]))


def _text(value: object) -> str | None:
    return clean(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _named(value: object) -> str | None:
    return _text(_mapping(value).get("name")) if isinstance(value, Mapping) else _text(value)


def _place_state(site: Mapping[str, Any]) -> str | None:
    state = site.get("state")
    coded = state_code(_text(_mapping(state).get("code")) or _named(state))
    country = _text(_mapping(site.get("country")).get("code"))
    return coded if country in (None, "USA", "US") else None


def _codes(many: object, one: object) -> list[str]:
    listed = many if isinstance(many, list) else []
    return list(dict.fromkeys(code for code in (_text(value) for value in [*listed, one]) if code))


def _domains(contacts: object) -> tuple[str, ...]:
    listed = contacts if isinstance(contacts, list) else []
    found = (domain_of(_text(_mapping(contact).get("email"))) for contact in listed)
    return tuple(dict.fromkeys(domain for domain in found if domain))
