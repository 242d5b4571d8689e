"""Notices of SAM.gov: the records of its opportunities API (v2) and the rows of its CSV exports."""

import re
from collections.abc import Mapping
from typing import Any, Final

from tools.bids.notices import MAX_TEXT, Notice, Place, Refusal, Stage, number_key, order_of
from tools.bids.values import list_of, object_of, text_of
from tools.normalise import day, domain_of, state_code, website

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
_CANCELLED: Final = re.compile(r"\b(?:cancel(?:l?ed|lation)|withdrawn)\b", re.IGNORECASE)
_OVER: Final = frozenset({"no", "inactive", "closed", "expired", "archived", "completed"})


def stage_of(kind: str | None, active: str | None, title: str) -> Stage:
    """Where a procurement stands, by its notice's type and title, and by `active`: SAM.gov's 'Yes'/'No' or
    'Active'/'Inactive', or the status that a portal gives ('Open', 'Closed', 'Awarded', 'Cancelled')."""
    status = (active or "").casefold()
    if _CANCELLED.search(title) or _CANCELLED.search(status):
        return "cancelled"
    if status == "awarded":
        return "awarded"
    stage = _STAGES.get((kind or "").casefold(), "open")
    return "closed" if status in _OVER and stage in ("open", "planned") else stage


def notice_of_record(record: Mapping[str, Any], row: int) -> Notice | Refusal:
    """A record of `opportunitiesData`. The API gives the description as a link; such a link is not taken for text."""
    title, notice_id = text_of(record.get("title")), text_of(record.get("noticeId"))
    if title is None:
        return Refusal(row, "the notice has no title")
    if notice_id is None:
        return Refusal(row, "the notice has no noticeId")
    organisations = organisations_of(text_of(record.get("fullParentPathName")))
    if not organisations:
        parts = [text_of(record.get(name)) for name in ("office", "subTier", "department")]
        organisations = organisations_of(".".join(reversed([part for part in parts if part])))
    if not organisations:
        return Refusal(row, "the notice names no organisation")
    number, posted, kind = (text_of(record.get(name)) for name in ("solicitationNumber", "postedDate", "type"))
    described = text_of(record.get("description"))
    office, site = object_of(record.get("officeAddress")), object_of(record.get("placeOfPerformance"))
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
        stage=stage_of(kind, text_of(record.get("active")), title),
        description=None if described is None or re.match(r"https?://\S+$", described) else described[:MAX_TEXT],
        organisations=organisations,
        place=Place(state_code(text_of(office.get("state"))), text_of(office.get("city"))),
        site=Place(_place_state(site), _named(site.get("city"))),
        posted=posted_on,
        due=day(text_of(record.get("responseDeadLine"))),
        url=website(text_of(record.get("uiLink"))),
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


def _named(value: object) -> str | None:
    return text_of(object_of(value).get("name")) if isinstance(value, Mapping) else text_of(value)


def _place_state(site: Mapping[str, Any]) -> str | None:
    state = site.get("state")
    coded = state_code(text_of(object_of(state).get("code")) or _named(state))
    country = text_of(object_of(site.get("country")).get("code"))
    return coded if country in (None, "USA", "US") else None


def _codes(many: object, one: object) -> list[str]:
    return list(dict.fromkeys(code for code in (text_of(value) for value in [*list_of(many), one]) if code))


def _domains(contacts: object) -> tuple[str, ...]:
    found = (domain_of(text_of(object_of(contact).get("email"))) for contact in list_of(contacts))
    return tuple(dict.fromkeys(domain for domain in found if domain))
