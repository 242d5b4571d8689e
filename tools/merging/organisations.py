"""Finds records that may be one organisation twice, and keeps what was judged of them.

The engine of `tools.dedupe` compares; here it is told what a list of prospects adds. Never a pair: two ids of one
source (Miami University in Ohio and the University of Miami have two), two states without a common web domain, and
names that each have a word of their own (the campuses of one university), again without a common web host.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from db.enums import FlagType, State
from db.models import AgentAuditLog, ExternalId, HygieneFlag, Merge, Prospect
from tools.dedupe import engine
from tools.dedupe.columns import Means, guess
from tools.dedupe.compare import name_level
from tools.dedupe.likeness import KINDLESS, OWN_WORDS, PLACE, SAME, unmatched
from tools.dedupe.likeness import name_level as name_level_of
from tools.dedupe.names import Name, organisation
from tools.dedupe.records import Record, prepare
from tools.importing.cleaning import BY_NAME, OPENING
from tools.normalise import domain_of, state_code
from tools.research.sources import PAGES

FLAGGED: Final = "organisations_alike"
JUDGED: Final = "duplicate_judged"
PEOPLE_ALIKE: Final = "contacts_alike"
"""The journal's actions for a doubtful pair of organisations, for what was said of it, and for one of people; the
details name the other record and the flag."""
_IDENTIFIES: Final = frozenset(("the same web host", "the same LinkedIn page", "the same street", "the same phone"))
"""What must agree, beside a name that is the same, before two organisations are merged without anybody asked."""

_ONE_TOWN_FROM: Final = 0.9
"""How probable it must be that two colleges of one name in one town are one."""

_MEANINGS: Final[dict[str, Means | None]] = {
    "name": Means.NAME,
    "account": Means.OTHER_NAMES,
    "others": Means.OTHER_NAMES,
    "city": Means.CITY,
    "state": Means.STATE,
    "address": Means.STREET,
    "domain": Means.DOMAIN,
    "linkedin": Means.LINKEDIN,
}


@dataclass(frozen=True)
class Pair:
    """Two prospects of one playbook, and their accounts, by id; `likeness` is the probability in percent.

    `certain`: nothing speaks against it, and more than the name speaks for it.
    """

    ids: tuple[str, str]
    account_ids: tuple[str, str]
    likeness: float
    why: str
    certain: bool


def compare_prospects(session: Session, playbook: str, fresh: Set[str] | None = None) -> list[Pair]:
    """The pairs on which nobody has decided yet, likeliest first: the certain ones, and the doubtful.

    `fresh`: ids of accounts and prospects of which a pair must have at least one; None compares all with all.
    """
    prospects = session.scalars(
        select(Prospect)
        .where(Prospect.playbook == playbook)
        .options(joinedload(Prospect.account))
        .order_by(Prospect.created_at, Prospect.id)
    ).all()
    account_ids = [prospect.account_id for prospect in prospects]
    places = None
    if fresh is not None:
        places = {n for n, prospect in enumerate(prospects) if not fresh.isdisjoint((prospect.id, prospect.account_id))}
        if not places:
            return []
    ids, names = _ids_by_source(session, account_ids)
    settled, undone = _settled(session, playbook), undone_merges(session, "accounts")
    records = [_record(place, prospect, names[prospect.account_id]) for place, prospect in enumerate(prospects)]

    def two(a: Record, b: Record) -> bool:
        same_web = bool(a.host) and a.host == b.host
        if a.state and b.state and a.state != b.state and not same_web:
            return True
        return _apart(ids[account_ids[a.place]], ids[account_ids[b.place]])

    def separate(a: Record, b: Record) -> bool:
        return two(a, b) or (not (a.host and a.host == b.host) and name_level(a, b) >= OWN_WORDS)

    pairs = engine.find(records, people=False, separate=separate, fresh=places).pairs
    certain = _certain(pairs, prospects, records, two, separate)
    found: list[Pair] = []
    for pair in pairs:
        first, second = prospects[pair.one], prospects[pair.other]
        if frozenset((first.id, second.id)) in settled or frozenset((first.account_id, second.account_id)) in undone:
            continue
        likeness = round(100 * pair.probability, 1)
        found.append(
            Pair((first.id, second.id), (first.account_id, second.account_id), likeness, pair.why(), pair in certain)
        )
    return found


def _certain(
    pairs: Sequence[engine.Pair],
    prospects: Sequence[Prospect],
    records: Sequence[Record],
    two: Callable[[Record, Record], bool],
    separate: Callable[[Record, Record], bool],
) -> set[engine.Pair]:
    """The pairs that are one organisation without anybody asked.

    Either nothing speaks against it, and a web host, street, phone or page speaks for it; or both are colleges of one
    name in one town, whatever their hosts (an athletics site has its own). Of several that would do and are not one
    another, none is certain.
    """
    sure: dict[engine.Pair, int] = {}
    for pair in pairs:
        one, other = records[pair.one], records[pair.other]
        said = {evidence.words for evidence in pair.evidence}
        colleges = all(prospects[place].venue_type.startswith("college_") for place in (pair.one, pair.other))
        settled = pair.verdict is engine.Verdict.CERTAIN and bool(said & _IDENTIFIES)
        likely = colleges and pair.probability >= _ONE_TOWN_FROM
        if settled or (likely and _one_name_in_one_town(one, other)):
            sure[pair] = name_level(one, other)
    partners: dict[int, dict[int, int]] = defaultdict(dict)
    for pair, level in sure.items():
        partners[pair.one][pair.other] = partners[pair.other][pair.one] = level

    def contested(place: int, partner: int, level: int) -> bool:
        # Two that have both the very name differ in their ids, or are no rivals: 'McNeese' is an alias of the one.
        return any(
            rival != partner
            and theirs <= level
            and (two if level == SAME else separate)(records[rival], records[partner])
            for rival, theirs in partners[place].items()
        )

    return {
        pair
        for pair, level in sure.items()
        if not contested(pair.one, pair.other, level) and not contested(pair.other, pair.one, level)
    }


def _one_name_in_one_town(one: Record, other: Record) -> bool:
    if not (one.city and one.city == other.city and one.state and one.state == other.state):
        return False
    level = name_level(one, other)
    if level != PLACE:
        return level <= KINDLESS
    return any(_adds_the_place(a, b, one, other) for a in one.names for b in other.names)


def _adds_the_place(a: Name, b: Name, one: Record, other: Record) -> bool:
    """Whether the longer of two names is the shorter one to the letter and, besides, where the organisation is."""
    longer, shorter, place = (a, b, other.place_words) if len(a.plain) > len(b.plain) else (b, a, one.place_words)
    other_kind = longer.kinds - shorter.kinds and shorter.kinds - longer.kinds
    return shorter.plain < longer.plain and longer.plain - shorter.plain <= place[0] | place[1] and not other_kind


def _record(place: int, prospect: Prospect, others: Sequence[str]) -> Record:
    account = prospect.account
    state = prospect.state if prospect.state != State.OTHER.value else None
    if state is None and account.hq_location:
        parts = [part.strip() for part in account.hq_location.split(",")]
        state = next((code for part in parts[1:] or parts if (code := state_code(part))), None)
    cells = {
        "name": prospect.name,
        "account": account.name,
        "others": "|".join(others),
        "city": prospect.city,
        "state": state,
        "address": prospect.address,
        "domain": account.domain or account.website_url,
        "linkedin": account.linkedin_company_url,
    }
    return prepare(place, "", cells, _MEANINGS)


def each_has_its_own(one: str, other: str) -> bool:
    """Whether each of two names has a word that the other lacks, in no spelling, short form or initial: then they are
    two places. The words for what they are ('HS', 'College') and a name's own initials tell nothing."""
    first, second = organisation(one), organisation(other)
    if name_level_of(first, second) < OWN_WORDS:
        return False
    left, right = unmatched(first.plain, second.plain)
    return bool(_beyond_initials(left, right) and _beyond_initials(right, left))


def _beyond_initials(words: frozenset[str], others: frozenset[str]) -> set[str]:
    """The words that are no initial of another's and of which another has no initial: 'N' is short for 'North'."""
    return {w for w in words if not any(w[0] == other[0] and 1 in (len(w), len(other)) for other in others)}


def _ids_by_source(
    session: Session, account_ids: Sequence[str]
) -> tuple[dict[str, dict[str, set[str]]], dict[str, list[str]]]:
    """Account to the ids that each source, and each telling id column, gives it; and to its other names there."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    names: dict[str, list[str]] = defaultdict(list)
    aliases: dict[str, bool] = {}
    records = session.execute(
        select(ExternalId.record_id, ExternalId.source, ExternalId.external_id, ExternalId.payload).where(
            ExternalId.table_name == "accounts",
            ExternalId.source.not_in(PAGES),  # a page's address tells nothing of who is who
        )
    )
    wanted = set(account_ids)
    for record_id, source, external_id, payload in records:
        if record_id not in wanted or external_id.startswith(OPENING):
            continue
        for column, value in (payload or {}).items():
            if column not in aliases:
                aliases[column] = guess([column])[column] is Means.OTHER_NAMES
            if aliases[column] and value:
                names[record_id].append(str(value))
        if external_id.startswith(BY_NAME) or _is_its_domain(external_id, payload):
            continue
        found[record_id][source].add(external_id)
        for column, value in (payload or {}).items():
            if value == external_id:
                found[record_id][f"column {column.casefold()}"].add(external_id)
    return found, names


def _is_its_domain(external_id: str, payload: Mapping[str, object] | None) -> bool:
    """Whether a source without ids of its own is told apart by web domains: two domains are no two ids."""
    return "." in external_id and any(domain_of(str(value)) == external_id for value in (payload or {}).values())


def undone_merges(session: Session, table: str) -> set[frozenset[str]]:
    """Pairs of records that a person parted again: they are not merged, nor asked about, a second time."""
    rows = session.execute(
        select(Merge.kept_id, Merge.merged_id).where(Merge.table_name == table, Merge.undone_at.is_not(None))
    )
    return {frozenset((kept, merged)) for kept, merged in rows}


def _apart(one: dict[str, set[str]], other: dict[str, set[str]]) -> bool:
    """Whether one source gives the two different ids."""
    return any(one[kind].isdisjoint(other[kind]) for kind in one.keys() & other.keys())


def _settled(session: Session, playbook: str) -> set[frozenset[str]]:
    """Pairs on which somebody decided. A flag that is still open decides nothing: what is known by now may."""
    flags = session.execute(
        select(HygieneFlag.id, HygieneFlag.prospect_id, HygieneFlag.other_prospect_id)
        .join(Prospect, Prospect.id == HygieneFlag.prospect_id)
        .where(
            Prospect.playbook == playbook,
            HygieneFlag.flag_type == FlagType.DUPLICATE_SUSPECT.value,
            HygieneFlag.other_prospect_id.is_not(None),
            HygieneFlag.resolved_at.is_not(None),
        )
    )
    about_people = {
        details["flag"]
        for details in session.scalars(select(AgentAuditLog.details).where(AgentAuditLog.action == PEOPLE_ALIKE))
        if details
    }
    return {frozenset((one, str(other))) for flag_id, one, other in flags if flag_id not in about_people}
