"""The rules by which a sentence becomes a fact. Each names the field, what it looks for, and what it makes of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tools.web.fact_makers import (
    Hit,
    approved,
    built,
    counted,
    employees,
    founded,
    funding,
    hiring,
    launched,
    leader,
    leaves,
    lights,
    personal,
    renovated,
    role,
    seats,
    students,
    uses_tools,
    whole,
)
from tools.web.fact_words import APPOSITION, MONEY, MONTH, NUMBER, ORG, PERSON, ROUGHLY, TITLE, VENUE, YEAR

Make = Callable[[re.Match[str], str], Hit | None]


@dataclass(frozen=True)
class Rule:
    """One rule. Of the rules of a `group` the first that finds something counts; `passing` facts go out of date.

    `harmless` are words that would make other sentences no statement of fact, but not this kind.
    """

    field: str
    kind: str
    pattern: re.Pattern[str]
    make: Make
    group: str
    passing: bool = False
    harmless: re.Pattern[str] | None = None


def _rule(
    kind: str,
    about: str,
    pattern: str,
    make: Make,
    *,
    group: str = "",
    passing: bool = False,
    harmless: re.Pattern[str] | None = None,
) -> Rule:
    return Rule(about, kind, re.compile(pattern), make, group or kind, passing, harmless)


_HAS = r"(?:\s+(?:has|have|had))?(?:\s+(?:also|just|recently|already|since|successfully))?"
# An opening is a plan by its nature: what is sought is said so, and that is the fact.
_SEEKING = re.compile(r"\b(?:seek(?:s|ing)|plans?|will|can|may|whether|should)\b")

RULES: Final[tuple[Rule, ...]] = (
    _rule(
        "venue_built",
        "facility",
        rf"{VENUE}{APPOSITION}\s+(?:was|is|were)\s+(?:originally\s+|first\s+|officially\s+)?"
        rf"(?P<verb>built|constructed|completed|erected|opened)\s+in\s+(?:{MONTH}\s+)?(?P<year>{YEAR})",
        built,
    ),
    _rule(
        "venue_built",
        "facility",
        rf"{VENUE}{APPOSITION}\s+(?:first\s+|officially\s+)?(?P<verb>opened)\s+(?:its\s+(?:doors|gates)\s+)?in\s+"
        rf"(?:{MONTH}\s+)?(?P<year>{YEAR})",
        built,
    ),
    _rule(
        "venue_built",
        "facility",
        rf"{VENUE}{APPOSITION}\s+(?:has\s+been|is|was)\s+[^.;,]{{3,80}}\bsince\s+it\s+(?:first\s+)?(?:was\s+)?"
        rf"(?P<verb>opened|built)\s+in\s+(?:{MONTH}\s+)?(?P<year>{YEAR})",
        built,
    ),
    _rule(
        "venue_built",
        "facility",
        rf"(?P<verb>Built|Constructed|Completed|Opened)\s+in\s+(?P<year>{YEAR}),\s+(?:the\s+)?{VENUE}",
        built,
    ),
    _rule(
        "venue_built",
        "facility",
        rf"{VENUE},\s+(?:which\s+was\s+)?(?P<verb>built|constructed|completed|opened)\s+in\s+(?P<year>{YEAR})",
        built,
    ),
    _rule(
        "venue_renovated",
        "facility",
        rf"{VENUE}{APPOSITION}\s+(?:(?:was|were)\s+(?:last\s+|completely\s+|extensively\s+|fully\s+)?"
        r"(?:renovated|refurbished|remodeled|modernized)|underwent\s+(?:an?|extensive|major)\s+(?:[\w$.,-]{1,16}\s+){0,4}?"
        rf"renovations?)\s+in\s+(?P<year>{YEAR})",
        renovated,
    ),
    _rule(
        "venue_seats",
        "facility",
        rf"{VENUE}\s[^.;]{{0,80}}?\band\s+(?:seats|holds|has\s+a\s+(?:seating\s+)?capacity\s+of)\s+"
        rf"{ROUGHLY}(?P<number>{NUMBER})\b(?!\s*(?:percent|%|cars|acres|square))",
        seats,
    ),
    _rule(
        "venue_seats",
        "facility",
        rf"{VENUE}{APPOSITION}\s+(?:(?:which\s+)?(?:seats|holds|accommodates)|has\s+a\s+(?:seating\s+)?capacity\s+of)\s+"
        rf"{ROUGHLY}(?P<number>{NUMBER})\b(?!\s*(?:percent|%|cars|acres|square))",
        seats,
    ),
    _rule(
        "venue_seats",
        "facility",
        rf"(?P<roughly>)(?P<number>{NUMBER})-(?:seat|capacity)\s+{VENUE}",
        seats,
    ),
    _rule("venue_lights", "facility", r"\b(?:[Ll]ights|[Ll]ighting|[Ff]loodlights|LEDs|[Mm]etal[- ]halide)\b", lights),
    _rule(
        "project_approved",
        "company_news",
        rf"(?:{ORG}(?:['’]s)?\s+)?(?:(?:[Ss]chool\s+)?[Bb]oard(?:\s+of\s+(?:[Ee]ducation|[Tt]rustees))?|[Cc]ouncil"
        r"|[Tt]rustees|[Vv]oters)\s+(?:unanimously\s+)?(?:approved|passed|authorized|awarded)\s+(?:[^.;]|\.\d){3,120}"
        r"(?:lights|lighting|stadium|turf|athletic|bond)",
        approved,
    ),
    _rule(
        "students",
        "company_metrics",
        rf"{ORG}{APPOSITION}\s+(?:currently\s+)?(?:has|enrolls|educates|serves|is home to)\s+"
        rf"{ROUGHLY}(?P<number>{NUMBER})\s+"
        r"(?:full-time\s+)?(?P<kind>undergraduate|graduate)?\s*(?:students|undergraduates)\b",
        students,
        passing=True,
    ),
    _rule(
        "students",
        "company_metrics",
        rf"{ORG}{APPOSITION}\s+has\s+(?:an?\s+)?(?:total\s+)?(?P<kind>undergraduate|graduate)?\s*enrollment\s+of\s+{ROUGHLY}"
        rf"(?P<number>{NUMBER})\b",
        students,
        passing=True,
    ),
    _rule(
        "employees",
        "company_metrics",
        rf"{ORG}{APPOSITION}\s+(?:currently\s+|now\s+)?(?:has|employs|have|employ)\s+{ROUGHLY}(?P<number>{NUMBER})\s+"
        r"(?:(?:full-time|people|global)\s+)?(?:employees|people|staff|workers|engineers\s+and\s+staff)\b(?!\s+(?:who|have))",
        employees,
        passing=True,
    ),
    _rule(
        "funding",
        "company_news",
        rf"{ORG}{APPOSITION}{_HAS}\s+(?:raised|secured|closed|landed|received)\s+(?:an?\s+|more\s+than\s+|over\s+)?{MONEY}",
        funding,
    ),
    _rule(
        "acquisition",
        "company_news",
        rf"{ORG}{APPOSITION}{_HAS}\s+(?:acquired|bought|purchased|completed\s+(?:its|the)\s+acquisition\s+of|merged\s+with)"
        r"\s+(?:[a-z-]{1,16}\s+){0,5}(?:[A-Z]\w+)",
        whole,
    ),
    _rule(
        "partnership",
        "company_news",
        rf"{ORG}{APPOSITION}{_HAS}\s+(?:partnered\s+with|teamed\s+up\s+with|signed\s+(?:an?|the)\s+[^.;]{{3,60}}"
        r"\s+(?:with|agreement))\s",
        whole,
    ),
    _rule(
        "leader_named",
        "company_news",
        rf"{ORG}{APPOSITION}{_HAS}\s+(?:appointed|named|hired|promoted|tapped)\s+{PERSON}\s+(?:as\s+|to\s+(?:be\s+)?)?"
        rf"(?:(?:its|the|a|an|new|next|first)\s+){{0,3}}{TITLE}",
        leader,
        group="leader",
    ),
    _rule(
        "leader_named",
        "company_news",
        rf"{PERSON}\s+(?:has\s+been|was|is)\s+(?:appointed|named|promoted\s+to|hired\s+as)\s+(?:as\s+)?"
        rf"(?:(?:the|a|an|new|next|first)\s+){{0,3}}{TITLE}\s+(?:of|at|for|by)\s+{ORG}",
        leader,
        group="leader",
    ),
    _rule(
        "leader_named",
        "company_news",
        rf"{PERSON}\s+(?:has\s+)?(?:joined|joins)\s+{ORG}\s+as\s+(?:(?:its|the|a|an|new|their)\s+){{0,3}}{TITLE}",
        leader,
        group="leader",
    ),
    _rule(
        "leader_left",
        "company_news",
        rf"{PERSON},\s+(?:(?:the|who\s+(?:was|is))\s+)?{TITLE}\s+(?:of|at|for)\s+{ORG},\s+(?:has\s+)?"
        r"(?:retired|resigned|stepped\s+down|left)\b",
        leaves,
        group="leader",
    ),
    _rule(
        "product_launch",
        "company_products",
        rf"{ORG}{APPOSITION}{_HAS}\s+(?:launched|introduced|unveiled|released|rolled\s+out|debuted)\s+(?:its|an?|the|new|their)\s",
        launched,
    ),
    _rule(
        "tools",
        "tech_stack_signals",
        rf"{ORG}(?:['’]s)?{APPOSITION}\s+(?:(?:QA|test|testing|engineering|quality|automation|development)\s+(?:team|engineers)\s+)?"
        r"(?P<verb>uses?|relies\s+on|rely\s+on|runs?|automates?|tests?|builds?|standardi[sz]ed\s+on|migrated|moved|adopted)\b"
        r"(?=[^.;]{1,160})",
        uses_tools,
        passing=True,
    ),
    _rule(
        "hiring",
        "hiring_signals",
        rf"{ORG}\s+(?:is|are)\s+(?:currently\s+|actively\s+|now\s+)?(?P<verb>hiring|recruiting|looking\s+for|seeking|searching\s+for)\s+"
        rf"(?:for\s+)?(?:an?\s+|our\s+next\s+|\d+\s+)?{TITLE}",
        hiring,
        passing=True,
        harmless=_SEEKING,
    ),
    _rule(
        "pain",
        "pain_indicators",
        rf"{ORG}{APPOSITION}{_HAS}\s+(?:suffered|experienced|struggled\s+with|faced|reported|spends?|relies|rely|still\s+(?:uses?|tests?))"
        r"\s+[^.;]{0,80}(?:outage|downtime|manual\s+(?:regression\s+)?test\w*|flaky\s+tests?|bugs|recall|power\s+failure|old\s+lights"
        r"|regressions?|data\s+breach)\b",
        whole,
    ),
    _rule(
        "career",
        "career_history",
        rf"{PERSON}\s+(?:previously|formerly|earlier)\s+(?:served|worked)\s+(?:as|at|for|in)\s[^.;]{{0,120}}?(?:at|for|of|with)\s+{ORG}",
        personal,
    ),
    _rule(
        "career",
        "career_history",
        rf"(?:Before|Prior\s+to)\s+(?:joining|coming\s+to)\s+{ORG},\s+{PERSON}\s+(?:was|served|worked|spent|led|held)\b",
        personal,
    ),
    _rule(
        "duties",
        "responsibilities",
        rf"(?:As\s+{TITLE}\s+(?:of|at|for)\s+{ORG},\s+){PERSON}\s+(?:oversees|manages|leads|directs|supervises|is\s+responsible\s+for)\b",
        personal,
    ),
    _rule(
        "spoke",
        "recent_activity",
        rf"{PERSON},\s+{TITLE}\s+(?:of|at|for)\s+{ORG},\s+(?:spoke|presented|lectured|keynoted)\b",
        personal,
    ),
    _rule(
        "role",
        "career_history",
        rf"{PERSON},\s+(?:(?P<article>the|an?)\s+)?{TITLE}\s+(?P<place>of|at|for|with)\s+(?P<the>the\s)?{ORG}"
        r"(?=[,.)]|\s(?:said|says|told|and|was|is|has|who)\b)",
        role,
        group="leader",
        passing=True,
    ),
    _rule(
        "role",
        "career_history",
        rf"(?<![\w.]\s){ORG}\s+(?P<title>(?:(?:[Vv]ice|[Mm]anaging|[Ee]xecutive|[Aa]thletic|[Ss]enior)\s+){{0,2}}"
        rf"(?:CEO|CTO|CFO|COO|CIO|CMO|[Pp]resident|[Dd]irector|[Ss]uperintendent|[Pp]rincipal|[Ff]ounder"
        rf"|[Ss]pokes(?:man|woman|person)|[Cc]oach|[Cc]hairman|[Pp]rofessor))\s+{PERSON}(?=\s[a-z]|,|\.)",
        role,
        group="leader",
        passing=True,
    ),
    _rule(
        "founded",
        "company_metrics",
        rf"{ORG}{APPOSITION}\s+(?:was|were)\s+(?:founded|established|started|incorporated)\s+in\s+(?P<year>{YEAR})",
        founded,
    ),
    _rule(
        "founded",
        "company_metrics",
        rf"(?:Founded|Established)\s+in\s+(?P<year>{YEAR})(?:\s+(?:by|in)\s+[^,]{{2,50}})?,\s+{ORG}\s+(?=[a-z])",
        founded,
    ),
    _rule(
        "size",
        "company_metrics",
        rf"{ORG}{APPOSITION}\s+(?:currently\s+|now\s+|already\s+)?(?:has|serves|operates|runs)\s+{ROUGHLY}"
        rf"(?P<number>{NUMBER}|\d{{1,3}}(?:\.\d)?)(?P<scale>\s(?:million|billion))?\s+(?:(?:active|paying|paid)\s+)?"
        r"(?P<what>customers|clients|users|subscribers|stores|locations|offices|campuses|schools|restaurants|members)\b",
        counted,
        passing=True,
    ),
    _rule(
        "results",
        "company_metrics",
        rf"{ORG}{APPOSITION}{_HAS}\s+(?:reported|posted|generated|earned|recorded)\s+(?:[\w-]{{1,16}}\s+){{0,5}}?"
        rf"(?:revenues?|sales|profits?|net\s+income|earnings|loss(?:es)?)\s+of\s+(?:[a-z]+\s+){{0,3}}{MONEY}",
        whole,
        passing=True,
    ),
)
