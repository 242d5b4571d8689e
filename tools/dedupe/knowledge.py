"""What is known of names before any data is seen; read once from the two TOML files beside this module."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class OrganisationWords:
    """`organisations.toml`; phrases are tuples of words, by their first word and the longest first."""

    words: dict[str, tuple[str, ...]]
    phrases: dict[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]
    legal: frozenset[str]
    kinds: frozenset[str]
    levels: frozenset[str]
    telling: frozenset[str]
    main: frozenset[tuple[str, ...]]
    around: frozenset[str]
    registries: frozenset[str]


@dataclass(frozen=True)
class PeopleWords:
    """`people.toml`."""

    short: dict[str, frozenset[str]]
    before: frozenset[str]
    after: frozenset[str]


def _read(name: str) -> dict[str, dict[str, object]]:
    return tomllib.loads(files("tools.dedupe").joinpath(name).read_text(encoding="utf-8"))


def _listed(value: object) -> frozenset[str]:
    return frozenset(str(item) for item in value) if isinstance(value, list) else frozenset()


@cache
def organisations() -> OrganisationWords:
    """What is known of the names of organisations."""
    data = _read("organisations.toml")
    phrases: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for phrase, meant in data["phrases"].items():
        words = tuple(phrase.split())
        phrases.setdefault(words[0], []).append((words, tuple(str(meant).split())))
    names = data["names"]
    return OrganisationWords(
        words={word: tuple(str(meant).split()) for word, meant in data["words"].items()},
        phrases={first: tuple(sorted(found, key=lambda p: -len(p[0]))) for first, found in phrases.items()},
        legal=_listed(names["legal"]),
        kinds=_listed(names["kinds"]),
        levels=_listed(names["levels"]),
        telling=_listed(names["telling"]),
        main=frozenset(tuple(text.split()) for text in _listed(names["main"])),
        around=_listed(names["around"]),
        registries=_listed(data["registries"]["columns"]),
    )


@cache
def people() -> PeopleWords:
    """What is known of the names of people."""
    data = _read("people.toml")
    return PeopleWords(
        short={name: _listed(meant) for name, meant in data["short"].items()},
        before=_listed(data["titles"]["before"]),
        after=_listed(data["titles"]["after"]),
    )
