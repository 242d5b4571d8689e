"""The judge by rule: what of the rubric shows in the words themselves. It sees no irony and no non sequitur."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, get_args

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import BaseModel, Field

from agents.models.rules import answer, material_in
from tools.wording import sentences

Defect = Literal["opening", "hype", "pressure", "flattery", "blame", "ask", "flow", "form"]
DEFECTS: Final[tuple[str, ...]] = get_args(Defect)
LONGEST_SENTENCE: Final = 40
LONGEST_QUESTION: Final = 25
_ALIKE: Final = 0.5
_FEWEST_WORDS: Final = 4


class Shown(BaseModel):
    """A defect and where it is."""

    words: str = Field(description="The words that show it, copied from the message.")
    defect: Defect


class StyleVerdict(BaseModel):
    """All defects of a message; an empty list means that a considerate person could send it."""

    defects: list[Shown]


_SAYS: Final[dict[str, re.Pattern[str]]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "hype": r"!|\b(?:revolutionary|revolutioni[sz]e\w*|transform\w*|amaz\w+|unlock\w*|leverag\w+|seamless\w*"
        r"|best[- ](?:of[- ]breed|in[- ]class)|world[- ]class|cutting[- ]edge|state[- ]of[- ]the[- ]art|next[- ]level"
        r"|supercharg\w+|incredibl\w+|unmatched|unbeatable|unparalleled|game[- ]chang\w+|smartest|industry[- ]leading"
        r"|AI[- ]powered|synerg\w+|skyrocket\w*|imagine a world|from day one|never (?:have|see|lose|worry)\b"
        r"|(?:best|finest) \w+ (?:money|on the market)|at scale|guarantee\w*|100\s?%|risk[- ]free"
        r"|no obligation|every one of our customers)\b",
        "pressure": r"\b(?:(?:not|n['’]t|never) (?:heard|had an answer|replied|responded)|slipped (?:through|your)"
        r"|courtesy of (?:an? )?(?:answer|reply)|(?:second|third|last) time (?:that )?I|still waiting|yes or no"
        r"|(?:ends?|expires?|closes) (?:on|this|next|soon|today|tomorrow)|last (?:\w+ ){0,2}(?:slots?|places?|chance)"
        r"|too late|limited time|act now|urgent\w*|regret\w*|afford (?:that|the|this|not)|could lose|at risk"
        r"|taken the liberty|put you down|when our \w+ comes|need to know by)\b",
        "flattery": r"\b(?:inspir\w+|admirer?|admir(?:e|ed|ing|ation)|brillian\w+|genius|wizard|superstar|rock ?star"
        r"|visionar\w+|calib(?:re|er)|impress(?:ed|ive)|legend\w*|wow|nobody \w+ .{0,30}better than you|remarkable"
        r"|get along|your (?:outstanding|amazing|great) (?:work|leadership))\b",
        "blame": r"\b(?:outdated|obsolete|embarrass\w*|humiliat\w*|you should (?:not )?have|you should never"
        r"|did wrong|your mistake|beginner['’]?s|no responsible|finally (?:deal|do|fix)|you need to understand"
        r"|you failed|fail(?:ed|ing) to|irresponsible|negligen\w+|clearly did not"
        r"|is not optional|neglect\w*|you (?:are|were) wrong)\b",
    }.items()
}
_SENDER_FIRST = re.compile(
    r"(?:my name is|I am (?:\w+ )?(?:with|from|the|a)\b|I work|I['’]m \w+ (?:with|from)|we (?:at|are|have been)\b"
    r"|our company|I (?:hope|trust)\b|hope (?:this|you|your)|how are you|in today['’]s|at \w+,? we\b"
    r"|as a leading|allow me)",
    re.IGNORECASE,
)
_LIST = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+\S", re.MULTILINE)
_MUCH = re.compile(
    r"\b(?:call|demo|meet(?:ing)?|walk[- ]?through|minutes|half an hour|an hour|half a day|calendar|zoom"
    r"|with (?:you and )?your (?:whole |entire )?team)\b",
    re.IGNORECASE,
)
_WANTS = re.compile(
    r"\?\s*$|\b(?:would (?:like|love)|I['’]d (?:like|love)|let['’]s|book|schedule|set up)\b", re.IGNORECASE
)
_OF_US = re.compile(r"(?:We|Our|We['’]re|We['’]ve)\b")
_MOST_OF_US = 3
_CAPITALS = re.compile(r"\b[A-Z]{2,}(?:['’]S)?(?:[ ,]+[A-Z]{2,}\b){2,}")


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """The verdict on the message of the brief."""
    return answer(verdict(material_in(messages)))


def verdict(message: dict[str, Any]) -> StyleVerdict:
    """Every defect that shows, each once."""
    found: dict[str, Shown] = {}
    for name, words in _defects(message):
        if name in DEFECTS:
            found.setdefault(name, Shown.model_validate({"words": words, "defect": name}))
    return StyleVerdict(defects=list(found.values()))


def _defects(message: dict[str, Any]) -> Iterator[tuple[str, str]]:
    body, whole = message["body"], f"{message['subject']}\n{message['body']}"
    said = sentences(_inner(body))
    if said and _SENDER_FIRST.match(said[0]):
        yield "opening", said[0]
    for name, pattern in _SAYS.items():
        if match := pattern.search(whole):
            yield name, match[0]
    asked = [sentence for sentence in said if sentence.rstrip().endswith("?")]
    if len(asked) != 1:
        yield "ask", " ".join(asked) or body[-80:]
    elif len(asked[0].split()) > LONGEST_QUESTION:
        yield "ask", asked[0]
    if much := next((sentence for sentence in said if _WANTS.search(sentence) and _MUCH.search(sentence)), None):
        yield "ask", much
    if len(of_us := [sentence for sentence in said if _OF_US.match(sentence)]) > _MOST_OF_US:
        yield "form", of_us[-1]
    for number, sentence in enumerate(said):
        if len(sentence.split()) > LONGEST_SENTENCE:
            yield "form", sentence
        if any(_alike(sentence, other) for other in said[:number]):
            yield "flow", sentence
    for pattern in (_LIST, _CAPITALS):
        if match := pattern.search(whole):
            yield "form", match[0]


def _inner(body: str) -> str:
    """Without greeting and sign-off."""
    lines = body.strip().split("\n\n")
    inner = lines[1:] if re.match(r"(?:Hi|Hello|Dear|Hey)\b[^.?]{0,60}$", lines[0]) else lines
    return "\n\n".join(inner[:-1] if len(inner) > 1 and len(inner[-1].split()) <= 8 and "?" not in inner[-1] else inner)


def _alike(one: str, other: str) -> bool:
    a, b = ({w for w in re.findall(r"[a-z]+", s.lower()) if len(w) >= _FEWEST_WORDS} for s in (one, other))
    return min(len(a), len(b)) >= _FEWEST_WORDS and len(a & b) / len(a | b) >= _ALIKE
