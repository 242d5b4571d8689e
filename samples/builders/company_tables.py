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
class Known:
    """A company as people call it, its domain, and the name under which its postings stand ('': none)."""

    name: str
    domain: str
    postings: str = ""


# S&P 500 by ticker symbol; the list gives no web address.
SP500_COMPANIES: dict[str, Known] = {
    "ADBE": Known("Adobe", "adobe.com", "Adobe"),
    "ADSK": Known("Autodesk", "autodesk.com", "Autodesk"),
    "CRM": Known("Salesforce", "salesforce.com", "Salesforce"),
    "DDOG": Known("Datadog", "datadoghq.com", "Datadog"),
    "FICO": Known("FICO", "fico.com"),
    "HOOD": Known("Robinhood", "robinhood.com", "Robinhood"),
    "INTU": Known("Intuit", "intuit.com"),
    "NOW": Known("ServiceNow", "servicenow.com"),
    "PLTR": Known("Palantir Technologies", "palantir.com", "Palantir"),
    "PTC": Known("PTC", "ptc.com"),
    "TRMB": Known("Trimble", "trimble.com"),
    "TYL": Known("Tyler Technologies", "tylertech.com"),
    "VEEV": Known("Veeva Systems", "veeva.com", "Veeva Systems"),
    "WDAY": Known("Workday", "workday.com", "Workday Inc"),
}

# Known from their own postings for testers alone: no size, place only where it is beyond doubt.
POSTING_COMPANIES: tuple[tuple[Known, str, str, str], ...] = (
    (Known("Baseten", "baseten.co", "Baseten"), "Systems Software", "San Francisco", "CA, USA"),
    (Known("Bitwarden", "bitwarden.com", "Bitwarden"), "Systems Software", "", ""),
    (Known("Discord", "discord.com", "Discord"), "Interactive Media & Services", "San Francisco", "CA, USA"),
    (Known("Newsela", "newsela.com", "Newsela"), "Application Software", "New York City", "NY, USA"),
    (Known("Okta", "okta.com", "Okta"), "Systems Software", "San Francisco", "CA, USA"),
    (
        Known("Riot Games", "riotgames.com", "Riot Games"),
        "Interactive Home Entertainment",
        "Los Angeles",
        "CA, USA",
    ),
    (Known("Sardine", "sardine.ai", "Sardine"), "Application Software", "", ""),
    (Known("Scopely", "scopely.com", "Scopely"), "Interactive Home Entertainment", "", ""),
    (Known("Snorkel AI", "snorkel.ai", "Snorkel AI"), "Application Software", "", ""),
    (Known("Version 1", "version1.com", "Version 1"), "IT Consulting & Other Services", "", ""),
    (Known("ZoomInfo", "zoominfo.com", "ZoomInfo"), "Application Software", "Vancouver", "WA, USA"),
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
