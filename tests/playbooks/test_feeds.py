"""The words of bids and signals load, and a mistake in them is named."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from playbooks import loader
from playbooks.feeds import BidWords, SignalWords, Unwanted, Wanted, load_bid_words, load_signal_words, playbooks_with
from playbooks.loader import PlaybookInvalid, PlaybookNotFound


def test_every_playbook_has_both() -> None:
    assert playbooks_with("bids.toml") == playbooks_with("signals.toml") == ["qa-software", "sports-lighting"]
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
        Wanted(says="x", title=1, text=1)
    with pytest.raises(ValidationError, match="no regular expression"):
        Unwanted(says="x", pattern="(")
    with pytest.raises(ValidationError, match="expires_days lacks funding"):
        SignalWords.model_validate({"expires_days": {}, "news": [{"type": "funding", "patterns": ["x"]}]})
