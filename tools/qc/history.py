"""Rules on what went before: no talk of a contact that never was, no touch twice, none after an end."""

import re

from tools.qc.model import DraftUnderCheck, Finding, Findings

_SUBJECT = re.compile(r"^\s*(?P<mark>re|fwd?|aw|wg)\s*(?:\[\d+\])?:\s*(?P<rest>.*)$", re.IGNORECASE)
_CALL = re.compile(
    r"\b(?:I|we)(?:['’]ve)?\s+(?:(?:just|have|recently|also|both)\s+)*(?:"
    r"called(?! (?:it|this|that|for|on|the|our|a|an)\b)|rang|phoned|dialed|tried (?:to (?:call|reach|phone|ring)"
    r"|calling|phoning|reaching) you"
    r"|gave you a (?:call|ring)|left (?:you )?(?:a |another |you )?(?:voice ?mail|voice message|message (?:with"
    r"|on|at))"
    r"|missed you (?:on|by) (?:the )?phone)"
    r"|\b(?:after|following|since|further to|per|regarding|about|from) (?:my|our) (?:(?:phone|earlier|last"
    r"|previous|recent|brief|missed)\s+)*"
    r"(?:call|voice ?mail)\b|\bmy (?:voice ?mail|missed call)\b|\byour voice ?mail\b",
    re.IGNORECASE,
)
_TALK = re.compile(
    r"\bas (?:we )?(?:discussed|spoke|promised|agreed|talked|mentioned (?:on|in) (?:our|the) (?:call|meeting))\b"
    r"|\b(?:per|after|since|following|from|in) our (?:\w+ )?(?:conversation|discussion|chat|meeting|talk)\b"
    r"|\b(?:when|since|after) we (?:last )?(?:spoke|talked|met|chatted)\b"
    r"|\bwe (?:spoke|talked|met|chatted)\b"
    r"|\b(?:great|good|nice|lovely|pleasure|wonderful|fantastic) (?:talking|speaking|meeting|chatting|catching up"
    r"|to (?:talk|speak|meet|chat))(?: again)?"
    r" (?:to |with )?you\b(?! (?:would|could|might))"
    r"|\bthank(?:s| you)(?: so much)? for (?:your (?:reply|answer|response|interest|note|e-?mail|message)"
    r"|getting back|replying|responding|taking"
    r"|writing back|meeting|the (?:call|chat|meeting|conversation))\b"
    r"|\b(?:you (?:asked|told me|mentioned|said|requested)(?: me)?\b(?=[^.?!]*\b(?:on the (?:phone|call)"
    r"|last (?:week|month|time)|when|me|earlier|for)\b))",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\b(?:follow(?:ing|ed)?[- ]?up|circl\w+ back|check\w* (?:back )?in|get\w* back)\s+(?:\w+\s+){0,2}?(?:on"
    r"|about|to|regarding|after)\s+(?:my|our|the)"
    r" (?:(?:last|previous|first|earlier|recent|prior)\s+)?(?:note|e-?mails?|messages?|letter|in ?mail)\b"
    r"|\b(?:my|our) (?:last|previous|first|earlier|prior) (?:note|e-?mail|message|letter)s?\b"
    r"|\bas I (?:wrote|said|mentioned)\b|\bI (?:wrote|e-?mailed|messaged|reached out) (?:to you )?(?:last|a few"
    r"|earlier|before|twice|in)\b"
    r"|\bI(?:['’]ve| have) (?:written|e-?mailed|messaged|reached out)\b|\bhaven['’]t heard (?:back|from you)\b"
    r"|\bmy note of\b"
    r"|\bquick follow[- ]up\b",
    re.IGNORECASE,
)
_TAKE_OUT = "Take the phrase out."


def touch_already_sent(draft: DraftUnderCheck) -> Findings:
    """The same touch does not go out twice."""
    before = {e.touch for e in draft.history or () if e.touch is not None}
    if draft.touch_sent or (draft.kind != "reply" and draft.touch in before):
        wrong = f"Touch {draft.touch} has been sent to this person already."
        yield Finding("message", "", wrong, "Archive this draft.")


def after_breakup(draft: DraftUnderCheck) -> Findings:
    """After a breakup nothing follows, but an answer to what they write and, after a long while, a re-engagement."""
    ends = [e for e in draft.history or () if e.touch_type == "breakup"]
    if not ends or draft.replied or draft.kind in ("reply", "re_engagement"):
        return
    wrong = "The last message to this person was a breakup: it said that no more would come."
    yield Finding("message", "", wrong, "Keep the promise; archive this draft.")


def false_reply(draft: DraftUnderCheck) -> Findings:
    """A subject says Re: only in a thread that there is, and Fwd: only of what they sent."""
    match = _SUBJECT.match(draft.subject)
    if match is None or draft.replied or (draft.history is None and draft.touch > 1 and match["mark"].lower() == "re"):
        return
    mails = [e for e in draft.history or () if e.channel == "email"]
    rest = _bare(match["rest"])
    thread = any(not e.subject.strip() or _bare(e.subject) == rest for e in mails)
    if match["mark"].lower() in ("re", "aw") and thread:
        return
    mark = draft.subject[match.start("mark") : match.start("rest")].strip()
    wrong = "The subject pretends to be a reply or forward."
    yield Finding("subject", mark, wrong, "Write a subject of its own.", match.start("mark"))


def _bare(subject: str) -> str:
    while match := _SUBJECT.match(subject):
        subject = match["rest"]
    return " ".join(subject.split()).casefold()


def false_call(draft: DraftUnderCheck) -> Findings:
    """It says 'I called you' only where somebody did."""
    if any(e.channel == "call" for e in draft.history or ()) or (draft.kind == "call" and draft.touch > 1):
        return
    for place, text in draft.written:
        for match in _CALL.finditer(text):
            yield Finding(place, match[0], "It speaks of a call, and nobody called.", _TAKE_OUT, match.start())


def false_history(draft: DraftUnderCheck) -> Findings:
    """It speaks of a talk only where there was one, and of an earlier message only where one was sent."""
    if draft.replied:
        return
    wrong = "It speaks of a contact that never was."
    talked = any(e.connected for e in draft.history or ())
    if not talked and draft.kind != "reply":
        for match in _TALK.finditer(draft.text):
            yield Finding("body", match[0], wrong, _TAKE_OUT, match.start())
    if draft.history or (draft.history is None and draft.touch > 1):
        return
    for place, text in draft.written:
        for match in _NOTE.finditer(text):
            yield Finding(place, match[0], wrong, _TAKE_OUT, match.start())
