"""One message on the screen: within the terminal, nothing hidden, nothing approved unseen."""

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from db.queries.reading import Cited, Touch, Version, Waiting
from outreach.screens.changes import changes
from outreach.screens.inbox import Page, View, pages, show_page
from playbooks import load_playbook
from tools.scoring import Part

BODY = "Hi Dana,\n\n" + "The lights at the field are old, and the poles older still. " * 6 + "\n\nBest,\nSam"
ITEM = Waiting(
    draft_id="d" * 32,
    version=2,
    content_hash="0" * 64,
    channel="email",
    touch_number=2,
    recipient="dana@college.example",
    subject="Lights",
    body=BODY,
    person="Dana Reyes",
    first_name="Dana",
    title="Athletic Director",
    organisation="Kenyon College",
    place="Gambier, OH",
    playbook="sports-lighting",
    tier="A1",
    score=80,
    sequence_id=None,
    starts_sequence=True,
    qc_passed=True,
    qc_flags=[
        {
            "rule": "style.spam",
            "severity": "warn",
            "message": "A spam filter knows these words.",
            "fix": "Say it in other words.",
            "field": "body",
            "text": "older still",
            "start": BODY.index("older still"),
        }
    ],
    facts=[
        Cited("The field is lit.", "Lights: yes", "The college's page", ("The lights are old.",)),
        Cited("It seats 900.", "Capacity: 900", "A list"),
    ],
    history=[{"version": 1, "author": "agent:x", "reason": "draft", "note": None}],
    note="Shorter now.",
    touches=4,
    earlier=[Touch(datetime(2026, 3, 2, tzinfo=UTC), "email", 1, "The field", None)],
    previous=Version(1, "agent:x", "Lights", BODY + "\n\nOne more thing."),
    came_back="The approval of 2026-03-01 lapsed.",
)
REASONS = [Part("geography", 9, 10, 4, "The state is OH."), Part("budget_signals", 2, 10, 1, "Small.")]


def view(**values: Any) -> View:
    return View(replace(ITEM, **values), load_playbook("sports-lighting").sender, "3 of 40", REASONS)


def console(height: int, *, terminal: bool = True) -> Console:
    return Console(file=StringIO(), width=80, height=height, force_terminal=terminal, no_color=True, highlight=False)


def printed(found: list[Page], on: Console) -> str:
    for page in found:
        show_page(on, page)
    assert isinstance(on.file, StringIO)
    return on.file.getvalue()


def test_all_that_a_decision_needs_is_there() -> None:
    on = console(24, terminal=False)
    found = pages(on, view())
    assert len(found) == 1
    text = printed(found, on)
    for part in (
        "3 of 40",
        "tier A1, score 80",
        "touch 2 of 4 by email",
        "version 2",
        "Dana Reyes, Athletic Director",
        "It waits again: The approval of 2026-03-01 lapsed.",
        "This version: Shorter now.",
        "To:      Dana Reyes <dana@college.example>",
        "Leaves:  by hand",
        "Subject: Lights",
        "QC passed, 1 warning",
        "→ Say it in other words.",
        "body: …",
        "poles »older still«. The",
        "Changed since version 1",
        " - One more thing.",
        "9/10  geography: The state is OH.",
        "“Lights: yes”  — The college's page",
        "2026-03-02  touch 1 by email: The field",
        "1 further fact is known",
        "starts the A1 sequence",
    ):
        assert part in text, part
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("height", [24, 30, 60])
def test_each_page_leaves_a_line_for_the_prompt(height: int) -> None:
    for found in (pages(console(height), view()), pages(console(height), view(), more=True)):
        assert all(1 <= len(page.lines) <= height - 1 for page in found)
    assert pages(console(24), view())[0].must
    assert not any(page.must for page in pages(console(24), view(), more=True))


def test_a_long_message_is_shown_to_its_end_before_it_may_be_approved() -> None:
    found = pages(console(24), view(body="\n".join(f"Line {n}." for n in range(60))))
    last = max(n for n, page in enumerate(found) if page.must)
    shown = "\n".join(line.plain for page in found[: last + 1] for line in page.lines)
    assert all(f"│ Line {n}.\n" in shown for n in range(60))
    assert "QC passed" in shown


def test_more_shows_what_was_left_out() -> None:
    on = console(24, terminal=False)
    text = printed(pages(on, view(), more=True), on)
    for part in ("It seats 900.", "says it: The lights are old.", "budget signals", "1  draft, by the drafting agent"):
        assert part in text


def test_hidden_characters_are_written_out_wherever_they_come_from() -> None:
    bad = "a\u202eb\x1b[2J"
    on = console(24, terminal=False)
    flags = [{**ITEM.qc_flags[0], "text": bad, "message": bad, "fix": bad}]
    facts = [Cited(bad, bad, bad, (bad,))]
    hostile = view(
        body=bad,
        subject=bad,
        person=bad,
        title=bad,
        organisation=bad,
        place=bad,
        recipient=bad,
        qc_flags=flags,
        facts=facts,
        note=bad,
        came_back=bad,
        earlier=[Touch(datetime(2026, 3, 2, tzinfo=UTC), "email", 1, bad, None)],
        previous=Version(1, "agent:x", bad, f"{bad} before"),
        hypothesis=bad,
    )
    text = printed([*pages(on, hostile), *pages(on, hostile, more=True)], on)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("<U+202E>") > 15


def test_a_flag_whose_words_are_gone_still_says_which() -> None:
    on = console(24, terminal=False)
    flags = [{**ITEM.qc_flags[0], "text": "free of charge", "start": 3}]
    assert "»free of charge«" in printed(pages(on, view(qc_flags=flags)), on)


def test_changes_are_told_by_the_sentence() -> None:
    before = ("Lights", "Hi Dana,\n\nThe field is old. It is lit. Is that so?")
    after = ("Lights", "Hi Dana,\n\nThe field is old. It is well lit. Is that so?")
    assert changes(before, after) == [
        (" ", "(3 sentences the same)"),
        ("-", "It is lit."),
        ("+", "It is well lit."),
        (" ", "(1 sentence the same)"),
    ]
    assert changes(before, before) == []
    assert changes(before, ("The lights", before[1]))[:2] == [("-", "Subject: Lights"), ("+", "Subject: The lights")]
