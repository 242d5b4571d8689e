"""Which pairs are compared at all: those that share a cheap key. Large groups are narrowed: work stays near-linear."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from tools.dedupe.knowledge import organisations
from tools.dedupe.names import sounds
from tools.dedupe.records import Record

LARGEST: Final = 60
LOOSEST: Final = 25
WINDOW: Final = 6
"""A group above LARGEST (LOOSEST for keys that say little) is sorted by its fullest fields, and only neighbours within
WINDOW are compared."""

Keys = Callable[[Record], tuple[str, ...]]


def _joined(*parts: str) -> tuple[str, ...]:
    return ("|".join(parts),) if all(parts) else ()


def _both_names(record: Record) -> tuple[str, ...]:
    """Given name and surname by sound, whichever of them stands first."""
    return _joined(*sorted((sounds(record.given), sounds(record.surname)))) if record.given and record.surname else ()


def _swapped(record: Record) -> tuple[str, ...]:
    """The names as one set of beginnings, with the year of birth."""
    names = [name[:3] for name in (record.given, record.surname) if name]
    return tuple(f"{name}|{record.birth[:4]}" for name in names) if record.birth else ()


def _name_with_birth(record: Record) -> tuple[str, ...]:
    names = [sounds(name) for name in (record.given, record.surname) if name]
    return tuple(f"{name}|{record.birth[4:]}" for name in names) if record.birth else ()


def _street(record: Record) -> tuple[str, ...]:
    first = record.street.partition(" ")[0]
    return _joined(record.number, first[:5])


def _whole_street(record: Record) -> tuple[str, ...]:
    words = sorted(record.street.split())
    return ("".join(words),) if len(words) > 1 else ()


def _local_part(record: Record) -> tuple[str, ...]:
    local = record.email.partition("@")[0]
    return (local,) if len(local) > 3 else ()


PEOPLE: Final[tuple[Keys, ...]] = (
    lambda r: _joined(r.email),
    lambda r: _joined(r.linkedin),
    lambda r: _joined(r.phone),
    lambda r: _joined(r.code),
    lambda r: _joined(r.birth),
    _both_names,
    lambda r: _joined(sounds(r.surname), r.zip),
    lambda r: _joined(sounds(r.given), r.zip),
    _street,
    _local_part,
    _name_with_birth,
    _swapped,
    lambda r: _joined(r.given, r.surname[:1], r.city[:4]),
    lambda r: _joined(sounds(r.surname), r.given[:1], r.city[:4]),
    lambda r: _joined(r.surname, r.city),
    lambda r: _joined(r.given, r.city),
    _whole_street,
    lambda r: _joined(r.surname, r.names[0].key) if r.names else (),
)


class _Words:
    """A name's words that few records share, with the state where one is known."""

    def __init__(self, records: Sequence[Record], most: int) -> None:
        self._often: Counter[str] = Counter()
        self._most = most
        self._kinds = organisations().kinds
        for record in records:
            self._often.update({word for name in record.names for word in name.plain})

    def in_state(self, record: Record) -> tuple[str, ...]:
        words = {word for name in record.names for word in name.plain if word not in self._kinds}
        found = {word[:4] for word in words} | {sounds(word) for word in words if len(word) > 3}
        return tuple(f"{word}|{record.state}" for word in sorted(found)) if record.state else ()

    def rare(self, record: Record) -> tuple[str, ...]:
        words = {word for name in record.names for word in name.plain if self._often[word] <= self._most}
        return tuple(sorted(words))

    def pairs(self, record: Record) -> tuple[str, ...]:
        found: set[str] = set()
        for name in record.names[:4]:
            words = sorted(name.plain)[:5]
            found |= {f"{a}+{b}" for n, a in enumerate(words) for b in words[n + 1 :]}
        return tuple(sorted(found))


def _initials(record: Record) -> tuple[str, ...]:
    short = {name.key for name in record.names if len(name.words) == 1 and 3 <= len(name.key) <= 6}
    long = {name.initials for name in record.names if len(name.words) > 2}
    return tuple(f"{letters}|{record.state}" for letters in sorted(short | long))


def _organisations(records: Sequence[Record]) -> Iterator[tuple[Keys, int]]:
    """The passes, each with the size above which its groups are narrowed."""
    words = _Words(records, most=LARGEST)
    yield words.in_state, LOOSEST
    yield words.pairs, LOOSEST
    for keys in (
        lambda r: _joined(r.domain),
        lambda r: _joined(r.linkedin),
        lambda r: _joined(r.phone),
        lambda r: _joined(r.email),
        lambda r: tuple(sorted({name.key for name in r.names})),
        lambda r: tuple(sorted({f"{' '.join(sorted(name.plain))}" for name in r.names})),
        words.rare,
        _initials,
        _street,
        _whole_street,
        lambda r: tuple(sorted({f"{name.words[0][:4]}|{r.city}" for name in r.names})) if r.city else (),
    ):
        yield keys, LARGEST


class Candidates:
    """Pairs of places in `records` worth comparing; pairs that are `apart` are left out, and with `fresh` those of
    which neither place is among these.

    Groups of one are dropped at once and a place knows its groups by number, so memory grows with the groups that
    records share, not with the pairs. Iterating gives each pair once, the smaller place first, in a fixed order.
    """

    def __init__(
        self,
        records: Sequence[Record],
        *,
        people: bool,
        apart: Callable[[Record, Record], bool],
        fresh: Collection[int] | None = None,
    ) -> None:
        self._records, self._apart = records, apart
        self._groups: list[array[int]] = []
        self._own: list[array[int]] = [array("I") for _ in records]
        self._near: dict[int, set[int]] = defaultdict(set)
        self._fresh = None if fresh is None else frozenset(fresh)
        passes = ((keys, LARGEST) for keys in PEOPLE) if people else _organisations(records)
        for keys, largest in passes:
            self._add(keys, largest)

    def _add(self, keys: Keys, largest: int) -> None:
        found: dict[str, list[int]] = defaultdict(list)
        for place, record in enumerate(self._records):
            for key in keys(record):
                found[key].append(place)
        for group in found.values():
            if len(group) < 2:
                continue
            if len(group) > largest:
                self._add_neighbours(group)
                continue
            for place in group:
                self._own[place].append(len(self._groups))
            self._groups.append(array("I", group))

    def _add_neighbours(self, group: list[int]) -> None:
        near = sorted(group, key=lambda place: (_fullness(self._records[place]), place))
        for n, one in enumerate(near):
            for other in near[n + 1 : n + 1 + WINDOW]:
                self._near[min(one, other)].add(max(one, other))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        for one, record in enumerate(self._records):
            others = {other for number in self._own[one] for other in self._groups[number] if other > one}
            others |= self._near.get(one, set())
            if self._fresh is not None and one not in self._fresh:
                others &= self._fresh
            for other in sorted(others):
                if not self._apart(record, self._records[other]):
                    yield one, other


def _fullness(record: Record) -> str:
    name = record.names[0].key if record.names else ""
    return f"{name}{record.surname}|{record.given}|{record.birth}|{record.city}|{record.street}"
