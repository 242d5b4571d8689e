"""`outreach playbook`, and a playbook of one's own from its first line to an approved message."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbooks import use_own
from playbooks.loader import FOLDER
from tests.outreach.conftest import Outreach

PAGE = (Path(__file__).parents[3] / "docs" / "playbooks.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _nobodys_own() -> Iterator[None]:
    """Other tests of this process know the shipped ones alone."""
    yield
    use_own(None)


def shipped_ones() -> list[str]:
    return sorted(path.parent.name for path in FOLDER.glob("*/playbook.toml"))


def test_begun_listed_shown_and_checked(outreach: Outreach, home: Path) -> None:
    begun = outreach("playbook", "new", "my-qa", "--from", "qa-software")
    assert (begun.exit_code, begun.stdout.strip()) == (0, str(home / "playbooks" / "my-qa"))
    assert "Next: outreach playbook check my-qa" in begun.stderr
    listed = json.loads(outreach("playbook", "list", "--json").stdout)
    assert [(row["playbook"], row["whose"], row["in_force"]) for row in listed] == [
        (name, "yours" if name == "my-qa" else "shipped", name == "sports-lighting")
        for name in sorted(["my-qa", *shipped_ones()])
    ]
    assert "A1      80  first, note (3), call (3)" in outreach("playbook", "show", "my-qa").stdout
    checked = outreach("playbook", "check", "my-qa")
    assert checked.exit_code == 0
    assert "my-qa: 0 errors, 1 warning" in checked.stdout
    again = outreach("playbook", "new", "my-qa")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)


def test_a_mistake_has_its_line_and_exit_code_1(outreach: Outreach, home: Path) -> None:
    outreach("playbook", "new", "my-qa", "--from", "qa-software")
    file = home / "playbooks" / "my-qa" / "playbook.toml"
    text = file.read_text(encoding="utf-8").replace("qc_revisions", "qc_revision", 1)
    file.write_text(text, encoding="utf-8")
    line = text[: text.index("qc_revision")].count("\n") + 1
    for named in ("my-qa", str(file.parent), str(file)):
        result = outreach("playbook", "check", named)
        assert result.exit_code == 1
        assert f"error  playbook.toml:{line}  limits.qc_revision\n" in result.stdout
        assert "Mend: Write 'qc_revisions', if that is meant." in result.stdout
    [told] = json.loads(outreach("playbook", "check", "my-qa", "--json").stdout)
    assert {finding["line"] for finding in told["findings"]} >= {line}
    stopped = outreach("--playbook", "my-qa", "run")
    assert stopped.exit_code == 1
    assert "outreach playbook check" in stopped.stderr
    doctor = outreach("--playbook", "my-qa", "doctor")
    assert doctor.exit_code == 1
    assert "outreach playbook check my-qa" in doctor.stdout


def test_ones_own_stands_in_the_place_of_a_shipped_one(outreach: Outreach, home: Path) -> None:
    outreach("playbook", "new", "qa-software", "--from", "qa-software")
    file = home / "playbooks" / "qa-software" / "playbook.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("Noor Haddad", "Ana Lind"), encoding="utf-8")
    assert "Ana Lind" in outreach("playbook", "show", "qa-software").stdout
    assert "yours, for the shipped one" in outreach("playbook", "list").stdout


def test_what_is_not_there_says_what_is(outreach: Outreach, tmp_path: Path) -> None:
    for args in (("check", "nothing"), ("show", "nothing"), ("new", "mine", "--from", "nothing")):
        result = outreach("playbook", *args)
        assert result.exit_code == 2
        assert f"There is no playbook 'nothing'; there are: {', '.join(shipped_ones())}." in result.stderr
    empty = outreach("playbook", "check", str(tmp_path))
    assert (empty.exit_code, "has no playbook.toml" in empty.stderr) == (2, True)


def test_the_page_followed_to_the_letter(outreach: Outreach, home: Path, tmp_path: Path) -> None:
    """The files that docs/playbooks.md gives, its words in the blanks, its commands in their order."""
    page = PAGE.split("## From nothing")[1].split("\n## ")[0]
    for name, rows in re.findall(r"^`(\w+\.csv)`\n\n((?:    .+\n)+)", page, re.MULTILINE):
        (tmp_path / name).write_text(re.sub(r"^    ", "", rows, flags=re.MULTILINE), encoding="utf-8")
    told = []
    for line in re.findall(r"^    outreach (.+)$", page, re.MULTILINE):
        args = shlex.split(line)
        if args[-1] == "approve":
            break
        result = outreach(*args)
        blanks = args == ["playbook", "check", "cool-roofs"] and not told
        assert result.exit_code == int(blanks), result.output
        if blanks:
            told.append(result.stdout)
            file = home / "playbooks" / "cool-roofs" / "playbook.toml"
            text = file.read_text(encoding="utf-8")
            for blank, words in re.findall(r"^\| `(<.+>)` \| (.+) \|$", page, re.MULTILINE):
                assert blank in told[0]
                text = text.replace(blank, words)
            file.write_text(text, encoding="utf-8")
    waiting = json.loads(outreach("--playbook", "cool-roofs", "approve", "--json").stdout)
    assert len(waiting) == 3
    first = waiting[0]
    assert (first["organisation"], first["tier"], first["subject"]) == (
        "Alder Freight", "A1", "The roof at Alder Freight",
    )  # fmt: skip
    assert "opening for a Building Maintenance Technician" in first["body"]
    assert "Palegate Roofing, 12 Kiln Lane" in first["body"]
    answers = tmp_path / "answers.jsonl"
    answer = {key: first[key] for key in ("draft_id", "version", "hash")} | {"decision": "approve", "reason": "known"}
    answers.write_text(json.dumps(answer), encoding="utf-8")
    assert outreach("approve", "--answers", str(answers)).exit_code == 0
    assert "nferro@alderfreight.example" in outreach("outbox", "--json").stdout
