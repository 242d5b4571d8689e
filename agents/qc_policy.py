"""The judge by rule: what stumbles when the message is read aloud. Truth and safety are the rule engine's."""

import re
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from agents.models.rules import answer, material_in
from agents.qc_schema import JudgeFlag, Verdict
from tools.wording import article, sentences

LONGEST_SENTENCE = 40
_TWICE = re.compile(r"\b(\w+) \1\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\b([Aa]n?) ([A-Za-z]\w+)")


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """The verdict on the message."""
    return answer(judge(material_in(messages)))


def judge(material: dict[str, Any]) -> Verdict:
    """Flags on words said twice, wrong articles, sentences too long to say in one breath, and said-it-already."""
    body: str = material["body"]
    flags = [
        _warn(match[0], "A word stands twice in a row.", "Take one out.")
        for match in _TWICE.finditer(body)
        if match[1].lower() not in ("that", "had")
    ]
    flags += [
        _warn(match[0], "The article does not fit the word.", f"Write '{article(match[2])} {match[2]}'.")
        for match in _ARTICLE.finditer(body)
        if article(match[2]) != match[1].lower()
    ]
    seen: set[str] = set()
    for sentence in sentences(body):
        if len(sentence.split()) > LONGEST_SENTENCE:
            flags.append(_warn(sentence, f"A sentence of more than {LONGEST_SENTENCE} words.", "Make it two."))
        if len(sentence.split()) > 4 and sentence.casefold() in seen:
            flags.append(_warn(sentence, "It says this twice.", "Take one out."))
        seen.add(sentence.casefold())
    return Verdict(flags=flags)


def _warn(words: str, problem: str, fix: str) -> JudgeFlag:
    return JudgeFlag(words=words, problem=problem, fix=fix, severity="warn")
