"""docs/lifecycle.md, from the tables: `python -m tests.support.lifecycle_page` writes it anew."""

from pathlib import Path

from db.lifecycle import LIFE_CYCLES

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"
HEAD = """# Life cycles

Which state may follow which. The tables stand in `db/lifecycle/tables.py`, once; every change of a state goes through
the functions of `db/lifecycle`, which refuse what no table allows and leave the row as it was. A test looks through the
code for changes that go past them. This page is made from the tables (`python -m tests.support.lifecycle_page`).

- `contacts.stage` moves on events. `prospects.status` moves on scoring and research, then with its contacts; each move
  is an activity of the prospect.
- `batch_prospects.sequence_status` is never set by hand: it follows from the contact's sequence, whenever that moves.
  Of several the one that can still go on counts. *replied* is a paused sequence of somebody who has written.
- `opportunities.meeting_outcome` is empty at first; each of its values may be the first.
- A delivery's states are kept by the database itself (`db/triggers`).
"""


def page() -> str:
    """The page as it should be."""
    parts = [HEAD]
    for column, table in LIFE_CYCLES.items():
        rows = [
            f"| {state.value} | {', '.join(f.value for f in type(state) if f in following) or '(the end)'} |"
            for state, following in table.items()
        ]
        parts.append("\n".join([f"## {column}", "", "| from | to |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
