"""The rules of append-only tables, contacts, suppressions and approvals."""

# ruff: noqa: S608 (the SQL is made from the models, nothing of it is input)

from collections.abc import Iterator
from typing import Final

from db.triggers.rule import SUPPRESSION_LOCK, Rule, archive
from db.triggers.words import Words

_WITH_FIXED_ID: Final = ("contacts", "message_drafts", "deliveries", "touchpoints", "suppressions")


def kept_rows(words: Words) -> Iterator[Rule]:
    """Tables that take inserts only, and ids that never change."""
    sentences = {
        "audit_log": "the audit log takes inserts only",
        "approvals": "approvals take inserts only: decide anew, the latest decision counts",
        "message_versions": "versions of a message take inserts only",
        "experiment_plans": "the plan of an experiment is laid down once, before its first message",
    }
    for table, sentence in sentences.items():
        if table != "audit_log" or words.sqlite:
            yield Rule(f"{table}_no_update", table, "UPDATE", (("true", sentence),), before=True)
        yield Rule(f"{table}_no_delete", table, "DELETE", (("true", sentence),), before=True)
    if not words.sqlite:
        # Sealing is the one change: from unsealed to sealed, and nothing else with it.
        seal = "'{seal_no,prev_hash,hash}'::text[]"
        sealing = (
            "OLD.hash IS NULL AND OLD.seal_no IS NULL AND NEW.hash IS NOT NULL AND NEW.seal_no IS NOT NULL"
            f" AND to_jsonb(NEW) - {seal} = to_jsonb(OLD) - {seal}"
        )
        refusal = (f"NOT ({sealing})", sentences["audit_log"])
        yield Rule("audit_log_no_update", "audit_log", "UPDATE", (refusal,), before=True)
    for table in _WITH_FIXED_ID:
        refusal = (words.changed(["id"]), "the id of a row never changes")
        yield Rule(f"{table}_id_fixed", table, "UPDATE", (refusal,))


def contacts(words: Words) -> Iterator[Rule]:
    """do_not_contact: who lifts it, what it archives."""
    lifted = f"OLD.do_not_contact AND NOT NEW.do_not_contact AND NOT {words.by_user}"
    yield Rule("contact_lift", "contacts", "UPDATE", ((lifted, "only a person lifts do-not-contact"),))
    gone = f"OLD.do_not_contact AND NOT {words.by_user}"
    yield Rule(
        "contact_gone",
        "contacts",
        "DELETE",
        ((gone, "only a person removes a contact who is do-not-contact"),),
        before=True,
    )
    yield Rule("contact_archives", "contacts", "UPDATE", when="NEW.do_not_contact", act=archive("= NEW.id"))


def suppressions(words: Words) -> Iterator[Rule]:
    """Their form, and what a new one archives."""
    odd = (
        f"NEW.value <> {words.address('NEW.value')} OR NEW.value = ''"
        " OR (NEW.kind = 'address') <> (NEW.value LIKE '%@%') OR NEW.value LIKE '.%'"
    )
    yield Rule(
        "suppression_form",
        "suppressions",
        "INSERT",
        ((odd, "a suppression is an address (name@host) or a domain (host), trimmed and in lower case"),),
    )
    yield Rule(
        "suppression_fixed",
        "suppressions",
        "UPDATE",
        ((words.changed(["kind", "value"]), "a suppression is not rewritten: remove it and add another"),),
    )
    address = words.address("c.email")
    theirs = (
        "IN (SELECT c.id FROM contacts c WHERE c.email IS NOT NULL AND ("
        f"(NEW.kind = 'address' AND {address} = NEW.value)"
        f" OR (NEW.kind = 'domain' AND {words.in_domains_of('NEW.value', address)})))"
    )
    yield Rule(
        "suppression_archives",
        "suppressions",
        "INSERT",
        act=archive(theirs),
        locks=(f"PERFORM pg_advisory_xact_lock({SUPPRESSION_LOCK})",),
    )


def approvals(words: Words) -> Iterator[Rule]:
    """Who decides, and in what order."""
    yield Rule(
        "approval_by_user",
        "approvals",
        "INSERT",
        ((f"NOT {words.by_user}", "only a person decides on a message"),),
    )
    wrong = (
        "NEW.ordinal <> 1 + (SELECT coalesce(max(a.ordinal), 0) FROM approvals a"
        " WHERE a.draft_id = NEW.draft_id AND a.version = NEW.version AND a.id <> NEW.id)"
    )
    yield Rule(
        "approval_ordinal",
        "approvals",
        "INSERT",
        ((wrong, "the ordinal of a decision is one more than that of the decision before it"),),
    )


def experiments(words: Words) -> Iterator[Rule]:
    """What is tested stays what was planned, and what has ended stays ended."""
    planned = "EXISTS (SELECT 1 FROM experiment_plans p WHERE p.experiment_id = OLD.id)"
    what = words.changed(["id", "variable", "group_a_desc", "group_b_desc"])
    yield Rule(
        "experiment_fixed",
        "experiments",
        "UPDATE",
        ((f"{what} AND {planned}", "what an experiment tests is laid down with its plan"),),
    )
    result = words.changed(["status", "winner", "conclusion", "batches_included"])
    yield Rule(
        "experiment_ended",
        "experiments",
        "UPDATE",
        ((f"OLD.status <> 'active' AND {result}", "an experiment that has ended stays as it ended"),),
    )
