"""What changed between two versions of a message, sentence by sentence."""

from __future__ import annotations

from difflib import SequenceMatcher

Text = tuple[str | None, str]
"""Subject and body."""


def changes(before: Text, after: Text) -> list[tuple[str, str]]:
    """Pairs of a mark and words: '-' for what went, '+' for what came, ' ' for how much in between is the same.

    A message is a few long paragraphs, of which a comparison of lines would show the whole twice.
    """
    old, new = _sentences(before), _sentences(after)
    found: list[tuple[str, str]] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            count = i2 - i1
            found.append((" ", f"({count} sentence{'s' if count > 1 else ''} the same)"))
            continue
        found += [("-", words) for words in old[i1:i2]]
        found += [("+", words) for words in new[j1:j2]]
    return found if any(mark != " " for mark, _ in found) else []


def _sentences(text: Text) -> list[str]:
    from tools.wording import sentences

    subject, body = text
    return [f"Subject: {subject or ''}", *sentences(body)]
