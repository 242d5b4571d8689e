"""The parts of a message: greeting, what it says, sign-off, and what comes after that."""

import re
from typing import NamedTuple

from tools.wording import sentences

_GREETING = re.compile(
    r"^\s*(?:(?:Hi|Hello|Dear|Hey|Greetings|Good (?:morning|afternoon|evening|day))\b[^,:!\n–—]{0,40}[,:!–—\n]"
    r"|[^\W\d_][^\n,:.?]{0,40},[ \t]*\n)\s*",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^[ \t]*(?:(?:all the |my )?best(?: wishes| regards)?|(?:kind |warm |with |many )*(?:regards|thanks)"
    r"|thank you|sincerely"
    r"|yours(?: \w+)?|cheers|warmly|respectfully|cordially|take care)[ \t]*[,.!–—-]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_NAME_LINE = re.compile(r"^[^\W\d_][^.?!:]{1,60}$")
_AFTERWARDS = 7  # words; a line of a signature has fewer, or is no sentence


class SaidSentence(NamedTuple):
    """A sentence and where it stands in the text."""

    sentence: str
    at: int


def _bounds(text: str) -> tuple[int, int]:
    """Where what the message says begins and ends: behind the greeting, before the sign-off."""
    greeting = _GREETING.match(text)
    start, end = (greeting.end() if greeting else 0), len(text)
    if closings := list(_CLOSING.finditer(text, start)):
        return start, closings[-1].start()
    stripped = text.rstrip()
    while (cut := stripped.rfind("\n", start)) >= 0 and _signs(stripped[cut + 1 :]):
        stripped = stripped[:cut].rstrip()
        end = len(stripped)
    return start, end


def _signs(line: str) -> bool:
    return len(line.split()) < _AFTERWARDS and _NAME_LINE.match(line.strip()) is not None and line.strip()[0].isupper()


def told(text: str) -> str:
    """What a message says, without greeting and sign-off; a part of the text as it stands."""
    start, end = _bounds(text)
    return text[start:end].strip()


def signature(text: str) -> str:
    """What stands below the closing line, or '' where there is none; None of it says anything but who writes."""
    closings = list(_CLOSING.finditer(text))
    return text[closings[-1].end() :].strip() if closings else ""


def has_closing(text: str) -> bool:
    """Whether there is a line such as 'Best,'."""
    return _CLOSING.search(text) is not None


def said(text: str) -> list[SaidSentence]:
    """The sentences of a message with their places, those of a postscript too."""
    start, end = _bounds(text)
    found, at = [], start
    for sentence in sentences(text[start:end]):
        at = text.find(sentence, at)
        found.append(SaidSentence(sentence, at))
        at += len(sentence)
    at = end
    for line in text[end:].splitlines():
        if re.match(r"\s*p\.?\s?s\.?\b", line, re.IGNORECASE) or len(line.split()) >= _AFTERWARDS:
            for sentence in sentences(line):
                at = max(text.find(sentence, at), 0)
                found.append(SaidSentence(sentence, at))
    return found
