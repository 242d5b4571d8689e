"""Signals in sentences, and the sentences that only look so."""

from datetime import date

import pytest

from playbooks.feeds import SignalWords, load_signal_words
from tools.signals import Article, FoundSignal, Note, read_article
from tools.signals.news import news_sentences

QA, LIGHTING = load_signal_words("qa-software"), load_signal_words("sports-lighting")


def types(text: str, whose: str = "Acme Robotics") -> set[str]:
    words = QA if whose == "Acme Robotics" else LIGHTING
    return {one.type for one in read_article(Article(text, whose), words) if isinstance(one, FoundSignal)}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Acme Robotics raised $12.5 million in Series A funding led by North Bay.", "funding"),
        ("Acme Robotics has secured €8 million from investors to grow its team.", "funding"),
        ("Acme Robotics appointed Lee Park as chief technology officer.", "leadership_change"),
        ("Lee Park joins Acme Robotics as VP of Engineering.", "leadership_change"),
        ("Acme Robotics CTO Sam Ortiz has stepped down.", "leadership_change"),
        ("The company unveiled version 3.0 of its platform.", "product_launch"),
        ("Acme Robotics is evaluating Tricentis and mabl.", "competitor_eval"),
        ("Acme Robotics moved from Sauce Labs to an in-house grid.", "competitor_eval"),
        ("Acme Robotics is looking for a test automation platform.", "buyer_intent"),
        ("Acme Robotics issued an RFP for QA services.", "buyer_intent"),
    ],
)
def test_signals_of_a_software_company(text: str, kind: str) -> None:
    assert types(text) == {kind}


@pytest.mark.parametrize(
    "text",
    [
        "Acme Robotics has no plans to raise a Series B.",
        "If Acme Robotics raises a Series B, it will hire.",
        "Acme Robotics could raise $50 million, sources said.",
        "Acme Robotics is in talks to raise $50 million.",
        "Acme Robotics did not raise $30 million in Series C, the company said.",
        "Acme Robotics denied reports that it raised $20 million.",
        "Acme Robotics' Series B fell through.",
        "Will Acme Robotics raise a Series B?",
        "Acme Robotics raised its full-year guidance to $40 million.",
        "Acme Robotics raised $5,000 for a local food bank.",
        "Its rival Globex raised $30 million in Series C.",
        "Acme Robotics is looking for a new CTO.",
        "Lee Park, CTO of Acme Robotics, joined a panel on AI.",
        "Former Acme Robotics engineer Lee Park joins Globex as CTO.",
        "Acme Robotics launched an investigation into the breach.",
        "Acme Robotics plans to launch a new app next year.",
        "Acme Robotics decided against evaluating BrowserStack.",
        "Acme Robotics does not need a testing tool.",
    ],
)
def test_what_only_looks_like_a_signal(text: str) -> None:
    assert types(text) == set()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Voters approved a $24 million bond issue for the Mason district.", "funding"),
        ("The bond issue was defeated by voters.", None),
        ("Kenyon College named Jo Hill director of athletics.", "leadership_change"),
        ("Jo Hill was named athletic director of the year.", None),
        ("The board approved new lights for the football stadium.", "buyer_intent"),
        ("The board voted against new stadium lights.", None),
        ("The college has no plans to replace the lights at the stadium.", None),
        ("Kenyon College broke ground on a new athletic complex.", "product_launch"),
        ("Kenyon College considered a proposal from Musco.", "competitor_eval"),
    ],
)
def test_signals_of_a_college(text: str, kind: str | None) -> None:
    assert types(text, "Kenyon College") == ({kind} if kind else set())


def test_the_sentence_is_the_evidence_and_a_denial_says_why() -> None:
    article = Article(
        "Globex grew fast. Acme Robotics closed a Series C. Globex did not.\nAcme Robotics has no plans to raise "
        "$9 million.",
        "Acme Robotics",
        published=date(2026, 9, 1),
        url="https://news.example/1",
    )
    found = [one for one in read_article(article, QA) if isinstance(one, FoundSignal)]
    assert [one.evidence for one in found] == ["Acme Robotics closed a Series C."]
    assert found[0].source_url == "https://news.example/1"
    assert found[0].expires_on(QA) == date(2027, 2, 28)
    (note,) = [one for one in read_article(article, QA) if isinstance(one, Note)]
    assert note.reason == "funding: 'no' denies it"


def test_old_news_is_dated_by_the_year_that_it_names() -> None:
    article = Article(
        "In 2019 Acme Robotics raised $20 million from investors.", "Acme Robotics", published=date(2026, 9, 1)
    )
    (found,) = (one for one in read_article(article, QA) if isinstance(one, FoundSignal))
    assert found.seen_on == date(2019, 12, 31)
    assert found.as_json(QA, date(2026, 9, 1))["expired"] is True


def test_without_an_organisation_the_sentence_names_it() -> None:
    (found,) = read_article(Article("On Monday, Globex raised $20 million from investors."), QA)
    assert isinstance(found, FoundSignal)
    assert found.organisation == "Globex"


def test_sentences() -> None:
    assert list(
        news_sentences("Dr. Hill of St. Olaf raised it. Then Acme Inc. closed a Series B. New line\n\n- Item one")
    ) == [
        "Dr. Hill of St. Olaf raised it.",
        "Then Acme Inc. closed a Series B.",
        "New line",
        "- Item one",
    ]


@pytest.mark.parametrize(
    ("playbook", "text", "types"),
    [
        ("qa-software", "Investors poured another 30 million euros into Acme Robotics.", {"funding"}),
        ("qa-software", "The seed round, worth £2.5m, will help Acme Robotics hire engineers.", {"funding"}),
        ("qa-software", "Acme Robotics secures $8M to fix warehouse scheduling", {"funding"}),
        ("qa-software", "Acme Robotics won a $12 million contract with the city.", set()),
        ("qa-software", "Acme Robotics unveiled Acme Flow, a workflow builder for adjusters.", {"product_launch"}),
        ("qa-software", "Acme Robotics launched a hiring drive.", set()),
        ("qa-software", "Acme Robotics is weighing Tricentis Tosca against Katalon.", {"competitor_eval"}),
        ("qa-software", "Acme Robotics is looking for a partner to take over testing of its portal.", {"buyer_intent"}),
        ("qa-software", "Acme Robotics is looking for interns.", set()),
        ("qa-software", "Acme Robotics is recruiting a senior QA automation engineer.", {"qa_job_posting"}),
        ("qa-software", "Globex named Lee Park CTO.", set()),
        ("qa-software", "CEO Dana Fox named Lee Park CTO.", {"leadership_change"}),
        (
            "sports-lighting",
            "Trustees approved $3.2 million for LED lights and turf at Ennis Field.",
            {"buyer_intent"},
        ),
        ("sports-lighting", "Acme Robotics is considering a switch from Musco.", {"competitor_eval"}),
    ],
)
def test_what_is_said_in_other_words(playbook: str, text: str, types: set[str]) -> None:
    read = read_article(Article(text, "Acme Robotics"), load_signal_words(playbook))
    assert {one.type for one in read if isinstance(one, FoundSignal)} == types


def test_news_of_the_last_day_there_is() -> None:
    found = read_article(Article("Acme raised $12 million in a Series A.", "Acme", published=date.max), QA)
    assert [one.expires_on(QA) for one in found if isinstance(one, FoundSignal)] == [date.max]


@pytest.mark.parametrize("words", [QA, LIGHTING], ids=["software", "sports"])
@pytest.mark.parametrize("letter", ["9", "$9", "9.", "a ", "Series A "])
def test_a_text_of_one_letter_ends(words: SignalWords, letter: str) -> None:
    """Where the cost grows with the square of the text, digits alone take four minutes here, beyond the time limit."""
    assert read_article(Article(letter * (100_000 // len(letter)), "Acme Robotics"), words) == []
