"""How alike two names of organisations are, as one of a few levels; the first is the closest."""

from functools import lru_cache

from rapidfuzz.distance import JaroWinkler
from rapidfuzz.fuzz import ratio

from tools.dedupe.knowledge import organisations
from tools.dedupe.names import Name

SAME, SPELLED, KINDLESS, OTHER_KIND, INITIALS, PLACE, LONGER, OWN_WORDS, DIFFERENT = range(9)
_ALIKE = 82.0

Place = tuple[frozenset[str], frozenset[str]]
NOWHERE: Place = (frozenset(), frozenset())


@lru_cache(maxsize=100_000)
def alike(one: str, other: str) -> bool:
    """Whether two words are spellings of one: a slip, or the one cut short. Words that tell things apart, and
    numbers, must be the same."""
    if one == other:
        return True
    if one[0] != other[0]:
        return False
    telling = organisations().telling
    if one in telling or other in telling or one.isdigit() or other.isdigit():
        return False
    short, long = sorted((one, other), key=len)
    if len(short) >= 4 and long.startswith(short):
        return True
    return len(short) >= 3 and len(long) >= 4 and ratio(one, other) >= _ALIKE


def unmatched(left: frozenset[str], right: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """What each set has that the other has in no spelling."""
    only_left, only_right = left - right, right - left
    if not only_left or not only_right:
        return only_left, only_right
    spelled = [(a, b) for a in only_left for b in only_right if a[0] == b[0] and alike(a, b)]
    if not spelled:
        return only_left, only_right
    return only_left - {a for a, _b in spelled}, only_right - {b for _a, b in spelled}


def name_level(one: Name, other: Name, one_place: Place = NOWHERE, other_place: Place = NOWHERE) -> int:
    """How alike two names are: SAME … DIFFERENT.

    A town or state that only one name has counts for little where the other organisation sits in it (`…_place` are
    the words of its city and of its state): 'Miami University-Oxford' and 'Miami University' of Oxford.
    """
    if one.key == other.key:
        return SAME
    known = organisations()
    left, right = unmatched(one.plain, other.plain)
    if not left and not right:
        return _kinds_level(one, other)
    if _is_short_for(one, other) or _is_short_for(other, one):
        return INITIALS
    apart = (left | right | (one.kinds ^ other.kinds)) & known.levels
    if left and right:
        if one.key.replace(" ", "") == other.key.replace(" ", ""):
            return SPELLED
        close = JaroWinkler.similarity(one.key, other.key) >= 0.95 and not (left | right) & known.telling
        if close and not apart and _letters_alike(left, right):
            return SPELLED
        shared = one.plain & other.plain
        return OWN_WORDS if shared else DIFFERENT
    extra, longer, shorter, (city, state) = (left, one, other, other_place) if left else (right, other, one, one_place)
    # A state that follows the whole name; elsewhere it is part of it ('University of Massachusetts-Amherst').
    behind = longer.words[: len(shorter.words)] == shorter.words
    if extra <= city or (behind and extra <= state):
        return PLACE
    # What tells things apart, or more words than are shared, or another kind besides: a namesake.
    namesake = apart or extra & known.telling or len(extra) > len(shorter.plain)
    return OWN_WORDS if namesake or (one.kinds - other.kinds and other.kinds - one.kinds) else LONGER


def _kinds_level(one: Name, other: Name) -> int:
    known = organisations()
    # 'SUNY Buffalo' and 'SUNY Buffalo State': the same words, but one of them twice.
    if sum(w in known.telling for w in one.words) != sum(w in known.telling for w in other.words):
        return OWN_WORDS
    if one.kinds == other.kinds:
        return SPELLED
    if (one.kinds ^ other.kinds) & known.levels:
        return OWN_WORDS if one.kinds and other.kinds else OTHER_KIND
    if not (one.kinds - other.kinds and other.kinds - one.kinds):
        return KINDLESS
    # A college that became a university keeps its place in the name; 'X College' and 'University of X' are two.
    same_order = [w in known.kinds for w in one.words] == [w in known.kinds for w in other.words]
    return OTHER_KIND if same_order else OWN_WORDS


def _is_short_for(short: Name, long: Name) -> bool:
    return len(short.words) == 1 and len(long.words) > 2 and 3 <= len(short.key) <= 6 and short.key == long.initials


def _letters_alike(left: frozenset[str], right: frozenset[str]) -> bool:
    one, other = "".join(sorted(left)), "".join(sorted(right))
    return ratio(one, other) >= _ALIKE
