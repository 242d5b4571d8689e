"""The list of whom nobody may write to: what goes on it, whom that concerns, and what comes off again."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import AgentAuditLog, Contact, Suppression
from db.suppressions import bar_contact, do_not_contact, is_suppressed, mark_bounced
from tests.support.rows import make_contact
from tools.suppressing import NothingToLift, NotSuppressible, add, against, lift, listed

BY = "user:kim"
Work = Callable[[Callable[[Session], Any]], Any]


@pytest.fixture
def work(database_url: str) -> Iterator[Work]:
    with Database(database_url, "user") as database, acting_as(BY):
        yield database.write_sync


def people(session: Session) -> dict[str, Contact]:
    emails = ("dana@acme.example", "kim@eu.acme.example", "ana@notacme.example", None)
    return {
        name: make_contact(session, first_name=name, last_name="Reyes", email=email)
        for name, email in zip(("Dana", "Kim", "Ana", "Noor"), emails, strict=True)
    }


def barred(session: Session) -> set[str]:
    return set(session.scalars(select(Contact.first_name).where(Contact.do_not_contact.is_(True))))


def test_a_domain_concerns_everybody_at_it_and_below_it(work: Work) -> None:
    work(people)
    for written in ("acme.example", "@Acme.Example", "https://www.acme.example/about"):
        (added,) = work(lambda s, w=written: add(s, [w], reason="a customer", source=BY))
        assert (added.kind, added.value, added.known) == ("domain", "acme.example", written != "acme.example")
    assert work(barred) == {"Dana", "Kim"}
    assert work(lambda s: [is_suppressed(s, f"new@{d}.example") for d in ("acme", "x.acme", "notacme")]) == [
        True,
        True,
        False,
    ]
    (item,), whole = work(lambda s: listed(s))
    assert (item.value, item.people, item.reason, item.source, whole) == ("acme.example", 2, "a customer", BY, 1)


def test_many_are_added_by_one_look_at_the_contacts(work: Work, statements: list[str]) -> None:
    def lay(session: Session) -> None:
        gone = make_contact(session, first_name="Gone", email="gone@eu.acme.example")
        people(session)
        gone.deleted_at = datetime(2026, 1, 1, tzinfo=UTC)

    work(lay)
    wanted = ["acme.example", "eu.acme.example", "ANA@notacme.example", *(f"d{n}.example" for n in range(40))]
    statements.clear()
    added = work(lambda s: add(s, [*wanted, "acme.example"], reason="a list", source=BY))
    looks = [one for one in statements if one.startswith("SELECT contacts.id, contacts.email")]
    assert len(looks) == 1
    assert [one.people for one in added if one.people] == [("Dana Reyes", "Kim Reyes"), ("Kim Reyes",), ("Ana Reyes",)]
    assert (len(added), work(barred)) == (43, {"Dana", "Kim", "Ana"})
    statements.clear()
    shown, whole = work(lambda s: listed(s))
    assert ({one.value: one.people for one in shown}["acme.example"], whole) == (2, 43)
    assert len([one for one in statements if one.startswith("SELECT contacts.id, contacts.email")]) == 1


def test_all_or_none_is_added(work: Work) -> None:
    wrong = ["gmail.com", "edu", "k12.oh.us", "dana@", "foo", " "]
    with pytest.raises(NotSuppressible) as refused:
        work(lambda s: add(s, ["acme.example", *wrong], reason="x", source=BY))
    assert len(refused.value.problems) == len(wrong)
    assert work(lambda s: s.scalars(select(Suppression)).all()) == []


def test_what_is_lifted_is_as_it_was_before(work: Work) -> None:
    def before(session: Session) -> None:
        known = people(session)
        mark_bounced(session, known["Kim"])
        do_not_contact(session, known["Noor"], "a note says: DNC")
        add(session, ["acme.example"], reason="a customer", source=BY)

    work(before)
    told = work(lambda s: against(s, "acme.example"))
    assert "a customer" in told[0]
    assert len(told) == 3
    done = work(lambda s: lift(s, "acme.example", reason="no customer any more", by=BY))
    assert done.stays == []
    assert work(barred) == {"Noor"}
    assert work(lambda s: dict(s.execute(select(Contact.first_name, Contact.status)).all())) == {
        "Dana": "active",
        "Kim": "bounced",
        "Ana": "active",
        "Noor": "do_not_contact",
    }
    notes = work(lambda s: s.scalars(select(AgentAuditLog.details)).all())
    assert [n["reason"] for n in notes if n and n.get("what") == "acme.example"] == ["no customer any more"] * 2


def test_what_speaks_against_somebody_by_itself_stays(work: Work) -> None:
    def before(session: Session) -> None:
        known = people(session)
        bar_contact(session, known["Dana"], reason="asked for it", source="approval")
        do_not_contact(session, known["Kim"], "a note says: DNC")
        add(session, ["acme.example"], reason="a customer", source=BY)

    work(before)
    done = work(lambda s: lift(s, "acme.example", reason="x", by=BY))
    assert len(done.stays) == 2
    assert work(barred) == {"Dana", "Kim"}
    assert len(work(lambda s: lift(s, "kim@eu.acme.example", reason="they called", by=BY)).did) == 1
    assert len(work(lambda s: lift(s, "Dana Reyes", reason="they called", by=BY)).did) == 2
    assert work(barred) == set()
    assert work(lambda s: is_suppressed(s, "dana@acme.example")) is False


def test_a_domain_stands_above_its_people(work: Work) -> None:
    work(people)
    work(lambda s: add(s, ["acme.example"], reason="a customer", source=BY))
    with pytest.raises(NothingToLift, match="suppressed domain"):
        work(lambda s: lift(s, "kim@eu.acme.example", reason="x", by=BY))
    for nobody in ("ana@notacme.example", "zed@acme.test", "other.example"):
        with pytest.raises(NothingToLift):
            work(lambda s, who=nobody: lift(s, who, reason="x", by=BY))


def test_the_dormant_wake(work: Work) -> None:
    def before(session: Session) -> str:
        person = people(session)["Noor"]
        person.status = "dormant"
        session.flush()
        return person.id

    contact_id = work(before)
    assert work(lambda s: lift(s, contact_id[:8], reason="back from leave", by=BY)).did == [
        "Noor Reyes may be contacted again (active)."
    ]


def test_people_whose_address_is_not_on_the_list_stand_in_it_too(work: Work) -> None:
    def before(session: Session) -> None:
        known = people(session)
        do_not_contact(session, known["Noor"], "a note says: DNC")
        bar_contact(session, known["Ana"], reason="asked for it", source="approval")

    work(before)
    found, whole = work(lambda s: listed(s))
    assert [(one.kind, one.people) for one in found] == [("address", 1), ("person", 1)]
    assert whole == 2
    assert [one.kind for one in work(lambda s: listed(s, search="DNC"))[0]] == ["person"]
    assert [one.value for one in work(lambda s: listed(s, limit=1))[0]] == ["ana@notacme.example"]
