"""Prompts: every one renders with every playbook, and what is missing is an error, never a blank."""

import hashlib

import jinja2
import pytest

import prompts
from playbooks import load_playbook, playbook_names
from prompts import FOLDER, Prompt, PromptNotFound, active_version, load_prompt, versions

AGENTS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and list(path.glob("v*.md")))


@pytest.mark.parametrize("playbook", playbook_names())
@pytest.mark.parametrize("agent", AGENTS)
def test_every_prompt_renders_with_every_playbook(agent: str, playbook: str) -> None:
    book = load_playbook(playbook)
    for version in versions(agent):
        text = load_prompt(agent, version).render(playbook=book)
        assert "{{" not in text.replace("{{ ", "{{") or "double braces" in text
        assert text.strip()


@pytest.mark.parametrize("agent", ["researcher", "drafting", "qc"])
def test_a_prompt_says_what_this_playbook_is_about(agent: str) -> None:
    for name in playbook_names():
        book = load_playbook(name)
        assert book.what_we_sell in load_prompt(agent, "v1").render(playbook=book)


@pytest.mark.parametrize("agent", ["researcher", "drafting", "qc"])
def test_a_missing_variable_is_an_error(agent: str) -> None:
    with pytest.raises(jinja2.UndefinedError):
        load_prompt(agent, "v1").render()


def test_a_misspelt_variable_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        Prompt("x", "v1", "{{ playbook.titel }}").render(playbook={"title": "x"})


def test_an_unknown_version_is_told_which_exist() -> None:
    with pytest.raises(PromptNotFound, match=r"qc@v99; there are: v1"):
        load_prompt("qc", "v99")
    with pytest.raises(PromptNotFound, match="none"):
        load_prompt("nobody", "v1")
    with pytest.raises(PromptNotFound, match="nobody"):
        active_version("nobody", {})


def test_id_hash_and_the_version_in_force(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = load_prompt("qc", "v1")
    text = (FOLDER / "qc" / "v1.md").read_text(encoding="utf-8")
    assert (prompt.id, prompt.hash) == ("qc@v1", hashlib.sha256(text.encode()).hexdigest())
    assert active_version("qc", {"qc": "v7"}) == "v7"
    assert active_version("qc", {}) == versions("qc")[-1]


def test_ten_comes_after_two(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path)) / "x"
    folder.mkdir()
    for version in ("v10", "v2", "v1"):
        (folder / f"{version}.md").write_text("text", encoding="utf-8")
    monkeypatch.setattr(prompts, "FOLDER", folder.parent)
    assert versions("x") == ["v1", "v2", "v10"]
