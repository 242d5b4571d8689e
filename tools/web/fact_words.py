"""The vocabulary of the fact rules: names, numbers, tools, and the words that make a sentence no statement of fact."""

import re
from typing import Final

YEAR: Final = r"(?:18[5-9]\d|19\d\d|20[0-4]\d)"
NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+|\d{2,6})"
ROUGHLY: Final = r"(?:(?P<roughly>about|approximately|roughly|around|nearly|almost|more than|over|an estimated)\s+)?"
_CAP: Final = r"[A-Z][\w&'’-]{0,24}"
ORG: Final = (
    rf"(?:[Tt]he\s+)?(?P<org>(?:[A-Z]\.\s?){{0,3}}{_CAP}(?:\s+(?:of|and|&|for|the|at)\s+{_CAP}|\s+{_CAP}){{0,5}}(?:\.com|\.io)?"
    r"|[Ww]e|[Tt]he (?:university|college|school|district|company|firm|startup|start-up))"
)
APPOSITION: Final = r"(?:,\s[^,;]{3,90},|\s\([^)]{1,40}\))?"
VENUE: Final = (
    r"(?P<venue>(?:[A-Z][\w.'’&-]{0,24}\s+){1,5}"
    r"(?:Stadium|Field(?:house|\s+House)?|Arena|Coliseum|Gymnasium|Bowl|Ballpark|Natatorium"
    r"|(?:Sports|Athletics?|Aquatics?|Recreation|Tennis|Softball|Baseball)\s+(?:Complex|Center|Facility)))"
)
PERSON: Final = (
    r"(?P<person>[A-Z][a-z’'-]{1,20}(?:\s+[A-Z]\.)?(?:\s+(?:[A-Z][A-Za-z’'-]{1,20}|de|van|von|del|la)){0,2}\s+"
    r"[A-Z][A-Za-z’'-]{1,20})"
)
_OFFICE: Final = (
    r"(?:[Dd]irector|[Oo]fficer|[Pp]resident|[Cc]hancellor|[Pp]rincipal|[Ss]uperintendent|[Mm]anager|[Hh]ead|[Cc]oach"
    r"|CEO|CTO|CFO|COO|CIO|CMO|CRO|CPO|[Dd]ean|[Tt]reasurer|[Cc]hair(?:man|woman|person)?|[Pp]rovost|[Ll]ead"
    r"|[Cc]ommissioner|[Pp]artner|(?:[Cc]o-?)?[Ff]ounder|[Pp]rofessor|[Ss]pokes(?:man|woman|person)|[Ee]ditor|[Ee]xecutive|[Ss]ecretary|[Oo]wner"
    r"|[Ee]ngineer|[Dd]eveloper|[Aa]nalyst|[Tt]ester|SDET|[Aa]dministrator)"
)
TITLE: Final = (
    rf"(?P<title>(?:(?!(?:of|at|for|by|who|that|after|and then)\b)[\w&/’'-]{{1,20}},?\s+){{0,6}}?{_OFFICE}"
    rf"(?:\s+and\s+(?:[\w&-]{{1,20}}\s+){{0,4}}?{_OFFICE})?"
    r"(?:\s+(?:of|for)\s+(?!its\b|the\b|his\b|her\b)[A-Z]?[\w&-]{1,20}"
    r"(?:\s+(?:and|&)\s+[\w-]{1,20}|\s+[A-Z][\w&-]{1,20}){0,3})?)"
)
MONEY: Final = (
    r"(?P<money>(?:US)?[$€£]\s?\d{1,4}(?:[.,]\d{1,3}){0,3}\s?(?:million|billion|thousand|[MBKmbk]n?\b)?"
    r"(?:\s(?:dollars|euros))?)"
)
MONTH: Final = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"

# Words after which a sentence says what might be, is planned or is not so. 'May' the month is written with a capital.
NOT_SO: Final = re.compile(
    r"\b(?:not|never|no longer|none|neither|nor|without|cannot|den(?:y|ies|ied)|refus\w+|fail(?:ed|s|ing)? to|if|unless"
    r"|whether|would|could|might|may|should|ought|can|perhaps|possibly|probably|presumably|maybe|reportedly|allegedly"
    r"|alleged|rumou?r\w*|apparently|potential(?:ly)?|propos\w+|hop(?:e|es|ed|ing)|plans?|planned|planning|aim(?:s|ed|ing)?"
    r"|intend\w*|consider(?:s|ed|ing)?|expect(?:s|ed|ing)?|seek(?:s|ing)? to|want(?:s|ed)? to|wish\w*|in talks|talks to"
    r"|looking to|set to|due to be|slated|scheduled|will|shall|won't|going to|attempt\w*|tri(?:es|ed) to|try(?:ing)? to"
    r"|imagine|suppose\w*|hypothetical\w*|likely|believed|claim(?:s|ed)?|mock\w*|fictional|satir\w*|almost (?:was|had)"
    r"|(?:[Ss]ome|[Mm]any|[Pp]eople|[Tt]hey) (?:say|think|believe)|said to (?:be|have)"
    r"|would-be|so-called|ever|rather than|instead of|denied|cancel\w*|postpon\w*|reject\w*)\b|n['’]t\b"
)
# The same words as far as they colour a whole sentence, and not only their own clause.
ALL_OPEN: Final = re.compile(
    r"\b(?:if|unless|whether|would|could|might|may|reportedly|allegedly|alleged|rumou?r\w*|imagine|suppose\w*|fictional"
    r"|satir\w*|hypothetical\w*|apparently|supposedly|(?:[Ss]ome|[Mm]any|[Pp]eople|[Tt]hey) (?:say|think|believe))\b"
)
CLAUSE: Final = re.compile(r"[;:—–]|,\s|\s(?:but|while|although|though|after|before|because|when|as|which|who|and)\s")
HEARSAY: Final = re.compile(
    r"\b(?:said|says|told|according to|report(?:s|ed)|estimate[sd]?|announced that|noted|added)\b", re.IGNORECASE
)
PRODUCT: Final = re.compile(
    r"\b(?:products?|services?|apps?|platforms?|software|versions?|features?|tools?|devices?|models?|phones?|laptops?"
    r"|watch(?:es)?|cars?|trucks?|SUVs?|systems?|solutions?|editions?|subscriptions?|plans?|websites?|programs?|games?"
    r"|consoles?|suites?|APIs?|modules?|lines?|kits?|Pro|Air|Plus|streaming|vehicles?|processors?|chips?)\b"
)
PASSING: Final = re.compile(
    r"\b(?:today|yesterday|tomorrow|tonight|this (?:morning|afternoon|evening|week|month)|last (?:night|week)|"
    r"Mondays?|Tuesdays?|Wednesdays?|Thursdays?|Fridays?|Saturdays?|Sundays?|earlier this)\b",
    re.IGNORECASE,
)
NO_START: Final = re.compile(
    r"(?:He|She|They|It|This|That|These|Those|His|Her|Their|Its|Here|There|But|And|So|Or|Yet|However|Also|Then|Now|Which"
    r"|Who|What|When|Where|Why|How|Such|Both|Another|Others?|Meanwhile|Instead|Still|I|My|You|Your|Although|While|As"
    r"|In addition|Moreover|For example|Photo|Image|Read|Click|Share|See|Related|Advertisement)\b"
)
NO_PERSON: Final = re.compile(
    r"\b(?:University|College|School|Inc|Corp|Company|Group|Institute|Department|District|Board|Committee|Council|Team|"
    r"The|This|That|Its|New|North|South|East|West|Stadium|Field|Bank|Street|Times|Post|News|House|Senate|State|States|"
    r"United|City|County|America|American|National|International|Global|Research|Labs?|Systems|Software|Media|Capital|"
    r"Partners|Ventures|Technologies|Services|Holdings|Former|President|Director|Chief|Officer|Mr|Mrs|Dr|Coach|Prof)\b"
)
NO_ORG: Final = re.compile(
    r"(?:He|She|They|This|That|These|Those|His|Her|Their|Its|I|You|There|Here|What|Who|When|Where|Why|How|If|In|On|At|As|"
    r"And|But|Or|So|For|From|With|After|Before|Since|During|Last|Next|Both|Each|Some|Many|Most|All|One|Two|Three|"
    rf"It|A|An|Former|Ex|Then|Acting|Mr|Mrs|Ms|Dr|President|Coach|Not|No|Yes|Today|Yesterday|Also|Monday|Sunday|{MONTH})(?:\s.*)?"
)

# Tools that name themselves, and tools whose names are words: those need a second sign that testing is meant.
TOOLS: Final = (
    "Selenium", "Cypress", "Playwright", "Appium", "TestRail", "BrowserStack", "Sauce Labs", "LambdaTest", "Jenkins",
    "GitHub Actions", "GitLab CI", "CircleCI", "Puppeteer", "WebdriverIO", "TestCafe", "JUnit", "TestNG", "PyTest",
    "pytest", "NUnit", "xUnit", "RSpec", "SpecFlow", "Katalon", "Tricentis", "Tosca", "Ranorex", "TestComplete",
    "SoapUI", "REST Assured", "Gatling", "LoadRunner", "JMeter", "BlazeMeter", "Zephyr", "Xray", "qTest", "Testim",
    "Mabl", "Applitools", "Percy", "Detox", "XCUITest", "Espresso", "Robot Framework", "Kubernetes", "Terraform",
)  # fmt: skip
DOUBTFUL_TOOLS: Final = ("Jest", "Mocha", "Postman", "Cucumber", "Locust", "Karate", "Jasmine", "k6", "Vitest", "Jira")
TESTING: Final = re.compile(
    r"\b(?:tests?|testing|tester|QA|SDET|quality assurance|automation|automated|CI/CD|regression|framework|scripts?)\b"
)
