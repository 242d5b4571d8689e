"""Rules on how a message reads. They warn: a person may have a reason."""

import re

from tools.qc.model import DraftUnderCheck, Finding, Findings
from tools.qc.parts import said, told
from tools.qc.safety import without_markup
from tools.wording import sentences

_TALKS = r"(?:call|chat|meeting|meet|demo|walk-?through|zoom|coffee|conversation|catch[- ]up|one-on-one)"
_MEETING = re.compile(
    rf"\b(?:\d+|fifteen|twenty|thirty|ten|five)[- ]min(?:ute)?s?\b(?: (?:of your time|for|to|on|with|next|this"
    rf"|{_TALKS}))?"
    r"|\bhalf an hour\b|\ban hour\b|\bcalendar\b|\b(?:time|availability|free|open|available) (?:to (?:talk|meet"
    r"|chat|connect|speak)|(?:on|this|next|for|later) (?:this |next |a )?(?:week|month|mon|tue|wed|thu|fri|\d"
    r"|call|chat|demo)\w*)"
    rf"|\b(?:quick|brief|short|phone|video|intro\w*|discovery) {_TALKS}\b"
    rf"|\b(?:schedule|book|set up|arrange|hop on|jump on|get on|find|have|grab|worth|for|make) (?:a|an|some"
    rf"|time for) (?:\w+ )?(?:{_TALKS}|time|slot)\b"
    r"|\bconnect briefly\b|\bmeet (?:this|next|on|with)\b|\bspeak (?:this|next) week\b|\bcall you (?:on|this|next)\b",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\?|\b(?:would love|let['’]s|can we|could we|happy to|schedule|book|set up|hop on|jump on|grab"
    r"|find (?:a )?time|open to"
    r"|worth a|let me know|do you have|are you|would you|can I|could I|may I|I['’]d like|I would like)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"\b(?:please (?!(?:ignore|forgive|excuse)\b)\w+|let me know|(?<!to )(?<!you )send me|tell me|(?:just "
    r"|simply )reply (?:with|to)|drop me a|give me a call"
    r"|click (?:here|on|the)|sign up|book (?:a|some) \w+|grab a (?:slot|time)|fill (?:in|out)|forward this"
    r"|I['’]d (?:love|like) to (?:schedule|set up|show|hop|have|book))\b",
    re.IGNORECASE,
)
_OPENERS = re.compile(
    r"\b(?:I |we )?(?:hope|trust) (?:this|that|you(?:['’]re| are| had| have| and| enjoyed)"
    r"|your (?:\w+ )?(?:week|day|weekend|season|year|summer|fall|team"
    r"|monday|friday)|all|everything|the (?:season|year|semester|week|summer))\b[^.!?\n]{0,40}?\b(?:well|good"
    r"|great|safe|fine|weekend|week|day)\b"
    r"|\b(?:I(?:['’]m| am| was)? )?just (?:checking|touching|circling|following|popping|dropping|reaching"
    r"|wanted to|a quick)\b(?: \w+)?"
    r"|\b(?:I wanted to |I['’]d like to |wanted to )?(?:check(?:ing)? in\b|touch(?:ing)? base|circl(?:e|ing) back)"
    r"|\bbump(?:ing)? this(?: up| to the top)?\b|\bmy name is \w+|\bI(?:['’]m| am) reaching out\b"
    r"|\bI wanted to reach out\b"
    r"|\ballow me to introduce\b|\bI know you(?:['’]re| are) busy\b|\bhow are you(?: doing)?\b"
    r"|\bI came across your (?:profile|website|company)\b"
    r"|\bin today['’]s (?:fast|competitive|digital|world)\b",
    re.IGNORECASE,
)
_FREE_TIME = re.compile(r"\b(?:you|I|we|are|am|be|feel)\s+free\b|\bfree (?:to|on|this|next|of|from)\b", re.IGNORECASE)
_US = re.compile(r"\b(?:we|we['’](?:re|ve|d|ll)|our|ours|us)\b", re.IGNORECASE)
_THEM = re.compile(r"\b(?:you|you['’](?:re|ve|d|ll)|your|yours)\b", re.IGNORECASE)
_VOWELS = re.compile(r"[aeiouy]+")
_CAPITALS = re.compile(r"\b[A-Z]{4,}\b(?:[^\w\n]+\b[A-Z]{2,}\b)+|[!?]{2,}|!")
_FEWEST_US = 4
_FEWEST_WORDS = 25  # a grade of less text says nothing


def length(draft: DraftUnderCheck) -> Findings:
    """It keeps to the words that its kind of touch has in the playbook, footer not counted."""
    rules = draft.playbook.message
    least, most = draft.playbook.qc.words.get(draft.kind, (rules.min_words, rules.max_words))
    count = len(draft.text.split())
    if not least <= count <= most:
        wrong = f"It has {count} words; {least} to {most} are asked for."
        yield Finding("body", draft.text, wrong, "Shorten it." if count > most else "Say what is missing.", 0)


def subject_length(draft: DraftUnderCheck) -> Findings:
    """Mail has a subject, and one that mail programs do not cut off."""
    most = draft.playbook.message.max_subject_chars
    if draft.channel == "email" and not draft.subject.strip():
        yield Finding("subject", "", "There is no subject.", "Write one.")
    if draft.channel == "email" and len(draft.subject) > most:
        wrong = f"The subject has more than {most} characters."
        yield Finding("subject", draft.subject, wrong, "Shorten it.", 0)


def _phrases(draft: DraftUnderCheck, phrases: list[str], wrong: str) -> Findings:
    for phrase in phrases:
        pattern = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.IGNORECASE)
        for place, text in draft.written:
            for match in pattern.finditer(text):
                yield Finding(place, match[0], wrong, "Say it in your own words, or leave it out.", match.start())


def openers(draft: DraftUnderCheck) -> Findings:
    """It begins with something to say."""
    for place, text in draft.written:
        for match in _OPENERS.finditer(text):
            yield Finding(
                place, match[0], "Everybody begins like this.", "Begin with what you have to say.", match.start()
            )


def forbidden_phrases(draft: DraftUnderCheck) -> Findings:
    """It has no phrase that the playbook never wants to read."""
    for found in _phrases(draft, draft.playbook.message.forbidden_phrases, "The playbook forbids this phrase."):
        if not _OPENERS.search(found.words):
            yield found


def spam_words(draft: DraftUnderCheck) -> Findings:
    """It has no word that mail filters count."""
    for found in _phrases(draft, draft.playbook.message.spam_words, "Mail filters count this as spam."):
        text = draft.subject if found.place == "subject" else draft.text
        if not any(match.start() <= found.at < match.end() for match in _FREE_TIME.finditer(text)):
            yield found


def asks(draft: DraftUnderCheck) -> Findings:
    """It asks one thing, or the reader answers none."""
    found = []
    for sentence, at in said(draft.text):
        if sentence.rstrip("\"')”’").endswith("?"):
            found.append((sentence, at))
        elif match := _REQUEST.search(sentence):
            found.append((match[0], at + match.start()))
    for words, at in found[1:]:
        yield Finding("body", words, f"It asks {len(found)} things.", "Keep the one that matters.", at)


def shouting(draft: DraftUnderCheck) -> Findings:
    """It has no exclamation marks and no capitals for emphasis."""
    if draft.subject.isupper() and len(draft.subject) > 6:
        yield Finding("subject", draft.subject, "The subject is in capitals.", "Write it as a sentence.", 0)
        return
    for place, text in draft.written:
        for match in _CAPITALS.finditer(without_markup(text)):
            if match[0].isdigit() or (set(match[0]) == {"?"} and place == "body"):
                continue
            yield Finding(
                place, match[0], "It shouts.", "Write it in lower case, and end with a full stop.", match.start()
            )


def meeting_ask(draft: DraftUnderCheck) -> Findings:
    """A first message asks for less than a meeting."""
    if draft.touch > 1 or draft.kind == "reply":
        return
    for sentence, at in said(draft.text):
        if _ASKING.search(sentence) and (match := _MEETING.search(sentence)):
            wrong = "It asks for a meeting in the first message."
            yield Finding("body", match[0], wrong, "Ask something smaller.", at + match.start())


def reading_grade(draft: DraftUnderCheck) -> Findings:
    """It can be read at a glance: its Flesch-Kincaid grade is within the playbook's."""
    text, most = told(draft.text), draft.playbook.qc.max_grade
    if (grade := _grade(text)) > most:
        wrong = f"It reads like grade {grade:.0f}; {most:.0f} is the most."
        longest = max(sentences(text), key=_grade)
        yield Finding("body", longest, wrong, "Shorter sentences, shorter words.")


def _grade(text: str) -> float:
    """The Flesch-Kincaid grade level; 0 where there is too little text."""
    words = re.findall(r"[A-Za-z][A-Za-z'’]*", text)
    if len(words) < _FEWEST_WORDS:
        return 0.0
    stops = max(len(sentences(text)), 1)
    syllables = sum(_syllables(word.lower()) for word in words)
    return 0.39 * len(words) / stops + 11.8 * syllables / len(words) - 15.59


def _syllables(word: str) -> int:
    count = len(_VOWELS.findall(word))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and count > 1
    return max(count - silent, 1)


def about_us(draft: DraftUnderCheck) -> Findings:
    """It speaks more of the reader than of the sender's side."""
    text = told(draft.text)
    us = list(_US.finditer(text))
    company = draft.signer.company.split()[0] if draft.signer.company.strip() else ""
    ours = len(us) + (text.count(company) if company else 0)
    theirs = len(_THEM.findall(text)) + sum(text.count(name) for name in _outermost(draft.names))
    if ours >= _FEWEST_US and ours > theirs + 1:
        wrong = f"It speaks {ours} times of the sender and {theirs} times of the reader."
        yield Finding("body", us[0][0] if us else company, wrong, "Say it from the reader's side.")


def _outermost(names: tuple[str, ...]) -> list[str]:
    """Names that hold no other of them, so that none is counted twice."""
    return [n for n in names if n and not any(other != n and other in n for other in names if other)]
