"""OCC's formula: 0-12 for a contact, 3 + 2 + 2 + 2 + 1 + 2; the prospect takes its best contact's, times 100/12."""

from collections.abc import Sequence
from dataclasses import dataclass

from db.enums import EmployeeBand
from db.models import Account, Contact, IcpScore
from playbooks import ContactFormula
from tools.scoring.weighted import Part

MOST = 12
_FROM = {
    EmployeeBand.UP_TO_50.value: 1,
    EmployeeBand.UP_TO_200.value: 51,
    EmployeeBand.UP_TO_1000.value: 201,
    EmployeeBand.UP_TO_5000.value: 1001,
    EmployeeBand.OVER_5000.value: 5001,
}


@dataclass(frozen=True)
class Fit:
    """The columns of `icp_scores` for one contact."""

    title_match: int
    vertical_match: int
    company_size_fit: int
    seniority_fit: int
    software_qa_confirmed: bool
    buyer_intent_bonus: int

    @property
    def total(self) -> int:
        """0-12."""
        return (
            self.title_match
            + self.vertical_match
            + self.company_size_fit
            + self.seniority_fit
            + self.software_qa_confirmed
            + self.buyer_intent_bonus
        )


def fit(formula: ContactFormula, account: Account, contact: Contact | None, buyer_intent: bool) -> Fit:
    """How well somebody fits; without a contact, what the company alone brings."""
    persona = contact.persona_type if contact is not None else None
    seniority = contact.seniority_level if contact is not None else None
    return Fit(
        title_match=formula.title_match.get(persona or "", 0),
        vertical_match=_vertical(formula, account),
        company_size_fit=_size(formula, account),
        seniority_fit=formula.seniority_fit.get(seniority or "", 0),
        software_qa_confirmed=persona in formula.qa_owner_personas,
        buyer_intent_bonus=2 if buyer_intent else 0,
    )


def fit_of(row: IcpScore) -> Fit:
    """A fit as it was kept."""
    return Fit(
        row.title_match or 0, row.vertical_match or 0, row.company_size_fit or 0, row.seniority_fit or 0,
        bool(row.software_qa_confirmed), row.buyer_intent_bonus,
    )  # fmt: skip


def score_of(best: Fit) -> int:
    """`prospects.icp_score` of the best fit: 0-100, rounded."""
    return round(best.total * 100 / MOST)


def parts_of(best: Fit, account: Account, contact: Contact | None) -> list[Part]:
    """A fit as parts with their reasons. The parts add up, so each has the weight 1."""
    who = "There is nobody to write to."
    if contact is not None:
        who = f"The best contact is {contact.full_name}: {contact.persona_type or 'no persona'}."
    seniority = (contact.seniority_level if contact is not None else None) or "not known"
    industry = " / ".join(part for part in (account.industry, account.sub_industry) if part) or "not known"
    people = account.employee_count if account.employee_count is not None else account.employee_band
    return [
        Part("title_match", best.title_match, 3, 1, who),
        Part("vertical_match", best.vertical_match, 2, 1, f"The industry is {industry}."),
        Part("company_size_fit", best.company_size_fit, 2, 1, f"Employees: {people if people else 'not known'}."),
        Part("seniority_fit", best.seniority_fit, 2, 1, f"The seniority is {seniority}."),
        Part(
            "software_qa_confirmed",
            int(best.software_qa_confirmed),
            1,
            1,
            "Such a person decides on it." if best.software_qa_confirmed else "Such a person does not decide on it.",
        ),
        Part(
            "buyer_intent_bonus",
            best.buyer_intent_bonus,
            2,
            1,
            "Buyer intent was seen." if best.buyer_intent_bonus else "No buyer intent was seen.",
        ),
    ]


def _vertical(formula: ContactFormula, account: Account) -> int:
    said = {text.casefold() for text in (account.industry, account.sub_industry) if text}
    if said & {vertical.casefold() for vertical in formula.top_verticals}:
        return 2
    return 1 if said & {vertical.casefold() for vertical in formula.adjacent_verticals} else 0


def _size(formula: ContactFormula, account: Account) -> int:
    people = account.employee_count
    if people is None:
        people = _FROM.get(account.employee_band or "")
    if people is None:
        return 0
    if _within(people, formula.sweet_spot_employees):
        return 2
    return 1 if _within(people, formula.ok_employees) else 0


def _within(value: int, bounds: Sequence[int]) -> bool:
    return bounds[0] <= value <= bounds[1]
