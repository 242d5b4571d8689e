"""What QC is shown of a draft is what stands in the rows now."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import ExternalId, MessageDraft, Suppression
from db.suppressions import is_suppressed
from playbooks import load_playbook
from tests.support.rows import make_contact, make_prospect
from tools.drafting.drafts import draft_id_for, ensure_sequence, footer, store_version, with_footer, without_footer
from tools.qc.rows import load_for_check

PLAYBOOK = load_playbook("sports-lighting")
SENDER = PLAYBOOK.sender


def written(session: Session, **contact: Any) -> MessageDraft:
    prospect = make_prospect(session, name="Indiana University-Bloomington", stadium_name="Lakeside Field (old)")
    for key, payload in (("a", {"School": "Indiana", "Aliases": "IU|Hoosiers"}), ("b", {"Ignored": "Elsewhere"})):
        session.add(
            ExternalId(
                table_name="accounts", record_id=prospect.account_id, source=key, external_id=key, payload=payload
            )
        )
    person = make_contact(session, prospect, **{"first_name": " Dana ", **contact})
    sequence = ensure_sequence(
        session, PLAYBOOK, sequence_id="5" * 32, prospect_id=prospect.id, contact_id=person.id, tier="A1"
    )
    given = {"channel": "email", "touch_number": 1, "touch_type": "email", "sequence_id": sequence.id}
    draft = MessageDraft(id=draft_id_for(sequence.id, 1), contact_id=person.id, **given)
    body = with_footer("Hi Dana,\n\nHello.", SENDER, "email")
    claims = [{"sentence": "Hello.", "fact_id": "f"}]
    for version, author in ((1, "agent:x"), (1, "agent:y")):
        kept = {"subject": "S", "body": body, "author": author, "reason": "draft", "note": None, "claims": claims}
        store_version(session, draft=draft, version=version, **kept)
    return draft


def seen(url: str, **contact: Any) -> Any:
    with Database(url) as db, acting_as("user:kim"):
        return db.write_sync(lambda s: load_for_check(s, PLAYBOOK, written(s, **contact).id))


def test_the_draft_under_check(database_url: str) -> None:
    draft = seen(database_url, email="dana@indiana.example")
    assert (draft.recipient.first_name, draft.recipient.address) == ("Dana", "dana@indiana.example")
    assert (draft.text, draft.subject, draft.claims) == ("Hi Dana,\n\nHello.", "S", (("Hello.", "f"),))
    assert draft.body == f"{draft.text}\n\n{draft.footer}"
    assert draft.names == (
        *("Indiana University-Bloomington", "Indiana University Bloomington", "Indiana", "Hoosiers", "Lakeside Field"),
    )
    assert (draft.by_person, draft.history, draft.replied, draft.touch_sent) == (False, (), False, False)


@pytest.mark.parametrize(
    ("kind", "value", "barred"),
    [
        ("address", "dana@mail.indiana.example", True),
        ("domain", "mail.indiana.example", True),
        ("domain", "indiana.example", True),
        ("domain", "diana.example", False),
        ("address", "other@mail.indiana.example", False),
    ],
)
def test_suppressed_by_address_or_domain_or_one_above_it(
    database_url: str, kind: str, value: str, barred: bool
) -> None:
    def ask(session: Session) -> bool:
        session.add(Suppression(kind=kind, value=value, reason="asked", source="test"))
        session.flush()
        return is_suppressed(session, " Dana@Mail.Indiana.example ")

    with Database(database_url) as db, acting_as("user:kim"):
        assert db.write_sync(ask) is barred
        assert db.read_sync(lambda s: (is_suppressed(s, None), is_suppressed(s, "nobody"))) == (False, False)


def test_a_sequence_and_a_version_are_made_once(database_url: str) -> None:
    with Database(database_url) as db, acting_as("user:kim"):
        draft = db.write_sync(written)

        def again(session: Session) -> tuple[int, list[str]]:
            same = ensure_sequence(session, PLAYBOOK, sequence_id="5" * 32, prospect_id="x", contact_id="x", tier="B")
            authors = [v.author for v in session.get_one(MessageDraft, draft.id).versions]
            return len(session.scalars(select(type(same))).all()), authors

        assert db.write_sync(again) == (1, ["agent:x"])


def test_the_footer_comes_and_goes_whole() -> None:
    body = with_footer(" Hello. ", SENDER, "email")
    assert body.startswith("Hello.\n\n")
    assert SENDER.postal_address in body
    assert body.endswith(SENDER.opt_out)
    assert without_footer(body, SENDER, "email") == "Hello."
    assert (footer(SENDER, "linkedin"), with_footer("Hello.", SENDER, "linkedin")) == ("", "Hello.")
    assert without_footer("Hello.", SENDER, "linkedin") == "Hello."


def test_a_touch_has_one_draft_however_often_it_is_written() -> None:
    assert draft_id_for("a", 1) == draft_id_for("a", 1)
    assert len({draft_id_for("a", 1), draft_id_for("a", 2), draft_id_for("b", 1)}) == 3
