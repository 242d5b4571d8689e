"""Rules on truth: whatever a message says of its reader must rest on a kept fact."""

import re
from collections.abc import Iterator

from tools.facts import numbers_in
from tools.qc.model import DraftUnderCheck, Fact
from tools.qc.words import EVERYDAY, SENTENCE_STARTERS
from tools.wording import sentences

Finding = tuple[str, str, str, str]

_WORD = re.compile(r"[A-Za-z][A-Za-z'’&.-]*")
_NAME = re.compile(r"\b[A-Z][\w'’&.-]*(?:\s+(?:of|the|and|at|de|for)\s+[A-Z][\w'’&.-]*|\s+[A-Z][\w'’&.-]*)*")
_YOU_ARE_SAID_TO = re.compile(
    r"\byours?\s+(?!time\b|convenience\b|team if\b)\w+"
    r"|\byou(?:['’](?:re|ve|d)|\s+(?:are|were|have|had|did|do|run|use|used|need|lose|lost|face|faced|struggle|own|pay|paid"
    r"|spend|spent|host|hosted|bought|built|installed|replaced|missed|said|told|asked|mentioned|know|knew))\b",
    re.IGNORECASE,
)
_SMALL_NUMBERS = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand|"
    r"million|dozens?|half|double|triple|percent)\b",
    re.IGNORECASE,
)
ENOUGH_OVERLAP = 0.6


def _allowed_text(draft: DraftUnderCheck) -> str:
    """What the seller may say without a fact: the agreed statements and who they are."""
    playbook = draft.playbook
    sender = playbook.sender
    return " ".join([*(s.text for s in playbook.statements), sender.name, sender.company, sender.website, sender.title])


def _words(text: str) -> set[str]:
    return {_stem(word) for word in _WORD.findall(text.lower())} - EVERYDAY


def _stem(word: str) -> str:
    word = word.strip(".'’-")
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _body_sentences(draft: DraftUnderCheck) -> list[str]:
    """The sentences between greeting and sign-off."""
    lines = draft.text.split("\n")
    if lines and re.match(r"\s*(?:Hi|Hello|Dear|Hey|Good (?:morning|afternoon))\b", lines[0]):
        rest = re.sub(r"^[^,:!]*[,:!]\s*", "", lines[0], count=1)
        lines = [rest, *lines[1:]]
    text = "\n".join(lines)
    text = re.sub(
        r"\n\s*(?:Best|Best regards|Kind regards|Regards|Thanks|Thank you|Sincerely|Cheers),?\s*\n.*\Z",
        "",
        text,
        flags=re.S,
    )
    return sentences(text)


def _is_statement(sentence: str, draft: DraftUnderCheck) -> bool:
    """Whether it is an agreed statement, or part of one: nothing in it that the statement does not say."""
    plain = " ".join(sentence.split()).rstrip(".?!").casefold()
    return any(plain and plain in " ".join(s.text.split()).casefold() for s in draft.playbook.statements)


def _cited(sentence: str, draft: DraftUnderCheck) -> list[Fact]:
    """The facts that the draft says this sentence rests on."""
    by_id = {fact.id: fact for fact in draft.facts}
    plain = " ".join(sentence.split()).casefold()
    found = []
    for claimed, fact_id in draft.claims:
        said = " ".join(claimed.split()).casefold()
        if fact_id in by_id and said and (said in plain or (plain in said and len(plain) > 15)):
            found.append(by_id[fact_id])
    return found


def _names_in(text: str) -> set[str]:
    """Words that look like names: capitalised, and not merely because a sentence begins there."""
    found: set[str] = set()
    for match in _NAME.finditer(text):
        words = match[0].split()
        if match.start() == 0 or text[: match.start()].rstrip().endswith((".", "?", "!", ":")):
            words = [word for n, word in enumerate(words) if n > 0 or word.strip(".,") not in SENTENCE_STARTERS]
        found |= {word.strip(".,'’-") for word in words if word[:1].isupper()}
    return {name for name in found if len(name) > 1}


def organisation_missing(draft: DraftUnderCheck) -> Iterator[Finding]:
    """A message that names neither the organisation nor its venue could have gone to anybody."""
    text = f"{draft.subject}\n{draft.text}".casefold()
    if not any(name and name.casefold() in text for name in draft.names):
        yield "message", "", "It does not name the organisation.", f"Name it: {draft.names[0]}."


def unknown_facts(draft: DraftUnderCheck) -> Iterator[Finding]:
    """A claim must rest on a fact that exists."""
    known = {fact.id for fact in draft.facts}
    for sentence, fact_id in draft.claims:
        if fact_id not in known:
            yield (
                "body",
                sentence,
                "It claims a fact that is not on file.",
                "Rest it on a kept fact, or take it out.",
            )


def unsupported_sentences(draft: DraftUnderCheck) -> Iterator[Finding]:
    """Every sentence is an agreed statement, or rests on the facts it cites, or says nothing about the reader.

    A cited fact must hold the sentence's numbers and names, and most of its words: a citation alone proves nothing.
    What a person wrote may say more than a model: anything but a number, a name or a claim about the reader.
    """
    free = _allowed_text(draft)
    known_names = {w.casefold() for w in _WORD.findall(" ".join([free, *draft.names, draft.recipient.first_name]))}
    for sentence in _body_sentences(draft):
        if _is_statement(sentence, draft):
            continue
        cited = _cited(sentence, draft)
        backing = " ".join([*(f"{fact.sentence} {fact.quote}" for fact in cited), free if not cited else ""])
        problem = _problem(sentence, cited, backing, known_names, draft)
        if problem:
            yield "body", sentence, problem, "Rest it on a kept fact that says so, or take it out."


def _problem(
    sentence: str, cited: list[Fact], backing: str, known_names: set[str], draft: DraftUnderCheck
) -> str | None:
    if extra := numbers_in(sentence) - numbers_in(backing):
        return f"No cited fact has the number {', '.join(sorted(extra))}."
    held = {w.casefold().strip(".'’-") for w in _WORD.findall(backing)}
    strange = {n for n in _names_in(sentence) if n.casefold() not in held | known_names}
    if strange:
        return f"No cited fact names {', '.join(sorted(strange))}."
    if cited:
        words = _words(sentence) - {_stem(w.lower()) for w in _WORD.findall(" ".join(draft.names))}
        overlap = len(words & _words(backing)) / len(words) if words else 1.0
        if overlap < ENOUGH_OVERLAP:
            return "It says more than the facts that it cites."
        return None
    about_reader = bool(_YOU_ARE_SAID_TO.search(sentence)) or any(
        name and name.casefold() in sentence.casefold() for name in draft.names
    )
    if _SMALL_NUMBERS.search(sentence):
        return "It counts something that no fact counts."
    if sentence.rstrip().endswith("?"):
        return None
    if about_reader:
        return "It says something about the reader that no fact supports."
    if draft.by_person:
        return None  # a courtesy or an opinion of the sender's own
    words = _words(sentence)
    if words and len(words & _words(backing)) / len(words) < ENOUGH_OVERLAP:
        return "Neither a fact nor an agreed statement says this."
    return None


def no_fact_at_all(draft: DraftUnderCheck) -> Iterator[Finding]:
    """A first message without one true fact about its reader is not worth sending."""
    if draft.touch > 1:
        return
    if not any(_cited(sentence, draft) for sentence in _body_sentences(draft)):
        yield "message", "", "No sentence rests on a fact about this organisation.", "Open with one."
