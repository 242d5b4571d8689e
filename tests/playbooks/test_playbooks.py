"""Playbooks: the shipped ones hold together, and a broken one is refused in a sentence that says where."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from playbooks import (
    Playbook,
    PlaybookInvalid,
    PlaybookNotFound,
    load_playbook,
    loader,
    playbook_names,
    sender_addresses,
    sound_playbook,
)
from playbooks.model import NoNeed

SHIPPED = playbook_names()


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Playbook]:
    """Loads the shipped QA playbook with one thing changed."""
    monkeypatch.setattr(loader, "FOLDER", tmp_path)

    def load(old: str, new: str) -> Playbook:
        text = (Path(loader.__file__).parent / "qa-software" / "playbook.toml").read_text(encoding="utf-8")
        assert text.count(old) >= 1
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "playbook.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
        return load_playbook("mine")

    return load


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("A2 = 70", "A2 = 90", "tiers must fall from A1 to D"),
        ("D = 0", "D = 5", "D must start at 0"),
        ("C = 40\n", "", "none left out"),
        ('id = "pain-cause"', 'id = "pain-plain"', "two statements have the same id: pain-plain"),
        ('answers = ["pain-plain"]', 'answers = ["pain-nowhere"]', "do not exist: pain-nowhere"),
        ("qa_leaders = 14", "ceos = 14", "the mix names shares that do not exist: ceos"),
        ("qa_leaders = 14", "qa_leaders = 0", "at least one person"),
        ('kind = "pain"', 'kind = "joke"', "statements.0.kind"),
        ("qc_revisions = 2", "qc_revisions = 9", "limits.qc_revisions"),
        ("qc_revisions = 2", "qc_revision = 2", "limits.qc_revisions"),
        ('channel = "email"', 'channel = "fax"', "message.channel"),
        ('formula = "contact"', 'formula = "magic"', "scoring"),
        ("[sender]", "[sender", "not valid TOML"),
    ],
)
def test_a_broken_playbook_is_refused_readably(
    broken: Callable[[str, str], Playbook], old: str, new: str, says: str
) -> None:
    with pytest.raises(PlaybookInvalid) as caught:
        broken(old, new)
    message = str(caught.value)
    assert says in message
    assert "playbook.toml of 'mine'" in message
    assert "\n" not in message


def test_an_unknown_playbook_is_told_which_exist() -> None:
    with pytest.raises(PlaybookNotFound, match=", ".join(playbook_names())):
        load_playbook("../db")


@pytest.mark.parametrize("name", SHIPPED)
def test_there_is_something_to_say_to_everybody_who_is_written_to(name: str) -> None:
    """A pain and two offers that answer it, a question that pushes and one that does not: for each persona."""
    playbook = load_playbook(name)
    venues = ("college_d1", "college_naia", "high_school_4a") if name == "sports-lighting" else (None,)
    for persona in playbook.contact_personas:
        for venue in venues:
            pains = playbook.statements_of("pain", persona, venue)
            values = playbook.statements_of("value", persona, venue)
            asks = playbook.statements_of("ask", persona, venue)
            assert len(pains) >= 3, (persona, venue)
            for pain in pains:
                assert [v for v in values if pain.id in v.answers], (persona, pain.id)
            assert [v for v in values if not v.answers], persona
            assert {a.soft for a in asks} == {True, False}


@pytest.mark.parametrize("name", SHIPPED)
def test_statements_are_fit_to_be_said(name: str) -> None:
    playbook = load_playbook(name)
    for statement in playbook.statements:
        assert statement.basis.strip()
        assert "!" not in statement.text
        assert (statement.kind == "ask") == statement.text.endswith("?"), statement.id
        assert not [p for p in playbook.message.forbidden_phrases if p.lower() in statement.text.lower()]
        assert not set(statement.for_personas) - set(playbook.contact_personas), statement.id


@pytest.mark.parametrize("name", SHIPPED)
def test_every_tier_that_is_drafted_has_a_first_touch(name: str) -> None:
    playbook = load_playbook(name)
    for tier in playbook.draft_tiers:
        edition = playbook.edition_for(tier, 1)
        assert edition is not None
        assert "{{trigger_observation}}" in edition.body
    assert playbook.edition_for("D", 1) is None


def test_tiers_and_scores() -> None:
    playbook = load_playbook("qa-software")
    assert [playbook.tier_of(n) for n in (100, 80, 79, 70, 55, 40, 39, 0)] == [
        *("A1", "A1", "A2", "A2", "B", "C", "D", "D"),
    ]


def test_a_playbook_has_no_name_but_its_folders(broken: Callable[[str, str], Playbook]) -> None:
    with pytest.raises(PlaybookInvalid, match="called by the name of its folder"):
        broken('title = "QA', 'name = "other"\ntitle = "QA')


def test_a_pattern_of_no_need_that_is_none() -> None:
    with pytest.raises(ValidationError, match="no regular expression"):
        NoNeed(fact_words=["("], reason="x")


@pytest.mark.parametrize("more", ["statements = 1", 'editions = "x"'])
def test_sequences_that_are_no_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str) -> None:
    shipped = (Path(loader.__file__).parent / "qa-software" / "playbook.toml").read_text(encoding="utf-8")
    monkeypatch.setattr(loader, "FOLDER", tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "playbook.toml").write_text(shipped, encoding="utf-8")
    (tmp_path / "mine" / "sequences.toml").write_text(more, encoding="utf-8")
    with pytest.raises(PlaybookInvalid, match="no list of tables"):
        loader.read_playbook(tmp_path / "mine")


def test_a_nul_that_is_spelt_out_is_refused(broken: Callable[[str, str], Playbook]) -> None:
    with pytest.raises(PlaybookInvalid, match="has a NUL"):
        broken('title = "QA', 'title = "\\u0000QA')


def test_a_broken_one_is_told_of_once_and_the_others_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "playbook.toml").write_text("title = ", encoding="utf-8")
    monkeypatch.setattr(loader, "_own", [tmp_path])
    with capture_logs() as told:
        assert [sound_playbook(name) for name in ("torn", "torn", "gone for good")] == [None, None, None]
        assert sound_playbook("qa-software") == load_playbook("qa-software")
    assert [line["playbook"] for line in told] == ["torn", "gone for good"]
    assert "playbook.toml of 'torn' is not valid TOML" in told[0]["why"]
    assert "outreach playbook check torn" in told[0]["to_do"]


def test_whose_address_we_write_from_is_known_of_a_broken_playbook_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a copy of our own message would be taken for an answer while the playbook is mended."""
    (tmp_path / "torn").mkdir()
    torn = 'title = \n[sender]\nname = "Ada"\n  email = "Ada@Torn.example"\n[[touches]]\nchannel = "email"\n'
    (tmp_path / "torn" / "playbook.toml").write_text(torn, encoding="utf-8")
    monkeypatch.setattr(loader, "_own", [tmp_path])
    shipped = [load_playbook(name).sender.email for name in SHIPPED]
    assert sender_addresses() == [*shipped, "ada@torn.example"]
