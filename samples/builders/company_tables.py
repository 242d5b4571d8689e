"""What the company sources do not say themselves: domains, names of the same company, exclusions."""

from __future__ import annotations

from dataclasses import dataclass

YC = "Y Combinator company directory"
SP500 = "S&P 500 constituents"
POSTINGS = "open-jobs-data"
SOURCE_URLS = {
    SP500: "https://github.com/datasets/s-and-p-500-companies",
    POSTINGS: "https://github.com/ConorsCode/open-jobs-data",
}


@dataclass(frozen=True)
class KnownCompany:
    """A company as people call it, its domain, and the name under which its postings stand ('': none)."""

    name: str
    domain: str
    postings: str = ""


# S&P 500 by ticker symbol; the list gives no web address.
SP500_COMPANIES: dict[str, KnownCompany] = {
    "ADBE": KnownCompany("Adobe", "adobe.com", "Adobe"),
    "ADSK": KnownCompany("Autodesk", "autodesk.com", "Autodesk"),
    "CRM": KnownCompany("Salesforce", "salesforce.com", "Salesforce"),
    "DDOG": KnownCompany("Datadog", "datadoghq.com", "Datadog"),
    "FICO": KnownCompany("FICO", "fico.com"),
    "HOOD": KnownCompany("Robinhood", "robinhood.com", "Robinhood"),
    "INTU": KnownCompany("Intuit", "intuit.com"),
    "NOW": KnownCompany("ServiceNow", "servicenow.com"),
    "PLTR": KnownCompany("Palantir Technologies", "palantir.com", "Palantir"),
    "PTC": KnownCompany("PTC", "ptc.com"),
    "TRMB": KnownCompany("Trimble", "trimble.com"),
    "TYL": KnownCompany("Tyler Technologies", "tylertech.com"),
    "VEEV": KnownCompany("Veeva Systems", "veeva.com", "Veeva Systems"),
    "WDAY": KnownCompany("Workday", "workday.com", "Workday Inc"),
}

# Known from their own postings for testers alone: no size, place only where it is beyond doubt.
POSTING_COMPANIES: tuple[tuple[KnownCompany, str, str, str], ...] = (
    (KnownCompany("Baseten", "baseten.co", "Baseten"), "Systems Software", "San Francisco", "CA, USA"),
    (KnownCompany("Bitwarden", "bitwarden.com", "Bitwarden"), "Systems Software", "", ""),
    (KnownCompany("Discord", "discord.com", "Discord"), "Interactive Media & Services", "San Francisco", "CA, USA"),
    (KnownCompany("Newsela", "newsela.com", "Newsela"), "Application Software", "New York City", "NY, USA"),
    (KnownCompany("Okta", "okta.com", "Okta"), "Systems Software", "San Francisco", "CA, USA"),
    (
        KnownCompany("Riot Games", "riotgames.com", "Riot Games"),
        "Interactive Home Entertainment",
        "Los Angeles",
        "CA, USA",
    ),
    (KnownCompany("Sardine", "sardine.ai", "Sardine"), "Application Software", "", ""),
    (KnownCompany("Scopely", "scopely.com", "Scopely"), "Interactive Home Entertainment", "", ""),
    (KnownCompany("Snorkel AI", "snorkel.ai", "Snorkel AI"), "Application Software", "", ""),
    (KnownCompany("Version 1", "version1.com", "Version 1"), "IT Consulting & Other Services", "", ""),
    (KnownCompany("ZoomInfo", "zoominfo.com", "ZoomInfo"), "Application Software", "Vancouver", "WA, USA"),
)

# Same name, another company, or not a software product.
NOT_THE_SAME = frozenset({"alloy", "modal", "warp"})
NOT_SOFTWARE = frozenset(
    {
        "eight sleep",
        "hioperator",
        "clinikally",
        "verse medical",
        "tovala",
        "community phone company",
        "howdy com",
        "magic",
        "opentrons",
    }
)

SOFTWARE_TAGS = frozenset({"SaaS", "Developer Tools", "API", "Enterprise Software", "DevSecOps", "Enterprise"})
OTHER_TAGS = frozenset({"Marketplace", "Hardware", "Robotics", "Nonprofit", "Cannabis"})
SOFTWARE_INDUSTRIES = frozenset({"B2B", "Fintech", "Healthcare", "Education"})
COUNTRIES = frozenset({"USA", "Canada", "United Kingdom", "Ireland"})

# A site's front door is not its domain.
DOMAINS = {"go.givecampus.com": "givecampus.com"}

US_STATES = {
    "California": "CA",
    "Colorado": "CO",
    "Florida": "FL",
    "Massachusetts": "MA",
    "Montana": "MT",
    "New York": "NY",
    "Texas": "TX",
}
