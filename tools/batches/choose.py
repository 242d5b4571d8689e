"""Who is in a batch and in which group: pure functions, so that a batch can be built again from its seed."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from db.queries.batches import Candidate

REST: Final = "rest"
"""The share of those who fill places that their own share could not."""


class MixInvalid(ValueError):
    """A mix that cannot be read; the message says why in a sentence."""


def read_mix(text: str, known: Mapping[str, object]) -> dict[str, int]:
    """'qa_leaders=14,vp_eng=8' as a mix. Raises MixInvalid."""
    mix: dict[str, int] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*([\w-]+)\s*=\s*(\d{1,4})\s*", part)
        if match is None or int(match[2]) < 1:
            raise MixInvalid(f"'{part.strip()}' is no share and number.")
        if match[1] not in known:
            raise MixInvalid(f"There is no share '{match[1]}'; there are: {', '.join(known) or 'none'}.")
        if match[1] in mix:
            raise MixInvalid(f"The share '{match[1]}' is named twice.")
        mix[match[1]] = int(match[2])
    return mix


def scaled(mix: Mapping[str, int], size: int) -> dict[str, int]:
    """The mix for another number of people, by largest remainders; shares that come to nobody are left out."""
    whole = sum(mix.values())
    exact = {name: count * size / whole for name, count in mix.items()}
    found = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(mix, key=lambda name: found[name] - exact[name])
    for name in by_remainder[: size - sum(found.values())]:
        found[name] += 1
    return {name: count for name, count in found.items() if count}


@dataclass(frozen=True)
class ChosenPerson:
    """Somebody taken for a share; `of` is how many there were to choose from, `place` where they stood among these."""

    candidate: Candidate
    share: str
    place: int
    of: int


@dataclass(frozen=True)
class Selection:
    """Who was taken, the best first, and how far each share was filled: asked, taken, to choose from."""

    taken: list[ChosenPerson]
    filled: dict[str, dict[str, int]]

    @property
    def short(self) -> dict[str, int]:
        """How many each share lacks."""
        return {name: n["asked"] - n["taken"] for name, n in self.filled.items() if n["taken"] < n["asked"]}


def select(
    mix: Mapping[str, int],
    of_share: Mapping[str, Sequence[Candidate]],
    rest: Sequence[Candidate],
    *,
    fill: bool,
) -> Selection:
    """Fills the shares, each with its best; the share with the least to choose from first, for others can do without.

    One person counts in one share, and an organisation has one person in a batch. With `fill`, places that a share
    could not fill go to the best of the `rest`.
    """
    gone: set[str] = set()
    taken: list[ChosenPerson] = []
    filled: dict[str, dict[str, int]] = {}

    def take(share: str, count: int, choices: Sequence[Candidate]) -> int:
        found = 0
        for place, one in enumerate(choices, start=1):
            if found == count:
                break
            if one.prospect_id not in gone:
                gone.add(one.prospect_id)
                taken.append(ChosenPerson(one, share, place, len(choices)))
                found += 1
        return found

    def slack(name: str) -> tuple[int, int]:
        organisations = {one.prospect_id for one in of_share[name]}
        return len(organisations) - mix[name], list(mix).index(name)

    for name in sorted(mix, key=slack):
        count = take(name, mix[name], of_share[name])
        filled[name] = {"asked": mix[name], "taken": count, "to_choose_from": len(of_share[name])}
    lacking = sum(mix.values()) - len(taken)
    if fill and lacking:
        count = take(REST, lacking, rest)
        filled[REST] = {"asked": lacking, "taken": count, "to_choose_from": len(rest)}
    order = {name: filled[name] for name in [*mix, REST] if name in filled}
    return Selection(sorted(taken, key=lambda one: rank(one.candidate)), order)


def rank(one: Candidate) -> tuple[bool, str, int, int, str, str]:
    """Sorts people by priority: something to write about, tier, priority, score."""
    return (one.reasons == 0, one.tier, -one.priority, -one.score, one.organisation, one.contact_id)


def assign(taken: Sequence[ChosenPerson], groups: Sequence[str], seed: int) -> dict[str, str]:
    """A group for each person, by contact id: at random, balanced by share and tier.

    In each stratum, and in all, the sizes of the groups differ by at most one. The same seed and people give the same
    groups.
    """
    dice = random.Random(seed)
    strata: dict[tuple[str, str], list[str]] = {}
    for one in sorted(taken, key=lambda t: (t.share, t.candidate.tier, t.candidate.contact_id)):
        strata.setdefault((one.share, one.candidate.tier), []).append(one.candidate.contact_id)
    totals = dict.fromkeys(groups, 0)
    found: dict[str, str] = {}
    for people in strata.values():
        shuffled = list(groups)
        dice.shuffle(shuffled)
        # What does not divide evenly goes to the groups that have the fewest so far.
        extra = sorted(shuffled, key=lambda group: totals[group])[: len(people) % len(groups)]
        slots = [group for group in groups for _ in range(len(people) // len(groups))] + extra
        dice.shuffle(slots)
        for person, group in zip(people, slots, strict=True):
            found[person] = group
            totals[group] += 1
    return found


def positions(taken: Sequence[ChosenPerson], group_of: Mapping[str, str]) -> list[ChosenPerson]:
    """The people in the order of a batch: by priority within each group, the groups one after the other in turn.

    Whoever stops half-way has then worked on each group alike.
    """
    queues: dict[str | None, list[ChosenPerson]] = {}
    for one in sorted(taken, key=lambda t: rank(t.candidate)):
        queues.setdefault(group_of.get(one.candidate.contact_id), []).append(one)
    # The larger group begins, so that the turns come out even.
    ordered = sorted(queues.values(), key=lambda queue: (-len(queue), rank(queue[0].candidate)))
    most = max((len(queue) for queue in ordered), default=0)
    return [queue[turn] for turn in range(most) for queue in ordered if turn < len(queue)]
