"""The whole job in a process of its own, which a test may kill: `python -m tests.support.pipeline HOME COLLEGES`."""

import csv
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from outreach.commands.demo import sample_files
from outreach.settings import Settings

FACTS = "stadiums.csv"


def small_sample(
    folder: Path, colleges: int, playbook: str = "sports-lighting", *, only: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The first colleges of the sample whose stadium's age is known, with their people, as files for the prospector;
    or those whose keys are given by `only`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = sample_files(playbook)
    key = "UNITID" if playbook == "sports-lighting" else "Domain"
    anchor = next(f for f in files if Path(f["path"]).name in (FACTS, "openings.csv"))
    with Path(anchor["path"]).open(encoding="utf-8", newline="") as file:
        known = [row[key] for row in csv.DictReader(file) if row.get("Year Built", "given")]
        chosen = list(only) or list(dict.fromkeys(known))[:colleges]
    taken = []
    for described in files:
        source = Path(described["path"])
        with source.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = [row for row in reader if row[key] in chosen]
            names = reader.fieldnames or []
        target = folder / source.name
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)
        taken.append({**described, "path": str(target), "sha256": None})
    return taken


def main() -> None:
    """Runs the orchestrator and prints the result; the settings come from the environment."""
    from outreach.commands.init import set_up
    from outreach.logs import configure_logging
    from outreach.session import RunnerSession

    home, colleges = Path(sys.argv[1]), int(sys.argv[2])
    settings = Settings(home=home)
    configure_logging("console", "error")
    if not os.environ.get("OUTREACH_DATABASE_URL"):
        set_up(settings)
    files = small_sample(home / "files", colleges, settings.playbook)
    with RunnerSession(settings) as session:
        result = session.run(settings.playbook, files, None)
    sys.stdout.write(json.dumps({"run_id": result.run_id, **result.tally.__dict__}) + "\n")


if __name__ == "__main__":
    main()
