"""Who is in a batch, and in which group: shares, balance, order."""

from collections import Counter

import pytest

from db.queries.batches import Candidate
from tools.batches.choose import REST, ChosenPerson, MixInvalid, assign, positions, read_mix, scaled, select

KNOWN = {"qa_leaders": 1, "vp_eng": 1, "buyer_intent": 1}


def person(number: int, *, tier: str = "A1", organisation: int | None = None, reasons: int = 1) -> Candidate:
    return Candidate(
        contact_id=f"c{number:03}",
        prospect_id=f"p{number if organisation is None else organisation:03}",
        person=f"Person {number}",
        organisation=f"Company {number:03}",
        persona="QA Director",
        tier=tier,
        priority=3,
        score=50,
        reasons=reasons,
    )


def test_a_mix_is_read() -> None:
    assert read_mix("qa_leaders=14, vp_eng = 8,buyer_intent=3", KNOWN) == {
        "qa_leaders": 14,
        "vp_eng": 8,
        "buyer_intent": 3,
    }


@pytest.mark.parametrize("text", ["", "qa_leaders", "qa_leaders=0", "qa_leaders=-1", "ceo=3", "vp_eng=1,vp_eng=2"])
def test_what_is_no_mix_is_refused(text: str) -> None:
    with pytest.raises(MixInvalid):
        read_mix(text, KNOWN)


@pytest.mark.parametrize("size", [1, 2, 5, 10, 24, 25, 26, 100, 499])
def test_a_mix_for_another_size_adds_up_and_keeps_its_proportions(size: int) -> None:
    mix = {"qa_leaders": 14, "vp_eng": 8, "buyer_intent": 3}
    found = scaled(mix, size)
    assert sum(found.values()) == size
    assert all(abs(found.get(name, 0) - mix[name] * size / 25) < 1 for name in mix)


def test_the_share_with_the_least_to_choose_from_is_filled_first() -> None:
    few, many = [person(1), person(2)], [person(n) for n in range(1, 10)]
    chosen = select({"qa_leaders": 3, "buyer_intent": 2}, {"qa_leaders": many, "buyer_intent": few}, [], fill=True)
    assert chosen.short == {}
    share = {one.candidate.contact_id: one.share for one in chosen.taken}
    assert share == {
        "c001": "buyer_intent",
        "c002": "buyer_intent",
        "c003": "qa_leaders",
        "c004": "qa_leaders",
        "c005": "qa_leaders",
    }


def test_nobody_and_no_organisation_counts_twice() -> None:
    both = [person(1, organisation=1), person(2, organisation=1), person(3)]
    chosen = select({"qa_leaders": 2, "vp_eng": 2}, {"qa_leaders": both, "vp_eng": both}, both, fill=True)
    assert len(chosen.taken) == len({one.candidate.prospect_id for one in chosen.taken}) == 2
    assert sum(chosen.short.values()) >= 2


def test_what_a_share_lacks_is_filled_from_the_rest_or_left_open() -> None:
    mix, of_share = {"qa_leaders": 2, "vp_eng": 2}, {"qa_leaders": [person(1), person(2)], "vp_eng": [person(3)]}
    rest = [person(n) for n in range(1, 6)]
    filled = select(mix, of_share, rest, fill=True)
    assert [one.candidate.contact_id for one in filled.taken if one.share == REST] == ["c004"]
    assert filled.filled["vp_eng"] == {"asked": 2, "taken": 1, "to_choose_from": 1}
    left_open = select(mix, of_share, rest, fill=False)
    assert (len(left_open.taken), left_open.short) == (3, {"vp_eng": 1})


def people(count: int, seed: int) -> list[ChosenPerson]:
    shares, tiers = ("qa_leaders", "vp_eng", "buyer_intent"), ("A1", "A2", "B")
    return [
        ChosenPerson(person(n, tier=tiers[n * seed % 7 % 3]), shares[n * seed % 5 % 3], 1, count)
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("groups", [["A", "B"], ["A", "B", "C"]])
@pytest.mark.parametrize("seed", range(40))
def test_the_groups_are_balanced_in_each_stratum_and_in_all(groups: list[str], seed: int) -> None:
    taken = people(1 + seed * 2, seed + 1)
    found = assign(taken, groups, seed)
    strata: dict[tuple[str, str], Counter[str]] = {}
    for one in taken:
        stratum = strata.setdefault((one.share, one.candidate.tier), Counter(dict.fromkeys(groups, 0)))
        stratum[found[one.candidate.contact_id]] += 1
    for sizes in (*strata.values(), Counter(dict.fromkeys(groups, 0)) + Counter(found.values())):
        counts = [sizes[group] for group in groups]
        assert max(counts) - min(counts) <= 1, (strata, sizes)


def test_the_seed_alone_decides() -> None:
    taken = people(25, 3)
    assert assign(taken, ["A", "B"], 7) == assign(list(reversed(taken)), ["A", "B"], 7)
    assert len({tuple(sorted(assign(taken, ["A", "B"], seed).items())) for seed in range(10)}) > 5


def test_everybody_gets_each_group_about_equally_often() -> None:
    taken = people(9, 2)
    times = Counter(person for seed in range(400) for person, g in assign(taken, ["A", "B"], seed).items() if g == "A")
    assert all(140 <= times[one.candidate.contact_id] <= 260 for one in taken), times


def test_positions_go_by_priority_with_the_groups_in_turn() -> None:
    taken = people(11, 3)
    group_of = assign(taken, ["A", "B"], 5)
    order = positions(taken, group_of)
    for length in range(1, 12):
        counts = Counter(group_of[one.candidate.contact_id] for one in order[:length])
        assert abs(counts["A"] - counts["B"]) <= 1
    for group in ("A", "B"):
        own = [one.candidate.tier for one in order if group_of[one.candidate.contact_id] == group]
        assert own == sorted(own)


def test_somebody_to_write_about_comes_before_a_better_tier() -> None:
    blank, known = person(1, tier="A1", reasons=0), person(2, tier="B", reasons=2)
    order = positions([ChosenPerson(blank, "qa_leaders", 1, 2), ChosenPerson(known, "qa_leaders", 2, 2)], {})
    assert [one.candidate.contact_id for one in order] == ["c002", "c001"]
