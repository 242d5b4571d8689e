"""Prompts: every one renders with every playbook, and what is missing is an error, never a blank."""

import hashlib
from pathlib import Path

import pytest

import prompts
from playbooks import load_playbook, playbook_names
from prompts import (
    FOLDER,
    Prompt,
    PromptInvalid,
    PromptNotFound,
    choose,
    chosen,
    find_prompt,
    load_prompt,
    newest,
    versions,
)

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
    with pytest.raises(PromptInvalid, match=r"undefined|has no attribute"):
        load_prompt(agent, "v1").render()


def test_a_misspelt_variable_is_an_error() -> None:
    with pytest.raises(PromptInvalid, match=r"undefined|has no attribute"):
        Prompt("x", "v1", "{{ playbook.titel }}").render(playbook={"title": "x"})


def test_an_unknown_version_is_told_which_exist() -> None:
    with pytest.raises(PromptNotFound, match=r"qc@v99; there are: v1"):
        load_prompt("qc", "v99")
    with pytest.raises(PromptNotFound, match="none"):
        load_prompt("nobody", "v1")
    with pytest.raises(PromptNotFound, match="nobody"):
        newest("nobody")


def test_id_hash_and_the_version_in_force(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = load_prompt("qc", "v1")
    text = (FOLDER / "qc" / "v1.md").read_text(encoding="utf-8")
    assert (prompt.id, prompt.hash) == ("qc@v1", hashlib.sha256(text.encode()).hexdigest())
    assert newest("qc").version == versions("qc")[-1]


def test_ten_comes_after_two(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path)) / "x"
    folder.mkdir()
    for version in ("v10", "v2", "v1"):
        (folder / f"{version}.md").write_text("text", encoding="utf-8")
    monkeypatch.setattr(prompts, "FOLDER", folder.parent)
    assert versions("x") == ["v1", "v2", "v10"]


def test_a_version_of_ones_own_is_put_in_force_and_taken_back(tmp_path: Path) -> None:
    own = tmp_path / "prompts"
    (own / "qc").mkdir(parents=True)
    (own / "qc" / "v9.md").write_text("Judge {{ playbook.title }}.", encoding="utf-8")
    (own / "qc" / "v1.md").write_text("Not this one.", encoding="utf-8")
    assert versions("qc", own)[-1] == "v9"
    assert find_prompt("qc@v1", own).text != "Not this one."
    assert chosen(own) == {}
    choose(own, find_prompt("qc@v9", own))
    choose(own, find_prompt("drafting@v1"))
    assert {p.id for p in chosen(own).values()} == {"qc@v9", "drafting@v1"}
    choose(own, newest("qc"))
    assert {p.id for p in chosen(own).values()} == {"drafting@v1"}


@pytest.mark.parametrize("reference", ["qc", "qc@v99", "nobody@v1", "qc@../x"])
def test_what_is_no_prompt_is_refused(reference: str) -> None:
    with pytest.raises(PromptNotFound):
        find_prompt(reference)


def test_a_chosen_version_that_is_gone_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "active.toml").write_text('qc = "v77"\n', encoding="utf-8")
    with pytest.raises(PromptNotFound, match="v77"):
        chosen(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "{{ playbook.title",
        "{{ 1 / 0 }}",
        "{{ playbook() }}",
        "{% for x in 7 %}{% endfor %}",
        "{{ ''.__class__.mro() }}",
    ],
)
def test_what_cannot_be_filled_in_is_one_error(text: str) -> None:
    with pytest.raises(PromptInvalid, match="x@v1 cannot be filled in"):
        Prompt("x", "v1", text).render(playbook={"title": "x"})


@pytest.mark.parametrize("data", [b"\xff", b"a\0b"])
def test_a_file_that_is_no_text_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "qc").mkdir()
    (tmp_path / "qc" / "v9.md").write_bytes(data)
    with pytest.raises(PromptInvalid, match=r"v9\.md"):
        load_prompt("qc", "v9", tmp_path)
    (tmp_path / "active.toml").write_bytes(data)
    with pytest.raises(PromptInvalid, match=r"active\.toml"):
        chosen(tmp_path)
