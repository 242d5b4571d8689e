"""Personas and seniority, read from titles."""

import pytest

from tools.titles import classify, seniority_of, title_key


@pytest.mark.parametrize(
    ("title", "persona", "seniority", "role"),
    [
        ("Athletic Director", "Athletic Director", "Director", "decision_maker"),
        ("A.D.", "Athletic Director", "Director", "decision_maker"),
        ("Interim Athletic Director", "Athletic Director", "Director", "decision_maker"),
        ("Assistant Vice President and Director of Athletics", "Athletic Director", "VP", "decision_maker"),
        ("VP for Intercollegiate Athletics", "Athletic Director", "VP", "decision_maker"),
        ("Associate AD, Facilities & Operations", "Facilities Director", "Director", "influencer"),
        ("Assoc. Athletic Director for Compliance", "Other", "Director", "influencer"),
        ("Assoc. VP, Facilities Services", "Facilities Director", "VP", "influencer"),
        ("Vice President for Finance & CFO", "CFO", "C-Suite", "decision_maker"),
        ("VP for Business and Finance", "CFO", "VP", "decision_maker"),
        ("Chief Financial Officer", "CFO", "C-Suite", "decision_maker"),
        ("Head Football Coach", "Other", "Director", "influencer"),
        ("Dir. of Quality Engineering", "QA Director", "Director", "decision_maker"),
        ("VP, Quality Assurance", "QA Director", "VP", "decision_maker"),
        ("Sr. Manager, Software Quality", "QA Manager", "Manager", "influencer"),
        ("QA Lead", "QA Manager", "Manager", "influencer"),
        ("VP Eng", "VP Eng", "VP", "decision_maker"),
        ("Head of Engineering", "VP Eng", "Director", "decision_maker"),
        ("CTO", "VP Eng", "C-Suite", "decision_maker"),
        ("Staff SDET", "SDET", "IC", "influencer"),
        ("Principal Engineer in Test", "SDET", "IC", "influencer"),
        ("Test Automation Lead", "SDET", "Manager", "influencer"),
        ("Ath. Dir. / Head Coach", "Athletic Director", "Director", "decision_maker"),
        ("Athleitc Directr", "Athletic Director", "Director", "decision_maker"),
        ("Retired Athletic Director", "Other", None, "unknown"),
        ("Stadium and Turf Manager", "Facilities Director", "Manager", "influencer"),
        ("Director of Operations and Maintenance", "Facilities Director", "Director", "influencer"),
        ("Chief School Business Official", "CFO", "C-Suite", "decision_maker"),
        ("Leiterin Qualitätssicherung", "QA Director", "Director", "decision_maker"),
        ("Gerente de Calidad", "QA Manager", "Manager", "influencer"),
        ("Directeur financier", "CFO", "Director", "decision_maker"),
    ],
)
def test_known_titles(title: str, persona: str, seniority: str | None, role: str) -> None:
    found = classify(title)
    assert found is not None
    assert (found.persona_type, found.seniority_level, found.role) == (persona, seniority, role)


@pytest.mark.parametrize(
    "title",
    ["Director of Quality, Food Safety", "Sports Information Director of Nothing at Large", "Bursar", "", None],
)
def test_titles_that_nobody_should_guess(title: str | None) -> None:
    found = classify(title)
    assert found is None or found.persona_type == "Other"


def test_keys_and_seniority() -> None:
    assert title_key("Sr. V.P., Eng. & Ops") == "senior vice president engineering and operations"
    assert title_key("Ingénieur qualité") == "engineer quality assurance"
    # Words that are one letter away and words of their own.
    assert title_key("Managers' directory") == "managers directory"
    assert seniority_of("Vice President, Adviser to the CEO") == "VP"
    assert seniority_of("Assistant to the President") == "IC"
    assert [seniority_of(t) for t in ("Athletic Secretary", "CFO and Secretary", "Corporate Secretary")] == [
        "IC",
        "C-Suite",
        None,
    ]
    assert seniority_of("Founder & CEO") == "C-Suite"
    assert seniority_of("Wizard") is None
