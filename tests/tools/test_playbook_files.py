"""A playbook of one's own: begun, read with a critic's eye, and each finding at its line."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from playbooks.loader import FOLDER, PlaybookNotFound, read_playbook
from tools.drafting.templates import VARIABLES
from tools.playbook_files import BeginRefused, Finding, begin, lint
from tools.playbook_files.findings import lines_of
from tools.qc.safety import _UNFILLED

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(path.parent.name for path in FOLDER.glob("*/playbook.toml")))
def test_the_shipped_ones_have_nothing_but_their_invented_sender(name: str) -> None:
    found = lint(FOLDER / name)
    assert [(f.level, f.key) for f in found.findings] == [("warning", "sender.sample")]


def test_the_starter_is_a_playbook_and_all_that_is_wrong_in_it_are_its_blanks(tmp_path: Path) -> None:
    folder = begin(tmp_path / "own", "mine")
    text = (folder / "playbook.toml").read_text(encoding="utf-8")
    found = lint(folder)
    assert found.playbook is not None
    assert not found.warnings
    lines = text.split("\n")
    for finding in found.errors:
        blank = finding.wrong.partition(" is still")[0]
        assert blank in lines[(finding.line or 0) - 1]
        # One that is missed stays visible in a message, and QC blocks it.
        assert _UNFILLED.search(blank)
    written = [line for line in lines if not line.lstrip().startswith("#")]
    assert len(found.errors) == len(re.findall(r"<[^<>]+>", "\n".join(written)))
    assert [path.name for path in folder.parent.iterdir()] == ["mine"]


def test_a_copy_stands_on_its_own_feet(tmp_path: Path) -> None:
    """What the seed templates give sports-lighting by its name, a copy under another name says itself."""
    folder = begin(tmp_path, "my-lighting", "sports-lighting")
    found = lint(folder)
    assert [f.key for f in found.findings] == ["sender.sample"]
    copy = read_playbook(folder)
    assert [step.days for step in copy.steps_of("A1")] == [0, 4, 5, 7]
    assert copy.scoring.version == "my-lighting-1"
    last = copy.edition_for("A1", 4)
    assert last is not None
    assert "{{similar_school}}" not in last.body


def test_a_copy_under_its_own_name_is_the_same(tmp_path: Path) -> None:
    assert read_playbook(begin(tmp_path, "qa-software", "qa-software")) == read_playbook(FOLDER / "qa-software")


@pytest.mark.parametrize(
    ("name", "source", "says"),
    [
        ("My Motion", None, "cannot be a playbook's name"),
        ("../db", None, "cannot be a playbook's name"),
        ("qa-software", None, "comes with the program"),
        ("sports-lighting", "qa-software", "comes with the program"),
        ("there", None, "is there already"),
    ],
)
def test_what_cannot_be_begun_says_what_to_do(tmp_path: Path, name: str, source: str | None, says: str) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(BeginRefused, match=says) as caught:
        begin(tmp_path, name, source)
    assert "outreach playbook" in caught.value.mend
    with pytest.raises(PlaybookNotFound):
        begin(tmp_path, "mine", "nothing")


Changed = Callable[..., list[Finding]]


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """What the linter says of the QA playbook with some things changed, its invented sender left out."""

    def change(*pairs: str, file: str = "playbook.toml") -> list[Finding]:
        folder = begin(tmp_path, "mine", "qa-software")
        text = (folder / file).read_text(encoding="utf-8")
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert old in text
            text = text.replace(old, new, 1)
        (folder / file).write_text(text, encoding="utf-8")
        return [f for f in lint(folder).findings if f.key != "sender.sample"]

    return change


@pytest.mark.parametrize(
    ("old", "new", "level", "key", "says"),
    [
        ("qc_revisions = 2", "qc_revision = 2", "error", "limits.qc_revision", "no key here"),
        ('channel = "email"', 'channel = "fax"', "error", "message.channel", "'fax'"),
        ("drafts_per_run = 40", "drafts_per_run = 0", "error", "limits.drafts_per_run", "greater than or equal to 1"),
        ('kind = "pain"', 'kind = "joke"', "error", "statements.1.kind", "'joke'"),
        ("A1 = 80", "A1 = 60", "error", "", "must fall from A1 to D"),
        ("\n[sender]\n", "\n[sender\n", "error", "", "no TOML"),
        ('"SDET"]', '"CTO"]', "error", "contact_personas.4", "persona 'CTO'"),
        ('["hiring_signals"]', '["hiring"]', "error", "need_fact_fields.1", "kind 'hiring'"),
        ('["hiring_signals"]', '["company_metrics"]', "warning", "need_fact_fields", "opens a letter"),
        ('subject = "{{subject_hook}}"', 'subject = "{{hook}}"', "error", "editions.1.subject", "{{hook}}"),
        ("A1 = 80", "A1 = 101", "error", "tiers.A1", "Nobody reaches A1"),
        ("max_words = 120", "max_words = 20", "error", "message.min_words", "At least 40 and at most 20"),
        ('["QA Director", "QA Manager"] }', '["QA Boss"] }', "error", "batches.shares.qa_leaders.filter", "personas"),
        ('text = "Running the tests', 'text = "Guarantee', "warning", "statements.5.text", "spam word"),
        ("find out whether it helps.", "find out!", "warning", "statements.12.text", "exclamation"),
        ("email = ", "email = 1 # ", "error", "sender.email", "valid string"),
        (
            'text = "Testing is not what',
            'for_venues = []\ntext = "Testing is not what',
            None,
            "",
            "",
        ),
    ],
)
def test_each_mistake_is_found_where_it_is(
    changed: Changed, tmp_path: Path, old: str, new: str, level: str | None, key: str, says: str
) -> None:
    findings = changed(old, new)
    if level is None:
        assert findings == []
        return
    found = next(f for f in findings if f.key == key)
    assert (found.level, found.file) == (level, "playbook.toml")
    assert says in found.wrong
    assert found.why
    assert found.mend
    if key:
        line = (tmp_path / "mine" / "playbook.toml").read_text(encoding="utf-8").split("\n")[(found.line or 0) - 1]
        assert key.rpartition(".")[2] in line or key.split(".")[-2] in line


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ('"style.shout" = { on = false, why = "x" }', "no QC rule 'style.shout'"),
        ('"claim.number" = { on = false, why = "x" }', "cannot be weakened"),
        ('"claim.number" = { severity = "warn", why = "x" }', "cannot be weakened"),
    ],
)
def test_rules_that_do_not_exist_or_cannot_be_weakened(changed: Changed, rule: str, says: str) -> None:
    [found] = changed("[qc.fact_days]", f"[qc.rules]\n{rule}\n\n[qc.fact_days]")
    assert says in found.wrong
    assert found.level == "error"


def test_what_follows_the_first_touch_is_found_in_its_own_file(changed: Changed) -> None:
    [found] = changed('kind = "recall"', 'kind = "recal"', file="sequences.toml")
    assert (found.file, found.key.split(".")[0], found.key.split(".")[2]) == ("sequences.toml", "statements", "kind")
    assert found.line is not None


def test_a_touch_without_a_text_is_an_error(changed: Changed) -> None:
    found = changed('touch = "breakup"\nsubject', 'touch = "reply"\nsubject', file="sequences.toml")
    assert {f.wrong for f in found} == {
        f"Touch {n} of {t} (breakup) has no text." for t, n in (("A1", 6), ("A2", 5), ("B", 4))
    }


def test_a_key_in_both_files_and_a_file_that_nobody_reads(tmp_path: Path) -> None:
    folder = begin(tmp_path, "mine", "qa-software")
    with (folder / "sequences.toml").open("a", encoding="utf-8") as file:
        file.write("\n[limits]\n")
    (folder / "sequence.toml").write_text("", encoding="utf-8")
    twice, unread = lint(folder).findings
    assert (twice.key, twice.level, "stands in playbook.toml already" in twice.wrong) == ("limits", "error", True)
    assert (unread.level, unread.mend) == ("warning", "Rename it to sequences.toml.")


def test_words_of_feeds_are_looked_at_too(changed: Changed) -> None:
    [found] = changed("relevant_from = 60", "relevant_from = 600", file="bids.toml")
    assert (found.file, found.key, found.line) == ("bids.toml", "relevant_from", 2)


def test_lines_of_keys() -> None:
    text = (
        'a = 1\nlist = [\n  "[x]",\n  "b = 1",\n]\n[t.u]\nlong = """\nc = 2\n"""\nd = 3\n[[s]]\ne = 1\n[[s]]\ne = 2\n'
    )
    assert lines_of(text) == {
        ("a",): 1, ("list",): 2, ("t",): 6, ("t", "u"): 6, ("t", "u", "long"): 7, ("t", "u", "d"): 10,
        ("s",): 11, ("s", 0): 11, ("s", 0, "e"): 12, ("s", 1): 13, ("s", 1, "e"): 14,
    }  # fmt: skip


def test_the_docs_name_the_variables_that_there_are() -> None:
    text = (DOCS / "playbooks.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"\| `\{\{(\w+)\}\}` \| (.+) \|", text)) == VARIABLES
