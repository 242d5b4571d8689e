"""From rows to what QC looks at."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.actors import is_user
from db.approvals import recipient_of
from db.models import Delivery, ExternalId, MessageDraft, MessageVersion, Touchpoint
from db.suppressions import is_suppressed
from playbooks import Playbook
from tools.drafts import facts_about, footer, without_footer
from tools.qc import DraftUnderCheck, Fact, Recipient
from tools.wording import spoken_name, without_brackets


def load_for_check(session: Session, playbook: Playbook, draft_id: str) -> DraftUnderCheck:
    """Everything about one draft that the rules need, as it stands now."""
    draft = session.get_one(MessageDraft, draft_id)
    contact = draft.contact
    prospect = contact.prospect
    version = session.scalars(
        select(MessageVersion).where(MessageVersion.draft_id == draft.id, MessageVersion.version == draft.version)
    ).one()
    touchpoints = session.scalar(
        select(func.count()).select_from(Touchpoint).where(Touchpoint.contact_id == contact.id)
    )
    sent = session.scalar(
        select(func.count())
        .select_from(Delivery)
        .where(
            Delivery.sequence_id == draft.sequence_id,
            Delivery.touch_number == draft.touch_number,
            Delivery.draft_id != draft.id,
            Delivery.state != "failed",
        )
    )
    facts = facts_about(session, prospect.account_id)
    return DraftUnderCheck(
        playbook=playbook,
        recipient=Recipient(
            first_name=contact.first_name.strip(),
            last_name=contact.last_name.strip(),
            address=recipient_of(contact, draft.channel),
            do_not_contact=contact.do_not_contact,
            suppressed=is_suppressed(session, contact.email),
            bounced=contact.status == "bounced",
            email_verified=contact.email_verified,
        ),
        channel=draft.channel,
        touch=draft.touch_number,
        subject=draft.subject_line or "",
        body=draft.body,
        text=without_footer(draft.body, playbook.sender, draft.channel),
        footer=footer(playbook.sender, draft.channel),
        names=_names(session, prospect.account_id, prospect.name, prospect.stadium_name),
        facts=tuple(Fact(f.id, f.sentence, f.quote) for f in facts),
        claims=tuple((c["sentence"], c["fact_id"]) for c in version.claims),
        by_person=is_user(version.author),
        earlier_touches=touchpoints or 0,
        touch_sent=bool(sent),
    )


def _names(session: Session, account_id: str, name: str, stadium: str | None) -> tuple[str, ...]:
    """What the organisation may be called: its name, what its sources call it, its venue."""
    payloads = session.scalars(
        select(ExternalId.payload).where(
            ExternalId.table_name.in_(("accounts", "prospects")),
            ExternalId.record_id == account_id,
            ExternalId.payload.is_not(None),
        )
    ).all()
    said = [name, spoken_name(name)]
    for payload in payloads:
        for key in ("School", "Company", "Institution Name", "Aliases"):
            value = str((payload or {}).get(key) or "")
            said += [without_brackets(part) for part in value.replace("|", ",").split(",") if len(part.strip()) > 3]
    if stadium:
        said.append(without_brackets(stadium))
    return tuple(dict.fromkeys(part.strip() for part in said if part.strip()))
