"""Goals in words: what the grammar reads, what it hands back, and what the records must bear out."""

from typing import Any

import pytest

from agents.orchestrator import checked
from agents.orchestrator_policy import read_goal
from agents.orchestrator_schema import WorkOrder

KNOWN = {
    "organisations": ["Algolia Labs", "Box", "Ohio State"],
    "cities": ["Columbus", "Ohio City"],
    "conferences": ["Big Ten", "Ohio"],
    "industries": ["Fintech", "Information Technology"],
    "sources": ["EADA 2022", "Box"],
}
COLLEGES = ["college_d1", "college_d2", "college_d3", "college_naia"]
HIGH = ["high_school_6a", "high_school_5a", "high_school_4a", "high_school_3a", "high_school_other"]


def read(goal: str) -> dict[str, Any]:
    order = read_goal(goal, KNOWN, ["qa-software", "sports-lighting"], 2026)
    return order.model_dump(mode="json", exclude_defaults=True)


@pytest.mark.parametrize(
    ("goal", "order"),
    [
        ("between 10 and 20 drafts in Indiana", {"count": 20, "states": ["IN"]}),
        ("10 drafts, tier B and up", {"count": 10, "tiers": ["A1", "A2", "B"]}),
        ("tier C or better in Ohio", {"tiers": ["A1", "A2", "B", "C"], "states": ["OH"]}),
        ("Ohio highschools", {"venues": HIGH, "states": ["OH"]}),
        (
            "Draft 20 messages to athletic directors at D2 and D3 colleges in Ohio and Pennsylvania, tier A1",
            {
                "count": 20,
                "personas": ["Athletic Director"],
                "venues": ["college_d2", "college_d3"],
                "states": ["OH", "PA"],
                "tiers": ["A1"],
            },
        ),
        (
            "facilities directors of Division II or III schools in OH",
            {"personas": ["Facilities Director"], "venues": ["college_d2", "college_d3"], "states": ["OH"]},
        ),
        ("ten drafts for high schools in Indiana", {"count": 10, "venues": HIGH, "states": ["IN"]}),
        ("universities in West Virginia", {"venues": COLLEGES, "states": ["WV"]}),
        ("12 contacts at 6A high schools", {"count": 12, "venues": ["high_school_6a"]}),
        ("CFOs and ADs at NAIA colleges", {"personas": ["CFO", "Athletic Director"], "venues": ["college_naia"]}),
        ("heads of quality assurance or QA managers", {"personas": ["QA Director", "QA Manager"]}),
        ("VPs of engineering, CTOs and SDETs", {"personas": ["VP Eng", "SDET"]}),
        ("with at least 5,000 seats", {"least_seats": 5000}),
        ("capacity over 3k", {"least_seats": 3001}),
        ("fewer than 1,200 students", {"most_students": 1199}),
        ("enrollment of at least 900", {"least_students": 900}),
        ("between 50 and 500 employees", {"least_employees": 50, "most_employees": 500}),
        ("100 employees or more", {"least_employees": 100}),
        ("enrollment between 1,000 and 4,000", {"least_students": 1000, "most_students": 4000}),
        ("50-500 people", {"least_employees": 50, "most_employees": 500}),
        ("200+ employees", {"least_employees": 200}),
        ("no more than 80 staff", {"most_employees": 80}),
        ("lights older than 15 years", {"lights_at_least_years": 16}),
        ("lighting at least 15 years old", {"lights_at_least_years": 15}),
        ("stadiums built before 1980 in KY", {"built_before": 1980, "states": ["KY"]}),
        ("built after 1999", {"built_after": 1999}),
        ("ten Ohio D3 schools with old stadiums", {"count": 10, "states": ["OH"], "venues": ["college_d3"],
                                                  "built_before": 1986}),
        ("up to 15 emails", {"count": 15}),
        ("tiers A1 to B", {"tiers": ["A1", "A2", "B"]}),
        ("A1 and A2 prospects", {"tiers": ["A1", "A2"]}),
        ("companies hiring QA engineers", {"venues": ["company"], "signals": ["qa_job_posting"]}),
        ("recently funded startups", {"signals": ["funding"], "venues": ["company"]}),
        ("fintech firms showing buyer intent", {"industries": ["Fintech"], "venues": ["company"],
                                               "signals": ["buyer_intent"]}),
        ("write to Algolia Labs and Box", {"organisations": ["Algolia Labs", "Box"]}),
        ("10 from Box", {"count": 10, "sources": ["Box"]}),
        ("from EADA 2022", {"sources": ["EADA 2022"]}),
        ("in Columbus", {"cities": ["Columbus"]}),
        ("in the Big Ten", {"conferences": ["Big Ten"]}),
        ("in Ohio", {"states": ["OH"]}),
        ("in the Ohio conference", {"conferences": ["Ohio"]}),
        ("Ohio State", {"organisations": ["Ohio State"]}),
        ("import leads.csv and draft 5", {"files": ["leads.csv"], "count": 5}),
        ('only import "my leads.xlsx"', {"only": ["import"], "files": ["my leads.xlsx"]}),
        ("only import /data/a.csv", {"only": ["import"], "files": ["/data/a.csv"]}),
        ("just triage the replies", {"only": ["replies"]}),
        ("10 drafts for the qa software playbook", {"count": 10, "playbook": "qa-software"}),
    ],
)  # fmt: skip
def test_what_the_grammar_reads(goal: str, order: dict[str, Any]) -> None:
    assert read(goal) == order


@pytest.mark.parametrize(
    ("goal", "lost"),
    [
        ("colleges in Ohio, except Ohio State", ["except Ohio State"]),
        ("who raised money in the last 90 days", ["last", "90 days"]),
        ("D1 colleges without football", ["without football"]),
        ("companies founded before 1980", ["founded before 1980"]),
        ("10 drafts in a friendly tone", ["friendly", "tone"]),
        ("big colleges", ["big"]),
        ("5 drafts, then 7 drafts", ["then", "7 drafts"]),
        ("100000 drafts", ["100000 drafts"]),
        ("assistant athletic directors", ["assistant"]),
        ("colleges in Ontario", ["Ontario"]),
        ("do not write to CFOs", ["do not write to CFOs"]),
    ],
)
def test_what_it_does_not_read_it_hands_back(goal: str, lost: list[str]) -> None:
    assert read(goal)["not_understood"] == lost


def test_small_words_are_no_states() -> None:
    assert "states" not in read("let me write to them in or on a list")
    assert read("drafts for IN and OH")["states"] == ["IN", "OH"]


def test_what_the_records_and_the_goal_do_not_bear_out_is_handed_back() -> None:
    order = WorkOrder(
        organisations=["algolia labs", "Nobody Inc"],
        states=["ohio", "Atlantis"],
        files=["leads.csv", "secrets.csv"],
        playbook="yachts",
        not_understood=["soon"],
    )
    found = checked(order, "import leads.csv for Algolia labs in Ohio", KNOWN)
    assert (found.organisations, found.states, found.files, found.playbook) == (
        ["Algolia Labs"],
        ["OH"],
        ["leads.csv"],
        None,
    )
    assert found.not_understood == ["soon", "Nobody Inc", "Atlantis", "secrets.csv", "yachts"]


def test_a_file_counts_only_letter_for_letter() -> None:
    for goal in ("import leads.csv", 'import "leads.csv".', "import leads.csv, then draft"):
        assert checked(WorkOrder(files=["leads.csv"]), goal, {}).files == ["leads.csv"]
    assert checked(WorkOrder(files=["leads.csv"]), "import myleads.csv", {}).files == []


def test_a_goal_without_end_is_read_to_its_bound_and_the_rest_is_told() -> None:
    order = read_goal("5 drafts, " + '{"a":' * 6000 + " 10 drafts", {}, ["sports-lighting"], 2026)
    assert order.count == 5
    assert "beyond 2,000 characters" in order.not_understood[-1]
    assert read_goal("9" * 400 + " drafts", {}, [], 2026).count is None
