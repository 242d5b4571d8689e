"""Reply triage by rule: an opt-out by its words, the rest by meaning, with a confidence that admits doubt.

A small classifier (tools.intents) says how likely each intent is, in most languages of Latin script; phrases that
people use move that, find whom and which date a reply names, and decide alone where the classifier cannot read. What
it is not sure of, a person looks at.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from langchain_core.messages import AIMessage, BaseMessage

from agents.models.rules import answer, material_in
from agents.reply_people import named_person
from agents.reply_triage_schema import Triage
from db.enums import ReplyIntent, ReplyTag
from tools.intents import Guess, guesses
from tools.mail import asks_to_stop, named_date
from tools.replies.effects import NEXT_STEPS

_Phrases = tuple[tuple[float, re.Pattern[str]], ...]


def _of(weight: float, *patterns: str) -> tuple[float, re.Pattern[str]]:
    return weight, re.compile("|".join(patterns), re.I)


_NEGATIVE: _Phrases = (
    _of(
        3.0,
        r"\bnot (?:at all |really )?(?:interested|for us|a (?:good )?fit|relevant|something we (?:need|"
        r"want|are))",
        r"\b(?:no|zero) (?:interest|need|plans)\b",
        r"\b(?:we(?:'ll| will| have to)?|i(?:'ll| will)?|going to) (?:have to )?(?:pass|decline)\b",
        r"\bkein(?:en)? (?:interesse|bedarf)\b",
        r"\bnicht interessiert\b",
        r"\bpas intéress|\bne (?:nous |m['’])intéresse pas",
        r"\bno (?:estamos|estoy|nos|me) interes|\bno nos interesa",
        r"\bn[ãa]o (?:temos|tenho|estamos|há) interesse|\bnon (?:siamo|sono) interessat|\bgeen interesse\b",
        r"\binte intresserad|\bikke interesser|\bnie (?:jesteśmy|jestem) zainteresowan|не интересу|"
        r"不感兴趣|興味(?:が|は)?(?:あり|ない)",
    ),
    _of(
        2.0,
        r"\b(?:already|just) (?:have|has|use|using|work(?:ing)? with|installed|replaced|upgraded|"
        r"signed|under contract|went with)\b",
        r"\b(?:happy|satisfied|all set|good) with (?:our|what we)|\bwe(?:'re| are) (?:all set|good|"
        r"covered|fine)\b",
        r"\b(?:don['’]?t|do not|doesn['’]?t|won['’]?t|will not) (?:need|require|have (?:a|any) (?:need|"
        r"use)|see (?:a|the) need|be needing)",
        r"\bdecided (?:not to|against)\b|"
        r"\bno longer (?:with|work|at|have|need|offer)|\bwe(?:'ve| have) no (?:field|stadium|budget|"
        r"money|qa)",
        r"\b(?:wrong|irrelevant|spam|waste of time|nice try|very funny)\b",
    ),
)
_LATER: _Phrases = (
    _of(
        3.0,
        r"\bnot (?:right now|now|at (?:this|the) (?:time|moment)|this (?:year|season|quarter|month|"
        r"week)|until|yet|for now|currently)\b",
        r"\b(?:bad|wrong|not (?:a |the )?(?:good|great|right|best)) tim(?:e|ing)\b|\btiming (?:is|"
        r"isn['’]?t|was)\b",
        r"\b(?:check|circle|come|touch|reach|get|follow|ping|try|write|contact|email|call)(?: (?:back|"
        r"out|me|us|base|in|up|again|to me))*"
        r" (?:back |again )?(?:in|after|next|around|early|late|mid|once|when|closer)\b",
        r"\b(?:revisit|reconsider|re-?evaluate|pick this up|look at this|budget(?:s|ing)?) (?:this |"
        r"it |again )*(?:in|next|later|after|opens?)\b",
        r"\b(?:maybe|perhaps|possibly) (?:later|next|in)\b|\blater (?:this|in the) (?:year|season|"
        r"summer|fall|spring)\b|\bdown the road\b",
        r"\b(?:derzeit|aktuell|momentan|im moment) (?:\w+ ){0,3}(?:nicht|kein)|\bnächste[ns]? (?:jahr|"
        r"monat|quartal|woche)|\bspäter\b",
        r"\bpas (?:pour l['’]instant|en ce moment|maintenant)|\bplus tard\b|\bl['’]année prochaine|"
        r"\bahora no\b|\bpor (?:ahora|el momento)\b",
        r"\bmás adelante\b|\bpróximo (?:año|mes|trimestre)|\bno momento n[ãa]o\b|\bmais tarde\b|"
        r"\bpróximo ano\b|\bper ora\b|\bpiù avanti\b",
        r"\bop dit moment\b|\bvolgend jaar\b|\bjust nu inte\b|\bnästa år\b|\bна данный момент\b|\bпозже\b",
    ),
    _of(
        1.5,
        r"\b(?:swamped|slammed|busy|buried|hectic|in season|mid-?season|budget (?:is )?(?:frozen|spent|"
        r"gone|set)|hiring freeze)\b",
    ),
)
_REFERRAL: _Phrases = (
    _of(
        3.0,
        r"\b(?:contact|reach out to|speak (?:with|to)|talk (?:with|to)|try|ask|e-?mail|write(?: to)?|"
        r"call|get in touch with|connect with|loop(?:ing|ed)? in|"
        r"cc['’]?(?:ing|ed)?|copy(?:ing)?|add(?:ing)?|forward(?:ed|ing)? (?:this|it|"
        r"your \w+) (?:on )?to|pass(?:ed|ing)? (?:this|it|your \w+) (?:on |along )?to)"
        r" (?:my colleague |our |my |the |with )?(?:\w+ ){0,4}?(?-i:[A-Z][a-zà-ÿ]+)",
        r"\b(?:right|best|better|correct|appropriate) (?:person|contact|one|point of contact)\b",
        r"\b(?:handles?|responsible for|in charge of|takes care of|oversees|owns|decides on|"
        r"looks after|runs) (?:all )?(?:this|that|those|these|it|facilities|lighting|testing|qa)\b",
        r"\bi(?:'m| am) not the (?:right|best|one)|\bnot my (?:area|department|decision|call)\b|"
        r"\bcopied (?:here|on this)\b",
        r"\b(?:wenden sie sich|zuständig|ansprechpartner|leite (?:ich )?(?:das|es|ihre)? ?weiter)|"
        r"\b(?:contactez|adressez-vous|s['’]adresser|en charge d)",
        r"\b(?:contacte (?:con|a)|diríjase|encargad[oa] de|responsable de)|\b(?:fale com|"
        r"responsável por)|\b(?:contatti|si rivolga|se ne occupa)|\bneem contact op",
    ),
)
_POSITIVE: _Phrases = (
    _of(
        3.0,
        r"\b(?:let['’]?s|happy to|glad to|love to|like to|willing to|open to|able to|can we|could we|"
        r"shall we|want to|keen to) "
        r"(?:\w+ ){0,3}?(?:talk|chat|meet|connect|call|discuss|hear|learn|see|set|schedule|speak|jump|"
        r"find|explore|take)",
        r"\b(?:i(?:'m| am)|we(?:'re| are)) (?:very |definitely |quite |certainly |"
        r"really )?(?:interested|intrigued|in)\b",
        r"\b(?:send|share|forward)\s+(?:me|us|over|along|it|some|more|the|your)\b|\b(?:sounds|"
        r"looks) (?:good|great|interesting|promising|useful)\b",
        r"\b(?:are you|i(?:'m| am)|we(?:'re| are)) (?:free|available|around)\b|\b(?:works|"
        r"work) for me\b|\bhere(?:'s| is) my (?:calendar|number|cell)\b",
        r"\b(?:gerne|interessiert mich|klingt (?:gut|interessant)|rufen sie mich)|\b(?:avec plaisir|"
        r"volontiers|ça m['’]intéresse|intéressé)\b",
        r"\b(?:me interesa|nos interesa|encantad[oa]|con gusto)\b|\b(?:tenho interesse|com prazer)\b|"
        r"\b(?:volentieri|mi interessa)\b|\bklinkt (?:goed|interessant)",
        r"\blåter (?:bra|intressant)|\blyder (?:godt|spennende|interessant)|\bbrzmi (?:dobrze|"
        r"ciekawie)|интересно|感兴趣|興味があります",
    ),
    _of(
        2.0,
        r"\b(?:call|phone|e-?mail|text|ring) me\b|"
        r"\b(?:what(?:'s| is| are| would| does)|how much|send) (?:\w+ ){0,4}?(?:cost|price|pricing|"
        r"quote|estimate)|\bpricing\b|\ba quote\b|\bdemo\b",
        r"\b(?:tuesday|wednesday|thursday|monday|friday|tomorrow|next week) (?:\w+ ){0,4}?(?:works|"
        r"at \d|afternoon|morning|is (?:good|fine|open))",
        r"^\W*(?:yes|sure|absolutely|definitely|ja|oui|s[íi]|sim|da)\b(?! but)",
    ),
)
_ASIDE = re.compile(
    r"\b(?:send|share) (?:it|this|that|your (?:spam|junk))\b.{0,40}\b(?:elsewhere|"
    r"someone else)\b",
    re.I,
)
_SCORED: dict[ReplyIntent, _Phrases] = {
    ReplyIntent.REFERRAL: _REFERRAL,
    ReplyIntent.NOT_NOW: _LATER,
    ReplyIntent.NEGATIVE: _NEGATIVE,
    ReplyIntent.POSITIVE: _POSITIVE,
}
_NOT_BEFORE = re.compile(
    r"\b(?:not|never|no|nobody|hardly|isn['’]?t|aren['’]?t|wasn['’]?t|nicht|pas|"
    r"non|não)\s+(?:\w+\s+)?$",
    re.I,
)
_PHRASE = 0.8
_MAYBE_STOP = 0.25
# Not likely enough to be taken for an opt-out, but a person should look before anything else is sent.
_PERHAPS_STOP = 0.12
_UNSURE = 0.5
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_MOST_SENTENCES = 8
_SENTENCE_COUNTS = 0.5
_TO_MACHINES = re.compile(r"<!--.{0,2000}?-->|^\W{0,4}\{\s*\"[^\n]{0,2000}\}\s*$|^#{2,}[^\n]{0,300}#{2,}", re.M | re.S)
_QUESTION = re.compile(r"\?\s*$|\?\s", re.M)
_MACHINE = re.compile(
    r"\b(?:ignore|disregard) (?:all |any )?(?:previous|prior|above|"
    r"earlier) (?:instructions|prompts?)|\bsystem prompt\b|\bclassify this\b|\byou are (?:an?|"
    r"now) (?:ai|assistant|language)",
    re.I,
)

_SUMMARIES = {
    ReplyIntent.POSITIVE: "They want to go on",
    ReplyIntent.NEUTRAL: "Neither yes nor no",
    ReplyIntent.NOT_NOW: "Not now",
    ReplyIntent.REFERRAL: "They point to somebody else",
    ReplyIntent.NEGATIVE: "They decline",
    ReplyIntent.UNSUBSCRIBE: "They want no more messages",
}


@dataclass
class Weighed:
    """How much speaks for each intent, and what the words were."""

    scores: dict[ReplyIntent, float] = field(default_factory=dict)
    words: dict[ReplyIntent, str] = field(default_factory=dict)


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """The triage of the reply in the first user message."""
    material = material_in(messages)
    today = date.fromisoformat(material["today"])
    return answer(triage(str(material.get("text") or ""), str(material.get("subject") or ""), today))


def triage(text: str, subject: str, today: date) -> Triage:
    """What a reply wants, by its words. An opt-out outranks everything."""
    if asks_to_stop(text, subject):
        return _made(ReplyIntent.UNSUBSCRIBE, ReplyTag.NOT_INTERESTED, 0.97, _quote(text or subject))
    weighed = weigh(text)
    person = named_person(text)
    if not person.known:
        weighed.scores.pop(ReplyIntent.REFERRAL, None)  # words that point to somebody, and nobody there
    said = _TO_MACHINES.sub(" ", text)
    guessed, *within = guesses([said, *_sentences(said)])
    shares = _blended(guessed.shares, weighed, person.known) if guessed is not None else _by_words(weighed)
    if not shares:
        # A question on its own is often interest, and as often not: say so.
        asked = bool(_QUESTION.search(text))
        return _made(ReplyIntent.NEUTRAL, ReplyTag.UNKNOWN, 0.55 if asked else 0.4, _quote(text))
    intent = max(shares, key=lambda i: shares[i])
    stop = max(shares.get(ReplyIntent.UNSUBSCRIBE, 0.0), _stop_within(within) if guessed is not None else 0.0)
    if _MACHINE.search(text):
        # Written for a model, not for a person: only the rule for opt-outs may take that for one.
        shares[ReplyIntent.UNSUBSCRIBE] = 0.0
        intent = max(shares, key=lambda i: shares[i])
    elif stop >= _MAYBE_STOP:
        intent = ReplyIntent.UNSUBSCRIBE  # missing one is worse than taking somebody for one
        shares[intent] = stop
    confidence = _confidence(shares[intent], text)
    if stop >= _PERHAPS_STOP and intent is not ReplyIntent.UNSUBSCRIBE:
        confidence = min(confidence, _UNSURE)
    resume = named_date(said, today) if intent is ReplyIntent.NOT_NOW else None
    pointed = intent is ReplyIntent.REFERRAL or weighed.scores.get(ReplyIntent.REFERRAL, 0) >= 3
    referred = pointed and not _MACHINE.search(text)
    made = _made(intent, _tag(intent, text), confidence, weighed.words.get(intent) or _quote(text))
    return made.model_copy(
        update={
            "referral_name": person.name if referred else None,
            "referral_title": person.title if referred else None,
            "referral_email": person.email if referred else None,
            "resume_date": resume,
        }
    )


def weigh(text: str) -> Weighed:
    """Adds up the phrases of each intent; one that is negated counts for declining instead."""
    found = Weighed()
    for intent, phrases in _SCORED.items():
        for weight, pattern in phrases:
            match = pattern.search(text)
            if match is None or (intent is ReplyIntent.POSITIVE and _ASIDE.search(text)):
                continue
            before = text[max(0, match.start() - 30) : match.start()]
            turned = intent is ReplyIntent.POSITIVE and _NOT_BEFORE.search(before)
            counted = ReplyIntent.NEGATIVE if turned else intent
            found.scores[counted] = found.scores.get(counted, 0.0) + weight
            found.words.setdefault(counted, _around(text, match.start() - 20, match.end() + 60))
    if ReplyIntent.NOT_NOW in found.scores and ReplyIntent.NEGATIVE in found.scores:
        # 'Not interested at this time' closes a door and leaves a key: how far, a person should say.
        found.scores[ReplyIntent.NOT_NOW] += 0.5
    if ReplyIntent.NOT_NOW in found.scores and ReplyIntent.POSITIVE in found.scores:
        found.scores[ReplyIntent.NOT_NOW] += 1.5  # 'happy to talk in July' is a date more than a yes
    return found


def _blended(shares: dict[ReplyIntent, float], weighed: Weighed, pointed: bool) -> dict[ReplyIntent, float]:
    """The classifier's shares, moved by the phrases that the text has, and by whether it points to anybody."""
    moved = {i: share * math.exp(_PHRASE * min(3.0, weighed.scores.get(i, 0.0)) / 3) for i, share in shares.items()}
    if not pointed:
        moved[ReplyIntent.REFERRAL] *= 0.5
    return {intent: share / sum(moved.values()) for intent, share in moved.items()}


def _sentences(text: str) -> list[str]:
    """The sentences of a text that has several, of which one may ask for silence among niceties."""
    parts = [part for part in _SENTENCE.split(text) if len(part.split()) > 2][:_MOST_SENTENCES]
    return parts if len(parts) > 1 else []


def _stop_within(found: Sequence[Guess | None]) -> float:
    """How likely it is that one sentence of several asks for silence: niceties around it blur the whole."""
    most = max((one.shares[ReplyIntent.UNSUBSCRIBE] for one in found if one is not None), default=0.0)
    return most * _SENTENCE_COUNTS


def _by_words(weighed: Weighed) -> dict[ReplyIntent, float]:
    """How far phrases alone speak for each intent, where there is nothing else to go by."""
    total = sum(weighed.scores.values())
    return {i: min(0.9, 0.5 + 0.12 * score) * score / (total or 1.0) for i, score in weighed.scores.items()}


def _confidence(share: float, text: str) -> float:
    if len(text.split()) > 120:
        share -= 0.1  # a long letter says more than one thing
    if _MACHINE.search(text):
        share = min(share, 0.3)
    return round(max(0.1, share), 2)


def _tag(intent: ReplyIntent, text: str) -> ReplyTag:
    if intent is ReplyIntent.REFERRAL:
        return ReplyTag.REFERRAL
    if intent is ReplyIntent.NOT_NOW:
        return ReplyTag.TIMING
    if intent is ReplyIntent.NEGATIVE:
        return ReplyTag.NOT_INTERESTED
    if re.search(
        r"\b(?:case study|reference|similar (?:school|college|compan|program)|who else|"
        r"other (?:schools|colleges|customers))",
        text,
        re.I,
    ):
        return ReplyTag.PROOF_POINT
    if re.search(
        r"\b(?:dark|dim|flicker|outage|burn(?:ed|t) out|flaky|regression|slow tests?|"
        r"maintenance|energy bill|complain)",
        text,
        re.I,
    ):
        return ReplyTag.PAIN_HOOK
    return ReplyTag.UNKNOWN


def _made(intent: ReplyIntent, tag: ReplyTag, confidence: float, words: str) -> Triage:
    summary = f"{_SUMMARIES[intent]}: “{words}”" if words else f"{_SUMMARIES[intent]}."
    return Triage(
        intent=intent,
        reply_tag=tag,
        confidence=round(100 * confidence),
        summary=summary[:400],
        recommended_next_step=NEXT_STEPS[intent],
    )


def _quote(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 140 else plain[:139].rsplit(" ", 1)[0] + "…"


def _around(text: str, start: int, end: int) -> str:
    """The words of a text that stand wholly between two places, with a mark where the text goes on."""
    start, end = max(start, 0), min(end, len(text))
    before, after = start > 0, end < len(text)
    if before and not text[start - 1].isspace():
        start += gap.end() if (gap := re.search(r"\s", text[start:end])) else 0
    if after and not text[end].isspace():
        end = start + len(text[start:end].rsplit(maxsplit=1)[0]) if len(text[start:end].split()) > 1 else end
    said = _quote(text[start:end])
    return f"{'… ' if before else ''}{said}{' …' if after and not said.endswith('…') else ''}"
