"""What a note on a contact says against writing to them: an opt-out, a departure, a dead address, a wish to wait.

`contacts.notes` holds what a colleague or a CRM left, in the third person: 'asked not to be contacted'. Generous on
purpose, like `tools.mail.optout`: a note that is taken for one costs a letter. It is read by these patterns alone and
never reaches a model, so whatever stands in it can only silence.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from tools.mail.optout import MOST_CHARS, asks_to_stop


class Against(StrEnum):
    """Why a note speaks against writing."""

    OPT_OUT = "opt_out"
    LEFT = "left"
    BOUNCED = "bounced"
    LATER = "later"


class Heard(NamedTuple):
    """What a note says, and the part of it that says so, cut to MOST_WORDS characters."""

    against: Against
    words: str


MOST_WORDS: Final = 120
_PARTS = re.compile(r"(?<=[.;!?])\s+|\n+")
_HOUR = (
    r"(?:noon|midday|lunch\w*|classes?|class|practice|work\w*|hours|the (?:morning|afternoon|evening)s?|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|\d{1,2}(?::\d\d)?\s*(?:[ap]\.?m\b|"
    r"o['’]clock)|\d{1,2}:\d\d)"
)
_WAIT = (
    rf"\s*(?:again\s+|any ?more\s+)?(?:until|till|before|after|during|for (?:now|the (?:next|"
    rf"moment)))\b(?!\s*{_HOUR})"
)
_AT_TIMES = (
    rf"\s*(?:again\s+)?(?:(?:until|till|before|after|during|between|at|on|over)\s+(?:the\s+)?{_HOUR}|"
    rf"by (?:phone|text))"
)
_WISH = r"\b(?:ask|want|wish|request|prefer|beg|insist|demand|told|would like|said|says)\w*\b"
_REACH = (
    r"(?:contact|e-?mail|writ(?:e|ten)|mail|messag|approach|solicit|bother|disturb|reach|"
    r"spam)\w*(?:\s+(?:to|out to))?"
)
_ORDER = r"(?:do not|don['’]?t|never|must not|should not|may not|not to|no one (?:may|should)|nobody (?:may|should))"
_WHOM = r"(?:\s+(?:him|her|them|this (?:person|contact|man|woman|address|account|one)|{names}))?"
_END = (
    r"\s*(?:$|[.,;:!?)\"'’/–—-]|(?:again|any ?more|ever|further|at all|please|under any|because|since|as|"
    r"per|he|she|they|"
    r"with|about (?:this|anything)|any (?:more|further|longer))\b)"
)
_NEWS = (
    r"(?:e-?mails?|mails?|mailings?|messages?|contact|letters?|outreach|communications?|newsletters?|"
    r"solicitations?)"
)
_NOT_THAT = re.compile(
    r"\b(?:(?:has|have|had|did|does|do|is|was)(?:\s+not|n['’]?t)|never|not)\s+(?:ever\s+|yet\s+)?"
    r"(?:unsubscrib\w*|opt(?:ed|ing)?[- ]out|asked (?:to stop|to be removed|us to stop)|complain\w*|"
    r"bounc\w*|le(?:ft|aving)|"
    r"retir\w*|resign\w*)"
    r"|\bno bounces?\b|\bun-?subscribe link\b",
    re.IGNORECASE,
)
_STOP = (
    rf"{_WISH}[^.;\n]{{0,40}}?\bnot (?:to )?(?:be |being |get |receive |hear )?(?:any )?(?:{_REACH}|"
    rf"from us)(?!{_AT_TIMES})",
    rf"{_WISH}[^.;\n]{{0,40}}?\bto (?:stop|cease|be (?:removed|deleted|left alone|left in peace|taken off))\b",
    rf"\b{_ORDER}\s+(?:ever\s+|please\s+)?{_REACH}{_WHOM}{_END}",
    r"\b(?:not|n['’]t|never) (?:want|wish|care|like)s? (?:to (?:be (?:contacted|e-?mailed|written|mailed|"
    r"on)|hear|receive|get)|any|our)\b",
    rf"\bno (?:more |further )?(?:cold |sales |marketing )?{_NEWS},? (?:please|to (?:him|her|them)|wanted|"
    rf"at all)\b",
    rf"{_WISH}[^.;\n]{{0,20}}?\bno (?:more |further )?(?:\w+ )?{_NEWS}\b(?!{_AT_TIMES})",
    r"\bDNC\b|\bdo[- ]not[- ](?:contact|e-?mail|mail)\b(?:\s+list\b|\s*[:=]?\s*(?:yes|true|1)\b)",
    r"\b(?:remove|take|took|strike|removed)\s+(?:him|her|them|himself|herself|"
    r"themselves)\b[^.;\n]{0,20}?\b(?:off|from)\b",
    r"\b(?:said|says|replied|replies|answered|wrote|writes)\b[\s:,\"'“‘]{1,4}(?:no,? thank|stop\b|"
    r"remove\b|never again)",
    r"\bleave (?:him|her|them) alone\b|\bno longer (?:wants?|wishes) (?:to (?:hear|receive|get|be)|our|any)\b",
    r"\bcomplain\w*\b[^.;\n]{0,30}\b(?:e-?mails?|mails?|messages?|spam)\b|\bspam complaint\b",
    r"\bthreaten\w*\b[^.;\n]{0,40}\b(?:legal|lawyers?|sue|attorneys?|report)\b",
)
_LATER = (
    r"\bnot interested\b(?!\s+in\b)",
    rf"\b(?:{_ORDER}|not)\s+(?:be |being |to be )?{_REACH}{_WHOM}{_WAIT}",
    rf"\bno (?:more |further )?(?:\w+ )?{_NEWS}{_WAIT}",
)
_PLACE = (
    r"(?:the |this |that |our |their )?(?:company|school|college|university|district|organi[sz]ation|firm|team|job|"
    r"position|post|role|department|program|business|employer|office for good)"
)
_LEFT = (
    rf"\b(?:left|quit|departed(?: from)?|resigned from|retired from|gone from|moved on from)\s+(?:{_PLACE}|"
    rf"{{organisation}})\b",
    r"\b(?:has|have|had|is|was)\s+(?:since\s+|now\s+|already\s+|recently\s+)?(?:left(?!\s+(?:a|an|me|us|"
    r"the|word|his|her|"
    r"voice\w*|messages?|notes?|behind|out|unread|open|to)\b)|departed|resigned|retired(?!\s+the)|"
    r"moved on|quit|laid off|"
    r"let go|fired|passed away|died)\b",
    r"^\W*(?:\d[\d/.-]*\W+)?(?:left|retired|resigned|departed|deceased|moved on|gone)\b(?=\s*(?:$|"
    r"[.,;:!)(]|in\b|on\b|as of\b|last\b|"
    r"since\b|\d))",
    r"\b(?:he|she|they|who)\s+(?:left|retired|resigned|departed|quit|moved on|died)\b(?!\s+(?:a|an|me|us|"
    r"word|his|her|the|"
    r"voice\w*|messages?|notes?)\b)",
    r"\bno longer\s+(?:here|there|at|employed|with (?:us|them|the|{organisation})|(?:is|works?|working|"
    r"employed)\s+(?:here|there|at|with|for)|"
    rf"in (?:the|this|that) (?:job|role|post|position|office)|{_PLACE}|the (?:AD|CFO|director|manager|"
    rf"head)|an? employee)\b",
    r"\b(?:does not|doesn['’]?t|do not|don['’]?t) work (?:here|there|for (?:them|us)|at \S+) any ?(?:more|"
    r"longer)\b",
    r"\b(?:passed away|deceased)\b|\b(?:his|her|their) last day was\b|\bgone to (?:another|a new|a different) "
    r"(?:company|school|college|university|job|employer)\b",
    r"\bthere is (?:no|nobody|no one)\b[^.;\n]{0,20}\b(?:by|of|with) (?:that|this) name\b",
)
_MOVED = (
    r"\btook (?:a|another|the) (?:new )?(?:job|position|post|role) (?:at|with|in|elsewhere)\b|\bis now (?:at|with)\b|"
    r"\b(?:was|been|is) (?:replaced|succeeded) by\b|\b(?:his|her|their) successor\b|"
    r"\bmoved to (?:another|a different|a new)\b"
)
_LEFT_NOT = re.compile(
    r"\b(?:predecessor|previous (?:AD|director|manager|head|one)|former (?:AD|director|manager|head|boss)|"
    r"(?:his|her|their) "
    r"(?:boss|assistant|colleague|deputy|secretary|wife|husband))\b",
    re.IGNORECASE,
)
_BOUNCED = (
    r"\b(?:e-?mails?|mails?|messages?|addresse?s?|it|which)\b[^.;\n]{0,30}?\b(?:bounce[sd]?|bouncing|"
    r"came back|returned)\b",
    r"\b(?:hard[- ]?)?bounced\b(?!\s+(?:back from|off|ideas?|an?|around|it|the)\b)|\bhard bounces?\b",
    r"\bmailer[- ]daemon\b|\b(?:user|recipient|mailbox|address) (?:is )?(?:unknown|not found|unavailable|"
    r"disabled|inactive)\b",
    r"\bundeliver(?:able|ed)\b|\bdelivery (?:has )?fail(?:ed|ure)\b|\b55\d[ -]5\.\d{1,3}\.\d{1,3}\b",
    r"\bno such (?:user|mailbox|address|recipient)\b|\b(?:e-?mail|mail|address|"
    r"mailbox)\b[^.;\n]{0,20}?\b(?:is (?:dead|invalid|"
    r"gone)|does ?n[o'’]t exist|does not exist|no longer (?:works|valid|exists|active)|not valid)\b",
)
_BOUNCED_NOT = re.compile(
    r"\b(?:old|previous|former|personal|private|other|earlier|home|another)\s+(?:\w+\s+)?(?:e-?mail|mail|"
    r"address|account|one)\b"
    r"|\bsoft bounce|\bout of (?:the )?office\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_NOTHING: Final = r"(?!)"


def heard(
    note: str | None, *, names: tuple[str, ...] = (), organisation: str = "", email: str | None = None
) -> Heard | None:
    """What a note says against writing to its contact, or None; of several an opt-out first.

    `names` and `organisation` are what they and their employer may be called in it. A bounce of another address than
    `email` is none of theirs.
    """
    parts = [part.strip() for part in _PARTS.split((note or "")[:MOST_CHARS]) if part.strip()]
    if not parts:
        return None  # most have no note, and the patterns take long to build
    for against in (Against.LATER, Against.OPT_OUT, Against.LEFT, Against.BOUNCED):
        pattern = _pattern(against, names, organisation)
        for part in parts:
            plain = _NOT_THAT.sub(" ", part)
            if against is Against.LATER and any(asks_to_stop(other) for other in parts if other is not part):
                continue
            said = pattern.search(plain) or (against is Against.OPT_OUT and asks_to_stop(plain))
            if said and not _about_another(against, plain, email):
                return Heard(against, part[:MOST_WORDS])
    return None


@lru_cache(maxsize=256)
def _pattern(against: Against, names: tuple[str, ...], organisation: str) -> re.Pattern[str]:
    called = "|".join(re.escape(name) for name in names if name.strip()) or _NOTHING
    employer = re.escape(organisation) if organisation.strip() else _NOTHING
    patterns = {
        Against.OPT_OUT: _STOP,
        Against.LATER: _LATER,
        Against.LEFT: (*_LEFT, _MOVED),
        Against.BOUNCED: _BOUNCED,
    }[against]
    filled = (p.replace("{names}", called).replace("{organisation}", employer) for p in patterns)
    return re.compile("|".join(f"(?:{p})" for p in filled), re.IGNORECASE)


def _about_another(against: Against, part: str, email: str | None) -> bool:
    if against is Against.LEFT:
        return _LEFT_NOT.search(part) is not None
    if against is not Against.BOUNCED:
        return False
    named = {address.lower().strip(".") for address in _ADDRESS.findall(part)} - {""}
    named = {address for address in named if not address.startswith(("mailer-daemon@", "postmaster@"))}
    return _BOUNCED_NOT.search(part) is not None or bool(named and (email or "").lower() not in named)
