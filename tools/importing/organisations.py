"""Rows that are organisations, and rows that are facts about organisations already known."""

from typing import Any

from db.enums import PrimarySport, ProspectSource, VenueType
from tools.importing.cleaning import Clean, sizes
from tools.importing.job import ImportJob, Outcome, RowRefused
from tools.importing.records import KeptRecord, StoredOrganisations
from tools.importing.store import ACCOUNTS, JOURNAL, PROSPECTS, Pending, StoredRow
from tools.normalise import state_code, territory

AGENT = "prospector"


def take_organisation(
    job: ImportJob,
    known: StoredOrganisations,
    row: Clean,
    outcome: Outcome,
    out: Pending,
    account: StoredRow | None = None,
) -> StoredRow:
    """Creates the organisation of a row with its pursuit, or brings what is known of it up to date; the prospect.

    `account`: the organisation, where it was found already. Raises RowRefused where the row names none, gives no venue
    type that the playbook can use, or was deleted.
    """
    if row.name is None or row.key is None:
        raise RowRefused("the row names no organisation")
    account = account or known.account_of(row, loose=False)
    prospect = known.prospect_of(account) if account is not None else None
    if prospect is None and row.kind is None:
        raise RowRefused(row.kind_refused or "the division is not given")
    new = account is None
    if account is None:
        account = known.add({"name": row.name, "buyer_intent": False})
        outcome.created["accounts"] += 1
    kept = known.keep(account, row.key, row, outcome, row.url)
    changed = _apply(account, row.account, row, kept, overwrite=kept.overwrites)
    changed = _derive(account, row, keep_place=prospect is not None) or changed
    known.learn(account)
    if not new and changed:
        out.touch(ACCOUNTS, account)
        outcome.updated["accounts"] += 1
        known.new_names.append((account["name"], account.id))
    if prospect is None:
        return _pursue(job, known, row, account, outcome, out)
    touched = _apply(prospect, row.prospect | row.venue, row, kept, overwrite=kept.overwrites)
    touched = _sport(prospect, row) or touched
    _count_update(prospect, outcome, out, touched, kept.changed)
    return prospect


def take_facts(known: StoredOrganisations, row: Clean, outcome: Outcome, out: Pending) -> None:
    """Adds a row's venue facts to the organisation that it is about; a blank never overwrites.

    Raises RowRefused where no such organisation is known.
    """
    account = known.account_of(row, loose=row.id is None)
    prospect = known.prospect_of(account) if account is not None else None
    if account is None or prospect is None or row.key is None:
        raise RowRefused("the organisation is not known; import it first")
    kept = known.keep(account, row.key, row, outcome, row.url)
    touched = _apply(prospect, row.venue, row, kept, overwrite=not kept.older)
    touched = _sport(prospect, row) or touched
    _count_update(prospect, outcome, out, touched, kept.changed)


def _count_update(prospect: StoredRow, outcome: Outcome, out: Pending, touched: bool, kept_changed: bool) -> None:
    if touched:
        outcome.updated["prospects"] += 1
    if touched or kept_changed:
        # What a source says beyond our columns can move a score: hygiene looks at what changed since.
        out.touch(PROSPECTS, prospect)


def _apply(
    target: StoredRow, said: dict[str, tuple[Any, str]], row: Clean, kept: KeptRecord, *, overwrite: bool
) -> bool:
    """Sets what the row says. Blanks never overwrite; a value of ours gives way only to news from the source."""
    changed = False
    for ours, (value, column) in said.items():
        if not kept.fresh(row, column):
            continue
        present = target[ours]
        if value == present or (present is not None and not overwrite and not _placeholder(target, ours, value)):
            continue
        target.put(ours, value)
        changed = True
    return changed


def _placeholder(target: StoredRow, ours: str, value: Any) -> bool:
    """A new organisation has just the name that it was made with."""
    return target.is_new and ours == "name" and value != target["name"]


def _derive(account: StoredRow, row: Clean, *, keep_place: bool) -> bool:
    """What follows from other columns: the band and tier of a company, and where the organisation truly is."""
    changed = False
    for ours, value in sizes(account["employee_count"], row.band).items():
        if value is not None and account[ours] != value:
            account.put(ours, value)
            changed = True
    if row.place is not None and (not keep_place or row.city) and _says_more(row, account["hq_location"]):
        account.put("hq_location", row.place)
        changed = True
    return changed


def _says_more(row: Clean, place: str | None) -> bool:
    """Whether a row tells where the organisation is, of which nothing is known, or no more than the row's state."""
    if place is None:
        return True
    return bool(row.city and row.state) and "," not in place and state_code(place) == row.state


def _pursue(
    job: ImportJob, known: StoredOrganisations, row: Clean, account: StoredRow, outcome: Outcome, out: Pending
) -> StoredRow:
    prospect = out.add(
        PROSPECTS,
        {
            "account_id": account.id,
            "playbook": job.playbook.name,
            "name": row.name,
            "venue_type": row.kind,
            "state": territory(row.state),
            "source": ProspectSource.DIRECTORY_IMPORT.value,
            "source_url": row.url or job.file.source_url,
            "source_date": job.file.observed_on,
        },
    )
    known.prospects[account.id] = prospect
    _apply(prospect, row.prospect | row.venue, row, KeptRecord(None, True), overwrite=False)
    _sport(prospect, row)
    outcome.created["prospects"] += 1
    out.add(
        JOURNAL,
        journal(
            job,
            "prospect_created",
            {"source": job.file.source, "external_id": row.key, "row": row.row.number},
            prospect_id=prospect.id,
        ),
    )
    return prospect


def journal(
    job: ImportJob, action: str, details: dict[str, Any], *, prospect_id: str, contact_id: str | None = None
) -> dict[str, Any]:
    """A row of the journal. It is written with the row that it tells of, so a step that is repeated finds both."""
    return {
        "agent_run_id": job.run_id,
        "agent_name": AGENT,
        "action": action,
        "prospect_id": prospect_id,
        "contact_id": contact_id,
        "details": details,
        "requires_review": False,
    }


def _sport(prospect: StoredRow, row: Clean) -> bool:
    """A school plays football where its division says so, or where a football stadium of its is known."""
    football = row.football or (
        prospect["stadium_name"] is not None and prospect["venue_type"] != VenueType.COMPANY.value
    )
    if not football or prospect["primary_sport"] is not None:
        return False
    prospect.put("primary_sport", PrimarySport.FOOTBALL.value)
    return True
