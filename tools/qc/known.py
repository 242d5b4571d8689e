"""What is known about a message's reader, for text that cites nothing."""

from dataclasses import dataclass
from functools import cache

from tools.qc import numbers, support
from tools.qc.model import DraftUnderCheck, Fact
from tools.qc.support import WORD, share, vocabulary, words
from tools.qc.words import COMMON_NAMES, NEUTRAL_WORDS

_NEUTRAL = frozenset(support.stem(word) for word in NEUTRAL_WORDS)


@dataclass(frozen=True)
class Known:
    """All that is known about the reader, made ready for looking up."""

    draft: DraftUnderCheck
    facts: str
    held: frozenset[str]
    quoted: frozenset[float]
    names: frozenset[str]
    own_words: frozenset[str]
    statements: tuple[tuple[str, frozenset[str]], ...]

    def agreed(self, content: set[str]) -> frozenset[str]:
        """The words of the agreed statement that holds the most of these."""
        return max(
            (held for _, held in self.statements), key=lambda held: share(set(held), content), default=frozenset()
        )


def known_of(draft: DraftUnderCheck) -> Known:
    """Made once for a draft."""
    if "known" not in draft.memo:
        draft.memo["known"] = _known(draft)
    found: Known = draft.memo["known"]
    return found


def _known(draft: DraftUnderCheck) -> Known:
    playbook, signer, person = draft.playbook, draft.signer, draft.recipient
    facts = "\n".join(f"{fact.sentence}\n{fact.quote}" for fact in draft.facts)
    agreed = " ".join(s.text for s in playbook.statements)
    earlier = "\n".join(f"{e.subject}\n{e.body}" for e in draft.history or ())
    senders = " ".join([signer.name, signer.company, signer.title, signer.website])
    called = [*draft.names, person.first_name, person.last_name, *person.names]
    who = " ".join([senders, playbook.sender.company, *called])
    named = " ".join([who, facts, agreed, earlier, person.title, playbook.what_we_sell, *playbook.qc.may_name])
    quotes = "\n".join(fact.quote or fact.sentence for fact in draft.facts)
    return Known(
        draft=draft,
        facts=facts,
        held=frozenset(vocabulary(facts)),
        quoted=frozenset(
            numbers.values("\n".join([quotes, agreed, earlier, person.title, *draft.names, signer.opt_out]))
        ),
        names=frozenset(support.bare(w).casefold() for w in WORD.findall(named)) | COMMON_NAMES,
        own_words=frozenset(words(who)),
        statements=tuple((s.text, _words_of(s.text)) for s in playbook.statements),
    )


@cache
def _words_of(statement: str) -> frozenset[str]:
    return frozenset(vocabulary(statement))


def content_of(text: str, known: Known) -> set[str]:
    """The words of a text that say something, without names and the words of any letter."""
    return words(text) - known.own_words - _NEUTRAL - support.own_doing(text)


def rests_on(sentence: str, fact: Fact, known: Known) -> bool:
    """Whether a sentence says what a fact says: enough of the same words, the names left out, or its number."""
    backing = f"{fact.sentence} {fact.quote}"
    if numbers.values(sentence) & numbers.values(backing):
        return True
    content, held = content_of(sentence, known), vocabulary(backing) - known.own_words
    shared = content & held
    return len(shared) >= 2 or (len(shared) == 1 and named(sentence, known) and len(content) <= 4)


def named(text: str, known: Known) -> bool:
    """Whether a text names the reader's organisation."""
    return any(name and name.casefold() in text.casefold() for name in known.draft.names)
