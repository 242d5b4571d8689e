"""How the prospector's mapping is decided by rule: what a column is called, and what its values look like."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agents.models.rules import call, calls

SURE_ENOUGH: Final = 0.6
_LOOK_AT_MOST: Final = 4

# Names that a column goes by in exports and directories, folded: lower case, letters and digits only.
_NAMES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "any": {
        "organisation_name": (
            "company", "companyname", "associatedcompany", "account", "accountname", "organization",
            "organizationname", "organisation", "institution", "institutionname", "instnm", "school", "schoolname",
            "college", "employer", "university", "team", "buildingname",
        ),
        "website": ("website", "websiteurl", "companywebsite", "url", "webaddr", "web", "webaddress", "homepage"),
        "domain": ("domain", "companydomain", "companydomainname", "emaildomain"),
        "industry": ("industry", "sector", "gicssector"),
        "sub_industry": ("subindustry", "gicssubindustry", "subsector"),
        "employees": ("employees", "numberofemployees", "employeecount", "headcount", "teamsize", "companysize"),
        "annual_revenue": ("annualrevenue", "revenue"),
        "funding_stage": ("latestfunding", "fundingstage"),
        "last_funding_amount": ("latestfundingamount", "lastfundingamount"),
        "last_funding_date": ("lastraisedat", "lastfundingdate"),
        "company_linkedin": ("companylinkedinurl", "linkedincompanyurl", "linkedincompanypage"),
        "known_tools": ("technologies", "techstack"),
        "division": ("division", "classificationname", "class", "classification", "ncaadivision"),
        "sanction": ("sanction", "sanctionname", "association"),
        "conference": ("conference", "league"),
        "enrollment": ("enrollment", "undergraduates", "totalundergraduates", "totalenrollment", "students"),
        "stadium_name": ("stadium", "stadiumname", "venue", "venuename", "field"),
        "seating_capacity": ("capacity", "seatingcapacity", "seats"),
        "year_built": ("yearbuilt", "yearconstructed", "built", "opened", "yearopened"),
        "row_source_url": ("sourceurl", "sourcelink"),
        "first_name": ("firstname", "givenname", "forename"),
        "last_name": ("lastname", "surname", "familyname"),
        "full_name": ("fullname", "contactname", "personname"),
        "job_title": ("jobtitle", "position"),
        "email": ("email", "emailaddress", "workemail", "mail"),
        "phone": ("workdirectphone", "phone", "phonenumber", "directphone", "firstphone", "workphone", "telephone"),
        "linkedin_url": ("personlinkedinurl", "linkedinurl", "linkedin", "linkedinprofile", "linkedinbio"),
        "person_id": ("apollocontactid", "contactid", "hubspotcontactid"),
        "opening_posted": ("posted", "postedat", "dateposted", "posteddate", "publishedat"),
        "opening_url": ("link", "joburl", "applyurl", "joblink", "absoluteurl"),
    },
    "organisation": {
        "organisation_name": ("name", "security", "clientname", "title"),
        "city": ("city", "companycity", "hqcity"),
        "state": ("state", "statecountry", "statecd", "stabbr", "companystate", "stateregion", "clientstate"),
        "country": ("country", "companycountry", "countryregion"),
        "funding_stage": ("stage",),
        "address": ("address", "addr", "street", "companyaddress", "streetaddress"),
    },
    "contact": {
        "full_name": ("name",),
        "job_title": ("title",),
        "person_city": ("city",),
        "person_state": ("state", "stateregion"),
        "person_id": ("recordid", "id"),
        "city": ("companycity",),
        "state": ("companystate",),
        "country": ("companycountry",),
        "address": ("companyaddress",),
    },
    "signal": {
        "opening_title": ("title", "jobtitle", "role", "position", "opening"),
        "opening_location": ("location", "place", "office", "joblocation", "city"),
        "opening_posted": ("date", "createdat", "firstseen"),
        "opening_url": ("url", "sourceurl"),
    },
}  # fmt: skip
_ORGANISATION_IDS: Final = (
    "unitid", "apolloaccountid", "associatedcompanyids", "accountid", "companyid", "ncesid", "irn", "buildingirn",
)  # fmt: skip
_OWN_IDS: Final = (*_ORGANISATION_IDS, "recordid", "id", "symbol")
# A person's file that also says these says things about the organisation.
_MAKES_MIXED: Final = {
    "industry",
    "employees",
    "division",
    "enrollment",
    "annual_revenue",
    "known_tools",
    "city",
}

_WORDS: Final = r".*[^\W\d_].*"
_LOOKS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("organisation_name", "first_name", "industry", "sub_industry", "city", "conference", "stadium_name"), _WORDS
    ),
    "email": r"[^@\s]+@[^@\s]+\.[a-z]{2,}",
    "linkedin_url": r"(https?://)?([a-z]+\.)?linkedin\.com/in/\S+",
    "company_linkedin": r"(https?://)?([a-z]+\.)?linkedin\.com/(company|school)/\S+",
    "website": r"(https?://)?(www\.)?([a-z0-9-]+\.)+[a-z]{2,}(/\S*)?",
    "domain": r"([a-z0-9-]+\.)+[a-z]{2,}",
    "opening_url": r"https?://\S+",
    "row_source_url": r"https?://\S+",
    "state": r"[a-z]{2}\b.*|[a-z][a-z .]{3,}",
    "person_state": r"[a-z]{2}|[a-z][a-z .]{3,}",
    "employees": r"[\d,.]+\+?( ?[-–] ?[\d,]+)?[km]?",
    "enrollment": r"[\d,.]+",
    "seating_capacity": r"[\d,.]+",
    "year_built": r"1[89]\d\d(\.0)?|20\d\d(\.0)?",
    "phone": r"[+(]?[\d][\d\s().x+-]{5,}",
    "division": r".*(\b(ncaa|naia|division|njcaa)\b|\bd?(i{1,3}|[1-3])\b|\b\d?a\b).*",
}
# What values alone give away, without a telling name.
_TELLING: Final = (("email", 0.85), ("linkedin_url", 0.85), ("company_linkedin", 0.8))


def folded(name: str) -> str:
    """A column's name as letters and digits in lower case; '# Employees' is employees."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """First looks into columns that are unclear, then saves the mapping, then stops."""
    material = json.loads(next(str(m.content) for m in messages if isinstance(m, HumanMessage)))
    heard = [m for m in messages if isinstance(m, ToolMessage)]
    last = messages[-1]
    if isinstance(last, ToolMessage) and last.name == "save_mapping":
        # A refusal would be met by the same mapping again: rules have nothing better to offer.
        return AIMessage(content=str(last.content))
    values = {entry["column"]: entry["samples"] for entry in material["columns"]}
    unclear = _unclear(values)
    if not heard and unclear:
        return calls(*(("see_values", {"column": column}) for column in unclear[:_LOOK_AT_MOST]))
    for message in heard:
        values |= _seen(message)
    entity = entity_of(material, values)
    return call("save_mapping", **mapping_of(material, values, entity))


def _seen(message: ToolMessage) -> dict[str, list[str]]:
    try:
        said = json.loads(str(message.content))
        return {said["column"]: said["values"]}
    except (json.JSONDecodeError, KeyError, TypeError):
        return {}


def _unclear(values: Mapping[str, list[str]]) -> list[str]:
    """Columns whose name says nothing and whose samples are blank."""
    names = {name for table in _NAMES.values() for known in table.values() for name in known} | set(_OWN_IDS)
    return [column for column, samples in values.items() if folded(column) not in names and not any(samples)]


def entity_of(material: Mapping[str, Any], values: Mapping[str, list[str]]) -> str:
    """What one row is: what the operator says, else what the columns are called."""
    holds = material["file"]["holds"]
    names = {folded(column) for column in values}

    def called(field: str, entity: str = "any") -> bool:
        return not names.isdisjoint(_NAMES[entity].get(field, ()))

    if holds in ("organisations", "facts"):
        return "organisation"
    if holds == "openings":
        return "signal"
    person = called("first_name") or called("full_name") or (called("email") and holds is None)
    if holds == "contacts" or person:
        about = {field for field in _MAKES_MIXED if called(field) or (field == "city" and "companycity" in names)}
        return "mixed" if about and called("organisation_name") else "contact"
    if called("opening_title", "signal") and (called("opening_url") or called("opening_posted")):
        return "signal"
    return "organisation"


def confidence(column: str, field: str, samples: Sequence[str], entity: str) -> float:
    """How sure it is that a column fills a field: by its name, and by whether its values look the part."""
    specific = "contact" if entity == "mixed" else entity
    name = folded(column)
    by_name = 0.0
    if name in _NAMES.get(specific, {}).get(field, ()) or (
        name in _NAMES["any"].get(field, ()) and not _claimed(name, field, specific)
    ):
        by_name = 0.95
    filled = [sample.strip().casefold() for sample in samples if sample.strip()]
    look = _LOOKS.get(field)
    if look and filled:
        fitting = sum(bool(re.fullmatch(look, sample)) for sample in filled) / len(filled)
        if by_name:
            return round(by_name * fitting + (1 - by_name) * 0.5 * fitting, 2)
        telling = dict(_TELLING).get(field, 0.0)
        return round(telling * fitting, 2)
    return by_name


def _claimed(name: str, field: str, entity: str) -> bool:
    """Whether an entity gives a name a meaning of its own: 'Title' of an opening is no person's."""
    return any(name in names for other, names in _NAMES.get(entity, {}).items() if other != field)


def mapping_of(material: Mapping[str, Any], values: Mapping[str, list[str]], entity: str) -> dict[str, Any]:
    """The arguments of save_mapping: each field gets the column that fits it best, below the threshold none."""
    id_column = _id_column(material, values, entity)
    offers = sorted(
        (
            (sure, -place, column, field)
            for place, (column, samples) in enumerate(values.items())
            for field in material["entities"][entity]
            if column != id_column or field in ("domain", "website")
            if (sure := confidence(column, field, samples, entity)) >= SURE_ENOUGH
        ),
        reverse=True,
    )
    chosen: dict[str, tuple[str, float]] = {}
    taken: set[str] = set()
    for sure, _place, column, field in offers:
        if field not in chosen and column not in taken:
            chosen[field] = (column, sure)
            taken.add(column)
    columns = [{"column": c, "field": field, "confidence": sure} for field, (c, sure) in chosen.items()]
    return {"entity": entity, "columns": columns, "id_column": id_column}


def _id_column(material: Mapping[str, Any], values: Mapping[str, list[str]], entity: str) -> str | None:
    given = material["file"]["id_column"]
    if given in values:
        return str(given)
    names = _OWN_IDS if entity == "organisation" else _ORGANISATION_IDS
    for name in names:
        for column in values:
            if folded(column) == name:
                return column
    return None
