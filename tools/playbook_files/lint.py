"""All that is to be said of one playbook's folder."""

from dataclasses import dataclass
from pathlib import Path

from playbooks import Playbook
from tools.playbook_files.findings import Finding, key_of
from tools.playbook_files.schema_checks import broken_files, feed_findings, places_of, read_checked
from tools.playbook_files.setting_checks import doubts


@dataclass(frozen=True)
class Linted:
    """What was found, errors first, each in the order of its file; `playbook` is None where it cannot be read."""

    playbook: Playbook | None
    findings: list[Finding]

    @property
    def errors(self) -> list[Finding]:
        """What keeps it, or a part of it, from working."""
        return [finding for finding in self.findings if finding.level == "error"]

    @property
    def warnings(self) -> list[Finding]:
        """What is to know of."""
        return [finding for finding in self.findings if finding.level == "warning"]


def lint(folder: Path) -> Linted:
    """Reads a playbook's folder as its files are now. The folder has a playbook.toml."""
    found = list(broken_files(folder))
    playbook = None
    if not any(f.level == "error" and f.file in ("playbook.toml", "sequences.toml") for f in found):
        places = places_of(folder)
        playbook, more = read_checked(folder, places)
        found += more
        if playbook is not None:
            for doubt in doubts(playbook):
                file, line = places.of(doubt.loc)
                found.append(Finding(doubt.level, file, line, key_of(doubt.loc), doubt.wrong, doubt.why, doubt.mend))
    found += feed_findings(folder)
    return Linted(playbook, sorted(found, key=lambda f: (f.level != "error", f.file, f.line or 0)))
