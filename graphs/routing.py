"""Where a contact's message goes next: pure functions of the state, and nothing else decides."""

from typing import Final, Literal

from typing_extensions import TypedDict  # what a server shows of it needs this one before Python 3.12

END: Final = "__end__"


class ContactState(TypedDict, total=False):
    """What a contact's thread carries: ids and outcomes, small and plain; everything else stands in tables.

    `begin` is the node that a thread starts at where that is not research; `reply_id` the reply that a message answers;
    `facts` is how many usable facts
    research left; `revision` how often QC sent the present draft back; `by_person` whether the present text is a
    person's edit; `decision` what a person decided on the present version, or 'withdrawn'; `refused` why an answer to
    the interrupt was not taken.
    """

    root_run_id: str
    playbook: str
    account_id: str
    prospect_id: str
    contact_id: str
    sequence_id: str
    touch_number: int
    tier: str
    reply_id: str | None
    begin: str | None
    snapshot_id: str | None
    facts: int
    draft_id: str | None
    version: int
    revision: int
    qc_passed: bool
    by_person: bool
    edit_stands: bool
    decision: str | None
    refused: str | None
    outcome: str | None


def at_start(state: ContactState) -> Literal["researcher", "drafting", "qc", "approval"]:
    """A first touch begins with research, a later one with its draft; a draft that lost its thread, where it stands."""
    match state.get("begin"):
        case "drafting":
            return "drafting"
        case "qc":
            return "qc"
        case "approval":
            return "approval"
        case _:
            return "researcher"


def after_research(state: ContactState) -> Literal["drafting", "__end__"]:
    """Nothing true to say, nothing written."""
    return "drafting" if state.get("facts", 0) > 0 else END


def after_drafting(state: ContactState) -> Literal["qc", "__end__"]:
    """A text that exists is checked."""
    return "qc" if state.get("draft_id") else END


def after_qc(state: ContactState, most_revisions: int) -> Literal["outreach", "approval", "drafting", "__end__"]:
    """Passed: on to the person, or out if this text is the person's own. Failed: back, but not for ever.

    A person's edit that fails goes back to that person with the flags, never to the model.
    """
    if state.get("qc_passed"):
        return "outreach" if state.get("edit_stands") else "approval"
    if state.get("edit_stands") or state.get("by_person"):
        return "approval"
    return "drafting" if state.get("revision", 0) < most_revisions else END


def after_approval(state: ContactState) -> Literal["outreach", "drafting", "qc", "approval", "__end__"]:
    """What the person decided. Without a decision, or with one to wait, the thread goes on waiting. A message that
    cannot go out any more is put away by the node that would have sent it on its way."""
    match state.get("decision"):
        case "approve" | "withdrawn":
            return "outreach"
        case "edit":
            return "qc"
        case "reject":
            return "drafting"
        case "do_not_contact":
            return END
        case _:
            return "approval"


def after_dispatch(state: ContactState) -> Literal["approval", "__end__"]:
    """Ready to go out, or put away; where the approval no longer covers the text, the person is asked again."""
    return END if state.get("outcome") else "approval"
