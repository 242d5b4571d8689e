"""Begins a playbook of one's own: from the starter, or as a copy of another one that stands on its own feet."""

import re
import shutil
import tempfile
from pathlib import Path

from db.seeds import OUTREACH_TEMPLATES
from db.seeds import PLAYBOOK as SEEDED
from playbooks.loader import FOLDER, folder_of, playbook_names, read_playbook
from tools.drafting.templates import VARIABLES, variables_of
from tools.playbook_files.schema_checks import FILES

STARTER = FOLDER / "starter.toml"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_STEP = re.compile(r"(\s*\{ channel = [^}]*?)( \},?\s*)")


class BeginRefused(ValueError):
    """No playbook was begun; `mend` says what to do."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.mend = mend


def begin(own: Path, name: str, source: str | None = None) -> Path:
    """Writes a new playbook into the folder `own` and gives its folder; nothing is there before all of it is.

    Without `source` it is the commented starter. A copy under its source's own name stands in its place. Raises
    BeginRefused, PlaybookNotFound or PlaybookInvalid.
    """
    folder = own / name
    if not _NAME.fullmatch(name):
        raise BeginRefused(
            f"'{name}' cannot be a playbook's name.",
            "Take small letters, digits and hyphens, 40 at most: outreach playbook new my-motion",
        )
    if folder.exists():
        raise BeginRefused(f"{folder} is there already.", f"See what it lacks: outreach playbook check {name}")
    if name in playbook_names() and name != source:
        raise BeginRefused(
            f"'{name}' is a playbook that comes with the program.",
            f"To change it for yourself: outreach playbook new {name} --from {name}. Else take another name.",
        )
    texts = _starter(name) if source is None else _copy(source, name)
    own.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=own, prefix=".begun-") as made:
        for file, text in texts.items():
            (Path(made) / file).write_text(text, encoding="utf-8")
        shutil.copytree(made, folder)
    return folder


def _starter(name: str) -> dict[str, str]:
    return {"playbook.toml": STARTER.read_text(encoding="utf-8").replace("NAME", name)}


def _copy(source: str, name: str) -> dict[str, str]:
    folder = folder_of(source)
    read_playbook(folder)
    texts = {file: (folder / file).read_text(encoding="utf-8") for file in FILES if (folder / file).is_file()}
    main = texts["playbook.toml"].replace(f'version = "{source}-', f'version = "{name}-', 1)
    texts["playbook.toml"] = f"# Begun as a copy of {source}. Whoever writes stands in [sender].\n\n{main}"
    if name != source == SEEDED:
        after = _with_days(texts["sequences.toml"])
        texts["sequences.toml"] = "\n\n".join((after.rstrip("\n"), *_seeded_editions(folder))) + "\n"
    return texts


def _with_days(text: str) -> str:
    """The steps with the days that the seed templates give them, which are kept under the source's name alone."""
    lines, tier, number = [], "", 0
    for line in text.split("\n"):
        if started := re.fullmatch(r"(A1|A2|B) = \[", line):
            tier, number = started[1], 0
        elif step := _STEP.fullmatch(line):
            number += 1
            found = next((t for t in OUTREACH_TEMPLATES if (t.tier, t.step_number) == (tier, number)), None)
            if found and "days" not in line:
                line = f"{step[1]}, days = {found.days_after_previous}{step[2]}"
        if not line.startswith("# Waits are in days and are those of the seed templates"):
            lines.append(line)
    return "\n".join(lines)


def _seeded_editions(folder: Path) -> list[str]:
    """As editions, the seed templates that are sent as they are."""
    playbook = read_playbook(folder)
    return [
        f'[[editions]]\ntiers = ["{seed.tier}"]\nstep = {seed.step_number}\nsubject = "{seed.subject_template}"\n'
        f'body = """\n{_sayable(seed.body_template)}"""\nwhy = "The template {seed.id} that comes with the program."'
        for seed in OUTREACH_TEMPLATES
        if playbook.edition_for(seed.tier, seed.step_number) is None
        and seed.step_number <= len(playbook.steps_of(seed.tier))
    ]


def _sayable(body: str) -> str:
    """The template without the paragraphs for which nothing is ever known."""
    return "\n\n".join(part for part in body.split("\n\n") if set(variables_of(part)) <= set(VARIABLES))
