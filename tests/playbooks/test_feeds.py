"""The words of bids and signals load, and a mistake in them is named."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from playbooks import load_playbook, loader, playbook_names
from playbooks.feeds import (
    BidWords,
    SignalWords,
    TenderPattern,
    Unwanted,
    load_bid_words,
    load_signal_words,
    playbooks_with,
)
from playbooks.loader import PlaybookInvalid, PlaybookNotFound


def test_every_playbook_has_both() -> None:
    assert playbooks_with("bids.toml") == playbooks_with("signals.toml") == playbook_names()
    for name in playbooks_with("bids.toml"):
        assert load_bid_words(name).wanted
        assert load_signal_words(name).news


def test_a_playbook_that_is_not_there() -> None:
    with pytest.raises(PlaybookNotFound, match="There is no playbook 'bees'"):
        load_bid_words("bees")


def test_mistakes_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "playbook.toml").touch()
    monkeypatch.setattr(loader, "FOLDER", tmp_path)
    with pytest.raises(PlaybookNotFound, match=r"has no bids\.toml"):
        load_bid_words("mine")
    (folder / "bids.toml").write_text("relevant_from = ")
    with pytest.raises(PlaybookInvalid, match="not valid TOML"):
        load_bid_words("mine")
    (folder / "bids.toml").write_text("relevant_from = 60")
    with pytest.raises(PlaybookInvalid, match="doubtful_from"):
        load_bid_words("mine")


def test_rules_of_the_words() -> None:
    match = {"match_from": 0.5, "review_from": 0.8, "place_counts": True}
    with pytest.raises(ValidationError, match="review_from must not be above"):
        BidWords.model_validate({"relevant_from": 60, "doubtful_from": 30, "wanted": [], "match": match})
    with pytest.raises(ValidationError, match="give either pattern or near"):
        TenderPattern(says="x", title=1, text=1)
    with pytest.raises(ValidationError, match="no regular expression"):
        Unwanted(says="x", pattern="(")
    with pytest.raises(ValidationError, match="expires_days lacks funding"):
        SignalWords.model_validate({"expires_days": {}, "news": [{"type": "funding", "patterns": ["x"]}]})


@pytest.mark.parametrize("pattern", ["(?:a){99999999999999999999}", "(" * 5000, "a" * 30_000])
def test_a_pattern_beyond_bounds_is_refused_in_words(pattern: str) -> None:
    with pytest.raises(ValidationError, match=r"regular expression|more than 20,000"):
        Unwanted(says="x", pattern=pattern)


@pytest.mark.parametrize("given", [{"terms": 1}, {"news": 1}, {"news": [1]}, {"news": [{"patterns": 1}]}])
def test_what_is_not_of_its_shape_is_told_by_its_field(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SignalWords.model_validate({"expires_days": {}, **given})


def test_terms_that_hold_each_other_do_not_grow_without_end() -> None:
    terms = {f"t{n}": f"%t{n + 1}%" * 9 for n in range(12)}
    with pytest.raises(ValidationError, match="more than 20,000"):
        SignalWords.model_validate(
            {"expires_days": {}, "terms": terms, "news": [{"type": "funding", "patterns": ["%t0%"]}]}
        )


@pytest.mark.parametrize("data", [b"\xff", b"a = " + b"9" * 5000, b"a = " + b"[" * 5000])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.setattr(loader, "FOLDER", tmp_path)
    for name, load in (("playbook.toml", load_playbook), ("bids.toml", load_bid_words)):
        (folder / name).write_bytes(data)
        with pytest.raises(PlaybookInvalid, match=rf"{name} of 'mine' is not valid TOML"):
            load("mine")
