"""Text to the numbers of word pieces, as the sentence encoder was trained on them (a unigram model)."""

import unicodedata
from collections.abc import Sequence

_MARK = "\u2581"  # stands for the space before a word
START, END, UNKNOWN = 0, 2, 3
_LONGEST = 24
_LONGEST_WORD = 80
_UNKNOWN_SCORE = -30.0


class Pieces:
    """A vocabulary of pieces with their log probabilities; `pieces[n]` is the text of number `n`."""

    def __init__(self, pieces: Sequence[str], scores: Sequence[float]) -> None:
        self._numbers = {piece: number for number, piece in enumerate(pieces) if number > UNKNOWN}
        self._scores = scores
        self._known: dict[str, tuple[int, ...]] = {}

    def numbers(self, text: str, most: int) -> list[int]:
        """The numbers of a text's pieces between start and end, `most` at most."""
        found = [START]
        for word in unicodedata.normalize("NFKC", text).split():
            if len(found) >= most - 1:
                break
            for begin in range(0, len(word), _LONGEST_WORD):
                found += self._of_word((_MARK if begin == 0 else "") + word[begin : begin + _LONGEST_WORD])
        return [*found[: most - 1], END]

    def _of_word(self, word: str) -> tuple[int, ...]:
        known = self._known.get(word)
        if known is None:
            known = self._split(word)
            if len(self._known) < 20_000:
                self._known[word] = known
        return known

    def _split(self, word: str) -> tuple[int, ...]:
        """The split of a word whose pieces are likeliest together (Viterbi)."""
        best = [0.0] + [float("-inf")] * len(word)
        back = [(0, UNKNOWN)] * (len(word) + 1)
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + _LONGEST) + 1):
                number = self._numbers.get(word[start:end])
                if number is None:
                    if end > start + 1:
                        continue
                    number, score = UNKNOWN, best[start] + _UNKNOWN_SCORE
                else:
                    score = best[start] + self._scores[number]
                if score > best[end]:
                    best[end], back[end] = score, (start, number)
        numbers: list[int] = []
        end = len(word)
        while end > 0:
            end, number = back[end]
            numbers.append(number)
        return tuple(reversed(numbers))
