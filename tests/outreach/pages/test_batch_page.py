"""The page of a batch: what a person may copy is what was approved, and nothing in it is alive."""

import re
import shutil
import subprocess
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.columns import Base
from db.models import Contact, Experiment, MessageDraft, OutreachSequence, Suppression
from db.queries.batches import BatchNotFound, find_batch
from outreach.console import visible
from outreach.pages.batch import MOST_TEXT, batch_page
from outreach.pages.batch_data import BatchData, read_batch
from outreach.pages.render import TEMPLATES
from tests.outreach.pages.conftest import Reading
from tests.support.batches import BODY, HOSTILE, draft_in, fill_batch, fill_hostile, join, make_batch
from tests.support.mail import SENDER, SENT_AT
from tests.support.rows import make_contact
from tools.outbox import mark_sent

CHROMIUM = shutil.which("chromium")


def person(page: Any, place: int) -> Any:
    (found,) = page.xpath(f"//li[@id='p{place}']")
    return found


def test_people_messages_and_research(reading: Reading) -> None:
    ids, text = reading(fill_batch, "3", batch_page)
    page = html.fromstring(text)
    names = [" ".join(one.text_content().split()) for one in page.xpath("//li/header/h3")]
    assert names == ["1. Dana Reyes", "2. Wanda Waits", "3. Sil Ent", "4. Noa Barred"]
    first = person(page, 1)
    said = " ".join(first.text_content().split())
    for words in (
        "Athletic Director, Elm College", "Akron, OH · America/New_York", "Tier A1", "Score 81", "Group A",
        "funding: A bond passed (2026-02-20", "Elm Field was lit in 1994.", "The News, 2025-09-01", "Our guess: Old.",
        "No money.", "Answer: A study costs none.", "touch 2 by email on 2026-03-09", "Known besides (1)",
    ):  # fmt: skip
        assert words in said
    assert "Elm Field" in first.find_class("cited")[0].text_content()
    assert "America/Denver" in person(page, 2).text_content()
    assert "No message is written for this person yet." in person(page, 3).text_content()
    summary = " ".join(page.find("body/main/dl").text_content().split())
    for words in ("1 of 2 messages", "athletic directors 3, cfos 1", "career_reference against", "A: 2, B: 2"):
        assert words in summary
    assert page.find_class("brief")[0].text_content().count("\n") == 4
    assert ids["ready"][:8] in said


def test_about_whom_nothing_was_found_is_told_so(reading: Reading) -> None:
    def fill(session: Session) -> dict[str, str]:
        ids = fill_batch(session)
        session.scalars(select(Contact).where(Contact.first_name == "Sil")).one().prospect.status = "nurture"
        return ids

    _ids, text = reading(fill, "3", batch_page)
    page = html.fromstring(text)
    assert "Nothing to write about was found: this person gets no message." in person(page, 3).text_content()
    assert "1 person; for 1 of them research found nothing to write about" in page.find("body/main/dl").text_content()


def test_only_what_is_approved_can_be_copied_and_it_is_what_was_approved(reading: Reading) -> None:
    ids, text = reading(fill_batch, "3", batch_page)
    page = html.fromstring(text)
    bodies = {one.get("data-draft"): one.text_content() for one in page.find_class("text")}
    assert bodies == {ids["ready"]: BODY, ids["waiting"]: BODY}
    assert [one.text_content() for one in page.xpath("//*[@data-part='subject']")] == ["Field lighting"] * 2
    first, second = person(page, 1), person(page, 2)
    copied = [one.get("data-copy") for one in first.iter("button")]
    assert copied == [f"b{ids['ready']}", f"s{ids['ready']}"]
    assert [page.get_element_by_id(one).text_content() for one in copied] == [BODY, "Field lighting"]
    assert not list(second.iter("button"))
    assert "body=" not in html.tostring(second, encoding="unicode")
    assert second.find_class("state")[0].text_content() == "Waits for approval"
    assert not second.find_class("may-leave")
    assert list(page.iter("button")) == list(first.iter("button"))


def test_who_must_not_be_contacted_is_struck_out_and_nothing_more(reading: Reading) -> None:
    ids, text = reading(fill_batch, "3", batch_page)
    barred = person(html.fromstring(text), 4)
    assert " ".join(barred.text_content().split()) == "4. Noa Barred Do not contact asked us to stop"
    assert barred.findtext(".//s/bdi") == "Noa Barred"
    assert not barred.xpath(".//a | .//button | .//section")
    assert ids["barred"] not in text
    assert "5550103" not in text


def test_suppressed_and_deleted_people_have_no_message_either(reading: Reading) -> None:
    def fill(session: Session) -> None:
        ids = fill_batch(session)
        waits = session.get_one(MessageDraft, ids["waiting"]).contact
        session.add(Suppression(kind="domain", value="college.example", reason="asked", source="test"))
        waits.email = "w@other.example"
        waits.deleted_at = datetime.now(UTC)

    _, text = reading(fill, "3", batch_page)
    page = html.fromstring(text)
    assert "domain is suppressed" in person(page, 1).text_content()
    assert "This person was deleted." in person(page, 2).text_content()
    assert "Wanda" not in text
    assert not page.find_class("message")


def test_an_approval_that_does_not_hold_any_more_is_not_shown_as_one(reading: Reading) -> None:
    def fill(session: Session) -> str:
        ids = fill_batch(session)
        draft = session.get_one(MessageDraft, ids["ready"])
        draft.contact.email = "another@college.example"
        return draft.id

    draft_id, text = reading(fill, "3", batch_page)
    page = html.fromstring(text)
    first = person(page, 1)
    assert "Waits for approval" in first.text_content()
    assert "has changed since it was approved" in first.text_content()
    assert not list(first.iter("button"))
    assert draft_id[:8] in first.text_content()


def test_a_paused_sequence_holds_its_approved_message(reading: Reading) -> None:
    def fill(session: Session) -> None:
        batch = make_batch(session)
        contact = make_contact(session)
        join(session, batch, contact, 1)
        sequence = OutreachSequence(
            prospect_id=contact.prospect_id, contact_id=contact.id, template_id="t", tier="A1", total_steps=2
        )
        session.add(sequence)
        session.flush()
        draft_in(session, batch, contact, approved=True, sequence_id=sequence.id)
        sequence.status = "paused"

    _, text = reading(fill, "3", batch_page)
    page = html.fromstring(text)
    assert page.find_class("state")[0].text_content() == "On hold"
    assert "is paused" in page.text_content()
    assert not list(page.iter("button"))


def test_hostile_text_is_inert(reading: Reading) -> None:
    draft_id, text = reading(fill_hostile, "4", batch_page)
    page = html.fromstring(text)
    assert len(page.xpath("//script")) == 1
    assert not page.xpath("//img | //iframe | //object | //embed | //base | //@onerror | //@onclick | //@style")
    assert [one.get("href") for one in page.iter("a")] == ["#people"]
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert visible(HOSTILE) in person(page, 1).text_content()
    assert "{{7*7}}" in person(page, 1).text_content()
    body = page.get_element_by_id(f"b{draft_id}").text_content()
    assert body == "Hi,\n<script>document.title='got out'</script></div></section>&amp;<b>bold</b>"
    assert not list(page.iter("button")), "its subject has characters that cannot be seen"
    assert "characters that cannot be seen" in person(page, 1).text_content()
    assert "more characters)" in person(page, 1).text_content()
    assert len(text) < 150_000


def test_a_text_without_end_is_cut_and_not_to_be_copied(reading: Reading) -> None:
    def fill(session: Session) -> None:
        batch = make_batch(session)
        contact = make_contact(session)
        join(session, batch, contact, 1)
        draft_in(session, batch, contact, approved=True, body="long " * MOST_TEXT)

    _, text = reading(fill, "3", batch_page)
    page = html.fromstring(text)
    assert len(page.find_class("text")[0].text_content()) < MOST_TEXT + 50
    assert not list(page.iter("button"))


def test_the_page_asks_nobody_for_anything(reading: Reading) -> None:
    _, text = reading(fill_batch, "3", batch_page)
    page = html.fromstring(text)
    assert [one.get("href") for one in page.iter("link")] == ["data:,"]
    assert not page.xpath("//@src | //@srcset | //@poster | //@action | //@ping")
    for link in page.xpath("//a[not(starts-with(@href, '#'))]"):
        assert re.match(r"https?://|mailto:|tel:", link.get("href"))
        assert link.get("href").startswith("mailto:") or "noreferrer" in link.get("rel")
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "url(" not in text
    assert "@import" not in text


def test_no_row_of_the_database_reaches_the_template(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would outlive their session in the template's cycles, which crashed the interpreter at its end."""

    def rows(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [row for one in value.values() for row in rows(one)]
        if isinstance(value, list | tuple | set):
            return [row for one in value for row in rows(one)]
        return [value] if isinstance(value, Base | BatchData) else []

    monkeypatch.setattr("outreach.pages.batch.render", lambda _name, **values: rows(values))
    _, found = reading(fill_batch, "3", batch_page)
    assert found == []


def test_nobody_in_it(reading: Reading) -> None:
    _, text = reading(lambda s: make_batch(s, created_date=None, status=None) and None, "3", batch_page)
    assert "Nobody is in this batch." in text
    assert "<form" not in text


def test_sent_messages_say_when_and_are_not_copied_again(reading: Reading) -> None:
    def fill(session: Session) -> None:
        batch = make_batch(session)
        contact = make_contact(session)
        join(session, batch, contact, 1)
        draft = draft_in(session, batch, contact, approved=True)
        mark_sent(session, draft.id, SENT_AT, "user:test", SENDER)

    _, text = reading(fill, "3", batch_page)
    page = html.fromstring(text)
    assert page.find_class("state")[0].text_content() == f"Sent on {SENT_AT.date()}"
    assert not list(page.iter("button"))


@pytest.mark.parametrize("status", ["active", "completed"])
def test_what_came_of_it_is_counted_as_the_page_is_written(reading: Reading, status: str) -> None:
    """In words, as of then; the groups' results stay away while their experiment runs."""

    def fill(session: Session) -> None:
        batch = make_batch(session, ab_variable="opener_style")
        contact = make_contact(session)
        join(session, batch, contact, 1, group="A")
        draft = draft_in(session, batch, contact, approved=True)
        mark_sent(session, draft.id, SENT_AT, "user:test", SENDER)
        session.add(
            Experiment(
                name="Openers", variable="opener_style", group_a_desc="a", status=status, batches_included=[batch.id]
            )
        )

    _, text = reading(fill, "3", batch_page)
    said = " ".join(html.fromstring(text).text_content().split())
    for words in ("Written to1 of 1 person", "Replied0/1: too few to say", "1 in 1 day; 1 e-mail delivered, 0 bounced"):
        assert words in said
    running = status == "active"
    assert f"Experiment Openers ({status}); Group A: a" in said
    assert ("By group, in people" in said) is not running
    assert ("not shown while the experiment runs" in said) is running


def test_a_batch_that_is_not_there(reading: Reading) -> None:
    for told in ("9", "", "x", "abcdef"):
        with pytest.raises(BatchNotFound):
            reading(lambda _s: None, told, batch_page)


def test_a_batch_by_the_beginning_of_its_id(reading: Reading) -> None:
    def fill(session: Session) -> None:
        batch = make_batch(session)
        assert find_batch(session, batch.id[:8]).id == batch.id

    reading(fill, "3", batch_page)


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_pair_of_colours_can_be_read() -> None:
    style = (TEMPLATES / "page.css").read_text("utf-8")
    themes = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for part in re.findall(r":root \{(.*?)\}", style, re.S)
    ]
    assert len(themes) == 3
    for theme in themes:
        for ink, paper in (
            ("ink", "paper"), ("soft", "paper"), ("link", "paper"), ("ink", "sheet"), ("soft", "sheet"),
            ("good", "good-back"), ("wait", "wait-back"), ("stop", "stop-back"), ("ink", "track"),
        ):  # fmt: skip
            assert _contrast(theme[ink], theme[paper]) >= 4.5, (ink, paper)
        assert _contrast(theme["bar"], theme["track"]) >= 3 or _contrast(theme["bar"], theme["paper"]) >= 3
    names = set(re.findall(r"var\(--([\w-]+)\)", style))
    assert all(names <= set(theme) for theme in themes)


def test_headings_go_down_by_one(reading: Reading) -> None:
    _, text = reading(fill_batch, "3", batch_page)
    levels = [int(one.tag[1]) for one in html.fromstring(text).xpath("//h1 | //h2 | //h3 | //h4")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_browser_runs_nothing_foreign(sqlite_url: str, tmp_path: Path) -> None:
    with Database(sqlite_url, "user") as database, acting_as("user:test"):
        database.write_sync(fill_hostile)
        database.write_sync(fill_batch)
        for told in ("3", "4"):
            text = database.read_sync(lambda s, told=told: batch_page(read_batch(s, find_batch(s, told))))  # type: ignore[misc]
            (tmp_path / "page.html").write_text(text, "utf-8")
            assert CHROMIUM is not None
            done = subprocess.run(
                [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / told}",
                 "--dump-dom", (tmp_path / "page.html").as_uri()],
                capture_output=True, text=True, timeout=120, check=True,
            )  # fmt: skip
            page = html.fromstring(done.stdout)
            assert page.findtext("head/title") == f"Batch {told}"
            shown = [one.get("hidden") for one in page.iter("button")]
            assert shown == [None] * len(shown)
            if told == "3":
                assert page.findtext(".//output") == "4 of 4 people"
