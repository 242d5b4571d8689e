"""Every draft of the demo, over the whole samples: to the right person, about that very school, and sound."""

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.models import Contact, MessageDraft, MessageVersion, Prospect, ResearchFact
from outreach.commands.demo import sample_files
from outreach.session import RunnerSession
from outreach.settings import Settings
from playbooks import load_playbook
from tools.drafting.drafts import without_footer
from tools.drafting.templates import VARIABLE
from tools.wording import sentences

LEAST = {"sports-lighting": 25, "qa-software": 8}
Row = dict[str, Any]


def rows(session: Session) -> list[Row]:
    found = session.execute(
        select(MessageDraft, MessageVersion, Contact, Prospect)
        .join(MessageVersion, MessageVersion.draft_id == MessageDraft.id)
        .join(Contact, Contact.id == MessageDraft.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
    ).all()
    facts = {fact.id: fact for fact in session.scalars(select(ResearchFact))}
    return [
        {
            "subject": draft.subject_line,
            "text": without_footer(draft.body, load_playbook(prospect.playbook).sender, draft.channel),
            "first_name": contact.first_name,
            "persona": contact.persona_type,
            "account": prospect.account_id,
            "claims": [(claim["sentence"], facts[claim["fact_id"]]) for claim in version.claims],
            "qc_passed": draft.qc_passed,
            "qc_run": draft.qc_run_id,
            "blocks": [flag for flag in draft.qc_flags or [] if flag["severity"] == "block"],
            "warnings": {flag["rule"] for flag in draft.qc_flags or []},
        }
        for draft, version, contact, prospect in found
    ]


@pytest.fixture(params=sorted(LEAST))
def drafts(request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path) -> tuple[str, list[Row]]:
    playbook: str = request.param
    with RunnerSession(Settings(home=tmp_path / "home", database_url=sqlite_url, playbook=playbook)) as session:
        assert session.run(playbook, sample_files(playbook), None).complete
    with Database(sqlite_url, "user") as database:
        return playbook, database.read_sync(rows)


def in_over_a_third(found: list[Row]) -> list[tuple[str, str]]:
    """The pairs of sentences that more than a third of the drafts have in common."""
    pairs: dict[tuple[str, str], int] = {}
    for row in found:
        said = sentences("\n".join(row["text"].split("\n")[1:-2]))
        for pair in combinations(sorted(set(said)), 2):
            pairs[pair] = pairs.get(pair, 0) + 1
    return [pair for pair, count in pairs.items() if count > len(found) / 3]


@pytest.mark.slow
def test_every_draft_of_the_demo_could_be_sent(drafts: tuple[str, list[Row]]) -> None:
    name, found = drafts
    playbook = load_playbook(name)
    assert len(found) >= LEAST[name]
    for row in found:
        text = row["text"]
        assert text.startswith(f"Hi {row['first_name']},\n"), text
        assert text.endswith(f"Best,\n{playbook.sender.name}"), text
        assert row["persona"] in playbook.contact_personas
        assert row["claims"], text
        for sentence, fact in row["claims"]:
            assert sentence in text
            assert fact.account_id == row["account"]
            assert fact.quote.strip()
        assert {fact.field for _, fact in row["claims"]} & set(playbook.need_fact_fields)
        assert not VARIABLE.search(text + row["subject"])
        assert (row["qc_passed"], row["blocks"]) == (True, [])
        assert row["qc_run"]
        # Nobody has checked an invented address; there is nothing else to be warned of.
        assert row["warnings"] == {"recipient.unverified"}, (row["warnings"], text)
    assert len({row["text"] for row in found}) == len(found)
    assert len({row["subject"] for row in found}) > len(found) * 0.9  # two schools may have a Memorial Stadium

    assert in_over_a_third(found) == []
