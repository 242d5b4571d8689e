"""Rules on what must never leave: unfilled text, hidden characters, links, and mail that does not say who sends it."""

import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

from tools.qc.model import DraftUnderCheck, Finding, Findings, Place
from tools.qc.parts import has_closing, signature

_UNFILLED = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\$?\{[^{}\n]{0,40}\}|%[A-Za-z_]+%|<<[^<>\n]+>>|__[A-Z_]{2,}__|\bTB[DC]\b|\bTODO\b"
    r"|\b[Xx]{3,}\b"
    r"|\bundefined\b|\bNone\b(?! of\b)|\b[Nn]ull\b|\bNaN\b|\bnan\b|\bN/A\b|\*\|[A-Z_:]+\|\*|\blorem ipsum\b"
    r"|\[(?!\d)[A-Za-z][^\]\n]{0,50}\](?!\()|<(?!(?:https?:|mailto:|[\w.+-]+@|/?(?:b|i|p|br|a|em|strong|img|div"
    r"|span)\b))[A-Za-z][^<>\n]{0,40}>"
)
# A blank that something was to stand in: 'lights at .', 'Hi ,', 'the  team at', 'Acme's  and', '()'.
_EMPTY = re.compile(
    r"(?:\b(?:at|for|of|in|with|from|to|about|your|the|and|like|by|a|an|on|is|has|has been|that)|^[ \t]*(?:Hi"
    r"|Hello|Dear|Hey))"
    r"[ \t]+[,.;:?!](?=\s|$)|\(\s*\)|(?<=\w) {2,}(?=[a-z,'’])|(?<=\s)['’]s\b|\"\"|“\s*”",
    re.IGNORECASE | re.MULTILINE,
)
_EMPTY_END = re.compile(r"\b(?:at|for|of|with|from|about|the|and|in)\s*$|^\s*['’]s\b|^\s*[-–—:,]\s", re.IGNORECASE)
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>()\"']+|(?<![@\w.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|co|edu|gov|ly"
    r"|me|app|dev|ai|example)\b(?:/[^\s<>()\"']*)?",
    re.IGNORECASE,
)
_IMAGE = re.compile(
    r"!\[[^\]\n]*\]\([^)\n]*\)|<img\b[^>]*>|\bcid:[\w.@-]+|\bdata:image/[^\s)]+|\[image[^\]\n]*\]"
    r"|https?://\S+\.(?:png|jpe?g|gif|webp|svg)\b",
    re.IGNORECASE,
)
_OPTS_OUT = re.compile(
    r"\b(?:unsubscribe|opt[- ]?out|(?:reply|answer|say|write|tell me)\b[^.\n]{0,30}\b(?:no thanks|stop|remove"
    r"|no)\b|(?:not|never|won['’]t|no longer)"
    r"\b[^.\n]{0,20}\b(?:write|e-?mail|contact|message|hear|bother|reach)\b[^.\n]{0,25}\bagain|no (?:more"
    r"|further) (?:mail|e-?mails?|messages|notes)"
    r"|(?:take|remove) (?:you|me|your name) (?:off|from))",
    re.IGNORECASE,
)
_POSTAL = re.compile(
    r"\b\d{1,6}[A-Za-z]?\s+(?:[\w.'’-]+\s+){1,4}?(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Dr|Drive|Ln|Lane"
    r"|Way|Row|Ct|Court|Pl|Place"
    r"|Pkwy|Parkway|Hwy|Highway|Square|Sq|Suite|Floor|Terrace|Broadway)\b|\bP\.?\s?O\.? Box \d+"
    r"|\b[A-Z]{2} \d{5}(?:-\d{4})?\b",
    re.IGNORECASE,
)
SUBJECT_CHARS: Final = 200
"""What LinkedIn takes as the subject of an InMail."""


def without_markup(text: str, fill: str = " ") -> str:
    """The text with unfilled variables and images blanked out: other rules need not trip over them again."""
    for pattern in (_IMAGE, _UNFILLED):
        text = pattern.sub(lambda match: fill * len(match[0]), text)
    return text


def is_unfilled(text: str) -> bool:
    """Whether a variable in it was not filled in."""
    return _UNFILLED.search(_IMAGE.sub("", text)) is not None


def is_footer_line(line: str) -> bool:
    """Whether a line gives a postal address or a way to get no more mail."""
    return bool(_POSTAL.search(line) or _OPTS_OUT.search(line))


def unfilled_variables(draft: DraftUnderCheck) -> Findings:
    """Every variable is filled, and no blank is left where one was."""
    for place, text in draft.written:
        for match in _UNFILLED.finditer(text):
            if match[0].startswith("[") and _IMAGE.match(match[0]):
                continue
            yield Finding(
                place, match[0], "A variable was not filled in.", "Fill it or take out its sentence.", match.start()
            )
        for match in _EMPTY.finditer(without_markup(text, "x")):
            words = match[0].strip() or match[0]
            at = match.start() + match[0].find(words)
            yield Finding(place, words, "Something is missing here.", "Fill it or take out its sentence.", at)
    if cut := _EMPTY_END.search(draft.subject) if draft.subject else None:
        wrong = "The subject begins or ends in the middle."
        yield Finding("subject", cut[0], wrong, "Fill in what is missing.", cut.start())


def sender_identity(draft: DraftUnderCheck) -> Findings:
    """Mail says who sends it (CAN-SPAM Act, 15 U.S.C. 7704(a)(1) and (5))."""
    if draft.channel != "email":
        return
    signer = draft.signer
    # What this program wrote is signed with the whole name; another sender may sign with the first.
    full, first = signer.name.strip(), signer.name.split()[0] if signer.name.strip() else ""
    signed = bool(signature(draft.text)) if draft.by_person else False
    named = bool(full) and (full in draft.body or (draft.by_person and first in draft.text))
    if not (named or signed or (draft.by_person and full and not has_closing(draft.text))):
        yield Finding("message", "", "The message does not say who sends it.", f"Sign it: {full or 'with a name'}.")


def postal_address(draft: DraftUnderCheck) -> Findings:
    """Mail gives a postal address of its sender (CAN-SPAM Act, 15 U.S.C. 7704(a)(5)(A)(iii))."""
    address = draft.signer.postal_address.strip()
    if draft.channel == "email" and not (address and address in draft.body) and not _POSTAL.search(draft.body):
        wrong = "The message lacks the sender's postal address."
        yield Finding("message", "", wrong, f"Put back: {address}" if address else "Give the sender's address.")


def opt_out(draft: DraftUnderCheck) -> Findings:
    """Mail says how to get no more of it (CAN-SPAM Act, 15 U.S.C. 7704(a)(5)(A)(ii))."""
    sentence = draft.signer.opt_out.strip()
    if draft.channel == "email" and not (sentence and sentence in draft.body) and not _OPTS_OUT.search(draft.body):
        wrong = "The message lacks a way to get no more mail."
        yield Finding("message", "", wrong, f"Put back: {sentence}" if sentence else "Say how to opt out.")


def hidden_characters(draft: DraftUnderCheck) -> Findings:
    """No control or direction characters: what the person reads is what leaves."""
    place: Place
    for place, text in (("subject", draft.subject), ("body", draft.body)):
        for character in dict.fromkeys(text):
            hidden = unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn", "Cs")
            if hidden and not (character == "\n" and place == "body"):
                yield Finding(place, character, f"It has a hidden character (U+{ord(character):04X}).", "Take it out.")


def _links(draft: DraftUnderCheck) -> list[re.Match[str]]:
    return [match for match in _LINK.finditer(draft.text) if not _is_own_name(match[0], draft)]


def _is_own_name(link: str, draft: DraftUnderCheck) -> bool:
    """A domain that is an organisation's name, as in 'Careers.io lists two openings'."""
    return "/" not in link and any(link.casefold() == name.casefold() for name in draft.names)


def foreign_links(draft: DraftUnderCheck) -> Findings:
    """A model links to the sender's own site alone: a link is how data would leave with a message."""
    if draft.by_person:
        return
    own = urlsplit(draft.signer.website).hostname or ""
    for match in _links(draft):
        written = match[0] if "//" in match[0] else f"https://{match[0]}"
        host = urlsplit(written).hostname or ""
        if host != own and not host.endswith(f".{own}"):
            wrong = "It links to a site that is not the sender's."
            yield Finding("body", match[0], wrong, "Take the link out.", match.start())


def links_in_first_touch(draft: DraftUnderCheck) -> Findings:
    """A first message has no link: filters count them, and nobody follows one from a stranger."""
    if draft.touch <= 1 and draft.kind != "reply":
        for match in _links(draft):
            if not _IMAGE.search(match[0]):
                yield Finding("body", match[0], "A link in the first message.", "Leave it for later.", match.start())


def images_in_first_touch(draft: DraftUnderCheck) -> Findings:
    """A first message has no image."""
    if draft.touch <= 1 and draft.kind != "reply":
        for match in _IMAGE.finditer(draft.text):
            yield Finding("body", match[0], "An image in the first message.", "Leave it for later.", match.start())


def linkedin_limit(draft: DraftUnderCheck) -> Findings:
    """A LinkedIn message is no longer than LinkedIn takes it."""
    if draft.channel != "linkedin":
        return
    settings, count = draft.playbook.qc, len(draft.text)
    note = draft.kind == "note"
    most = settings.linkedin_note_chars if note else settings.linkedin_inmail_chars
    if count > most:
        what = "A note with an invitation" if note else "An InMail"
        wrong = f"It has {count} characters. {what} takes {most}."
        yield Finding("body", draft.text[most:], wrong, f"Take out {count - most} characters.", most)
    if len(draft.subject) > SUBJECT_CHARS:
        wrong = f"LinkedIn takes {SUBJECT_CHARS} characters as a subject."
        yield Finding("subject", draft.subject, wrong, "Shorten it.", 0)
