"""The models hold all that the specifications say, and the databases keep what the models say."""

import gc
import re
import weakref
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Connection,
    DateTime,
    Engine,
    Index,
    Table,
    UniqueConstraint,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session, joinedload, lazyload, selectinload, sessionmaker

from db import enums
from db.columns import Json, UTCDateTime
from db.engine import make_engine
from db.models import (
    Account,
    Activity,
    AgentRun,
    Base,
    Contact,
    ExternalId,
    MessageDraft,
    Prospect,
    Suppression,
)
from db.soft_delete import install_soft_delete
from tests.support.rows import make_contact, make_draft, make_prospect
from tests.support.spec_schema import INDEXES, OCC, SB, Column

TABLES = Base.metadata.tables
# What both specifications define of agent_runs.status stands in schema.md; contacts.name is full_name.
SPECIFIED = [
    (table, name, column) for spec in (OCC, SB) for table, columns in spec.items() for name, column in columns.items()
]


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[Engine]:
    """The tables alone, without triggers: what the columns and constraints keep by themselves."""
    engine = make_engine(empty_database_url, "owner")
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session that hides soft-deleted rows, as the product's do."""
    factory = sessionmaker(engine)
    install_soft_delete(factory)
    with factory() as session:
        yield session


# --- the specifications


def server_default(table: Table, name: str) -> str | None:
    default = table.c[name].server_default
    if default is None:
        return None
    return str(default.arg.compile(dialect=sqlite.dialect())) if not isinstance(default.arg, str) else default.arg  # type: ignore[attr-defined]


@pytest.mark.parametrize(("table", "name", "column"), SPECIFIED, ids=lambda value: str(value))
def test_every_column_of_the_specifications(table: str, name: str, column: Column) -> None:
    ours = TABLES[table].c[name]
    assert not (column.required and ours.nullable)
    if column.default is not None:
        wanted = column.default.strip("'").replace("TRUE", "1").replace("FALSE", "0")
        assert server_default(TABLES[table], name) == wanted


def test_every_index_of_the_specifications(engine: Engine) -> None:
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            query = "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
        else:
            query = "SELECT indexname, indexdef FROM pg_indexes"
        found: dict[str, str] = dict(connection.execute(text(query)).all())
    for name, wanted in INDEXES.items():
        ddl = found[name]
        assert re.search(rf" ON (public\.)?{wanted.table}\b", ddl), name
        assert f"({', '.join(wanted.columns)})" in ddl, name
        assert ("UNIQUE" in ddl) == wanted.unique, name


def test_every_default_is_given_in_python_and_in_sql() -> None:
    for table in TABLES.values():
        for column in table.c:
            if column.computed is not None or column.identity is not None:
                continue
            assert (column.default is None) == (column.server_default is None), column
            if column.default is not None and column.default.is_scalar:
                given = column.default.arg  # type: ignore[attr-defined]
                expected = (
                    str(int(given))
                    if isinstance(given, bool)
                    else f"{given:g}"
                    if isinstance(given, float)
                    else str(given)
                )
                assert server_default(table, column.name) == expected, column


def test_a_row_by_raw_sql_has_the_same_defaults(session: Session) -> None:
    prospect = make_prospect(session)
    contact = make_contact(session, prospect, email=None, title=None)
    session.execute(
        text("INSERT INTO contacts (account_id, prospect_id, first_name, last_name) VALUES (:a, :p, 'Dana', 'Reyes')"),
        {"a": prospect.account_id, "p": prospect.id},
    )
    session.expire_all()
    raw = session.scalars(select(Contact).where(Contact.id != contact.id)).one()
    for column in inspect(Contact).columns:
        if column.name not in ("id", "created_at", "updated_at"):
            assert getattr(raw, column.name) == getattr(contact, column.name), column.name
    assert re.fullmatch("[0-9a-f]{32}", raw.id)
    assert re.fullmatch("[0-9a-f]{32}", contact.id)
    assert abs(raw.created_at - contact.created_at) < timedelta(minutes=1)


def test_every_constraint_has_a_name() -> None:
    for table in TABLES.values():
        for constraint in table.constraints:
            assert constraint.name, (table.name, constraint)


# --- what the databases refuse


class Rows:
    """One row of every table, its parents' ids and the enumerations' first values filled in."""

    def __init__(self, connection: Connection) -> None:
        self.ids: dict[str, Any] = {}
        for table in Base.metadata.sorted_tables:
            self.ids[table.name] = connection.execute(
                insert(table).returning(table.c.id), self._values(table)
            ).scalar_one()

    def _values(self, table: Table) -> dict[str, Any]:
        allowed = {name: words[0] for name, words in enumerated(table).items()}
        ranges = {name: low for name, low, _ in ranged(table)}
        values: dict[str, Any] = {}
        for column in table.c:
            if column.computed is not None or column.server_default is not None or column.identity is not None:
                continue
            parents = [
                key.column.table.name
                for key in column.foreign_keys
                if key.column.name == "id" and key.column.table is not table
            ]
            if parents:
                values[column.name] = self.ids[parents[0]]
            elif not column.nullable:
                values[column.name] = allowed.get(column.name, ranges.get(column.name, filler(column.type)))
        if table.name == "approvals":
            values |= {"content_hash": "0" * 64, "decided_by": "user"}
        if table.name == "deliveries":
            values |= {"channel": "email", "message_id": "<1@sender.example>"}
        return values


def filler(kind: Any) -> Any:
    if isinstance(kind, (UTCDateTime, DateTime)):
        return datetime.now(UTC)
    python = kind.python_type
    return {int: 1, float: 0.5, date: date(2026, 1, 2), bool: True}.get(python, "x")


def enumerated(table: Table) -> dict[str, list[str]]:
    found = {}
    for check in table.constraints:
        if isinstance(check, CheckConstraint):
            match = re.match(r"(\w+) IN \((.*?)\)", str(check.sqltext))
            if match:
                found[match[1]] = [word.strip().strip("'") for word in match[2].split(",")]
    return found


def ranged(table: Table) -> list[tuple[str, int, int]]:
    matches = [
        re.fullmatch(r"(\w+) BETWEEN (\d+) AND (\d+)", str(check.sqltext))
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    ]
    return [(match[1], int(match[2]), int(match[3])) for match in matches if match]


def refused(connection: Connection, table: Table, record: Any, **values: Any) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(update(table).where(table.c.id == record).values(values))
    except IntegrityError:
        return True
    return False


def test_enumerations_ranges_and_foreign_keys_hold(engine: Engine) -> None:
    checked = {"enum": 0, "range": 0, "key": 0}
    with engine.begin() as connection:
        rows = Rows(connection)
        for table in Base.metadata.sorted_tables:
            record = rows.ids[table.name]
            for name, words in enumerated(table).items():
                assert refused(connection, table, record, **{name: "nonsense"}), (table.name, name)
                assert set(words) == set(connection_words(connection, table, record, name, words)), name
                checked["enum"] += 1
            for name, low, high in ranged(table):
                assert refused(connection, table, record, **{name: low - 1}), (table.name, name)
                assert refused(connection, table, record, **{name: high + 1}), (table.name, name)
                assert not refused(connection, table, record, **{name: high}), (table.name, name)
                checked["range"] += 1
            for column in table.c:
                if column.foreign_keys:
                    assert refused(connection, table, record, **{column.name: "0" * 32}), column
                    checked["key"] += 1
    assert checked["enum"] > 60
    assert checked["range"] > 20
    assert checked["key"] > 50


def connection_words(connection: Connection, table: Table, record: Any, name: str, words: list[str]) -> list[str]:
    """Those of the words that the database accepts, tried one by one."""
    accepted = []
    for word in words:
        values: dict[str, Any] = {name: word}
        if (table.name, name) == ("contacts", "status"):
            # Said in two columns at once.
            values["do_not_contact"] = word == "do_not_contact"
        if not refused(connection, table, record, **values):
            accepted.append(word)
    return accepted


def test_every_enumeration_is_used() -> None:
    defined = {
        enums.values(kind) for kind in vars(enums).values() if isinstance(kind, type) and issubclass(kind, StrEnum)
    }
    used = {tuple(words) for table in TABLES.values() for words in enumerated(table).values()}
    assert defined == used


def test_a_contact_cannot_sit_between_two_accounts(session: Session) -> None:
    one, other = make_prospect(session), make_prospect(session)
    session.execute(insert(Contact), [{"first_name": "A", "account_id": one.account_id, "prospect_id": one.id}])
    with pytest.raises(IntegrityError):
        session.execute(insert(Contact), [{"first_name": "B", "account_id": other.account_id, "prospect_id": one.id}])


def test_one_pursuit_of_an_account_under_a_playbook(session: Session) -> None:
    prospect = make_prospect(session)
    session.add(
        Prospect(account=prospect.account, playbook="qa-software", name="x", venue_type="company", state="OTHER")
    )
    session.flush()
    session.add(
        Prospect(account=prospect.account, playbook="qa-software", name="y", venue_type="company", state="OTHER")
    )
    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.parametrize(("status", "flag"), [("active", True), ("do_not_contact", False)])
def test_do_not_contact_is_said_twice_or_not_at_all(session: Session, status: str, flag: bool) -> None:
    contact = make_contact(session)
    with pytest.raises(IntegrityError):
        session.execute(
            update(Contact.__table__).where(Contact.id == contact.id).values(status=status, do_not_contact=flag)
        )


def test_status_in_python_carries_the_flag(session: Session) -> None:
    contact = make_contact(session)
    contact.status = "do_not_contact"
    session.commit()
    assert session.scalar(select(Contact.do_not_contact)) is True


def test_one_draft_per_touch_of_a_sequence_replies_and_archived_apart(engine: Engine) -> None:
    with engine.begin() as connection:
        rows = Rows(connection)
        drafts, deliveries = TABLES["message_drafts"], TABLES["deliveries"]
        touch = {
            "contact_id": rows.ids["contacts"],
            "sequence_id": rows.ids["outreach_sequences"],
            "channel": "email",
            "touch_number": 2,
            "touch_type": "email",
            "body": "x",
        }
        first = connection.execute(insert(drafts).returning(drafts.c.id), touch).scalar_one()
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(insert(drafts), touch)
        reply = connection.execute(
            insert(drafts).returning(drafts.c.id), {**touch, "touch_type": "reply_draft"}
        ).scalar_one()
        connection.execute(update(drafts).where(drafts.c.id == first).values(approval_status="archived"))
        second = connection.execute(insert(drafts).returning(drafts.c.id), touch).scalar_one()

        def delivery(draft: str, **values: Any) -> dict[str, Any]:
            sent = {key: value for key, value in touch.items() if key != "body"}
            return {
                **sent,
                "draft_id": draft,
                "version": 1,
                "recipient": "a@b.example",
                "message_id": f"<{draft}@s.example>",
                **values,
            }

        connection.execute(insert(deliveries), delivery(first))
        for clash in (delivery(second), delivery(first, touch_number=3, message_id="<other@s.example>")):
            with pytest.raises(IntegrityError), connection.begin_nested():
                connection.execute(insert(deliveries), clash)
        connection.execute(insert(deliveries), delivery(reply, touch_type="reply_draft"))


def test_only_a_user_decides(engine: Engine) -> None:
    with engine.begin() as connection:
        record = Rows(connection).ids["approvals"]
        for actor in ("agent:1", "username", "", "User", "users:x"):
            assert refused(connection, TABLES["approvals"], record, decided_by=actor), actor
        for actor in ("user", "user:dana"):
            assert not refused(connection, TABLES["approvals"], record, decided_by=actor), actor


def test_every_business_key_is_unique() -> None:
    unique = {
        (table.name, tuple(sorted(column.name for column in constraint.columns)))
        for table in TABLES.values()
        for constraint in [*table.constraints, *table.indexes]
        if isinstance(constraint, UniqueConstraint) or (isinstance(constraint, Index) and constraint.unique)
    }
    assert {
        ("bid_alerts", ("external_id", "source")),
        ("external_ids", ("external_id", "source", "table_name")),
        ("inbound_messages", ("message_id",)),
        ("research_facts", ("fact_key",)),
        ("suppressions", ("kind", "value")),
        ("message_versions", ("draft_id", "version")),
        ("approvals", ("draft_id", "ordinal", "version")),
        ("replies", ("inbound_message_id",)),
        ("audit_log", ("seal_no",)),
        ("import_mappings", ("layout_hash", "playbook")),
    } <= unique


# --- columns that do something


@pytest.mark.parametrize(
    ("first", "last", "full"),
    [("Dana", "Reyes", "Dana Reyes"), ("Prince", "", "Prince"), (" Dana", "Reyes ", "Dana Reyes")],
)
def test_full_name_is_generated(session: Session, first: str, last: str, full: str) -> None:
    contact = make_contact(session, first_name=first, last_name=last)
    assert contact.full_name == full
    assert session.scalars(select(Contact).where(Contact.name == full)).one() is contact


def test_a_blank_linkedin_url_is_null(session: Session) -> None:
    assert make_contact(session, linkedin_url="  ").linkedin_url is None
    assert make_contact(session, linkedin_url="").linkedin_url is None
    contact = make_contact(session, linkedin_url="https://linkedin.example/in/dana")
    with pytest.raises(IntegrityError):
        session.execute(update(Contact.__table__).where(Contact.id == contact.id).values(linkedin_url=" "))


def test_times_are_aware_and_utc(session: Session) -> None:
    abroad = datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=-5)))
    contact = make_contact(session, last_contacted_at=abroad)
    session.commit()
    session.expire_all()
    assert contact.last_contacted_at == abroad
    assert contact.last_contacted_at.tzinfo is UTC
    assert contact.created_at.tzinfo is UTC
    assert session.scalars(select(Contact).where(Contact.last_contacted_at <= abroad)).one() is contact


def test_a_naive_time_is_refused(session: Session) -> None:
    with pytest.raises(StatementError, match="no time zone"):
        make_contact(session, last_contacted_at=datetime(2026, 3, 1))  # noqa: DTZ001


def test_times_written_by_sql_and_by_python_sort_together(session: Session) -> None:
    prospect = make_prospect(session)
    session.execute(text("INSERT INTO activities (prospect_id, type) VALUES (:p, 'note')"), {"p": prospect.id})
    now = datetime.now(UTC)
    recent = session.scalars(
        select(Activity).where(
            Activity.created_at > now - timedelta(seconds=30),
            Activity.created_at < now + timedelta(seconds=30),
        )
    )
    assert len(recent.all()) == 1


def test_json_is_text_on_sqlite_and_none_is_null(session: Session) -> None:
    account = Account(name="Acme", known_tools=["Selenium", "Cypress"])
    session.add_all([account, Account(name="None", known_tools=None)])
    session.flush()
    session.expire_all()
    assert account.known_tools == ["Selenium", "Cypress"]
    assert session.scalars(select(Account.name).where(Account.known_tools.is_(None))).all() == ["None"]
    kind = str(Json.compile(dialect=session.get_bind().dialect))
    assert kind == ("TEXT" if session.get_bind().dialect.name == "sqlite" else "JSONB")


def test_an_enumeration_member_binds_as_its_word(session: Session) -> None:
    prospect = make_prospect(session, status=enums.ProspectStatus.NURTURE, tier=enums.ProspectTier.A1)
    session.expire_all()
    assert prospect.status == "nurture"
    assert session.scalars(select(Prospect).where(Prospect.tier == enums.ProspectTier.A1)).one() is prospect


def test_word_count_follows_the_body(session: Session) -> None:
    draft = make_draft(session, make_contact(session), body="one two\nthree")
    assert draft.word_count == 3
    draft.body = "one"
    assert draft.word_count == 1


def test_updated_at_moves(session: Session) -> None:
    contact = make_contact(session)
    session.commit()
    before = contact.updated_at
    contact.title = "CFO"
    session.commit()
    assert contact.updated_at > before


def test_a_contact_made_with_its_prospect_has_its_account(session: Session) -> None:
    prospect = make_prospect(session)
    contact = Contact(prospect=prospect, first_name="Dana")
    session.add(contact)
    session.flush()
    assert contact.account_id == prospect.account_id
    session.expire_all()
    assert prospect.contacts == [contact] == prospect.account.contacts


def test_a_suppression_outlives_its_contact(session: Session) -> None:
    contact = make_contact(session)
    suppression = Suppression(kind="address", value=" Dana@College.EXAMPLE ", contact=contact)
    session.add(suppression)
    session.flush()
    session.execute(text("DELETE FROM contacts WHERE id = :id"), {"id": contact.id})
    session.expire_all()
    assert (suppression.value, suppression.contact_id) == ("dana@college.example", None)


def test_a_run_knows_its_parent_and_a_draft_both_its_runs(session: Session) -> None:
    parent = AgentRun(run_type="orchestrate", agent_name="orchestrator")
    writer, checker = (
        AgentRun(run_type=kind, agent_name=name, parent=parent) for kind, name in (("draft", "drafting"), ("qc", "qc"))
    )
    draft = make_draft(session, make_contact(session), agent_run=writer, qc_run=checker)
    session.flush()
    session.expire_all()
    assert {run.agent_name for run in (draft.agent_run, draft.qc_run) if run} == {"drafting", "qc"}
    assert writer.parent is checker.parent is parent
    assert (writer.status, writer.tokens_used, writer.cost_usd, writer.attempt) == ("running", 0, 0, 1)


# --- soft deletion


def deleted_contact(session: Session) -> str:
    """The id of a contact who is soft-deleted and unknown to the session."""
    contact = make_contact(session)
    session.add(Activity(prospect=contact.prospect, contact=contact, type="note"))
    contact.deleted_at = datetime.now(UTC)
    deleted = contact.id
    session.commit()
    session.expunge_all()
    return deleted


def test_ordinary_queries_do_not_see_deleted_rows(session: Session) -> None:
    deleted = deleted_contact(session)
    assert session.scalars(select(Contact)).all() == []
    assert session.scalars(select(Contact.id)).all() == []
    assert session.get(Contact, deleted) is None
    assert session.scalars(select(Prospect).join(Prospect.contacts)).all() == []
    for option in (selectinload(Prospect.contacts), joinedload(Prospect.contacts)):
        prospect = session.scalars(select(Prospect).options(option)).unique().one()
        assert prospect.contacts == []
        session.expunge_all()
    assert session.scalars(select(Prospect)).one().contacts == []


def test_a_query_may_ask_for_deleted_rows(session: Session) -> None:
    deleted = deleted_contact(session)
    seen = session.scalars(select(Contact).execution_options(include_deleted=True)).all()
    assert [row.id for row in seen] == [deleted]
    assert seen[0].title == "Athletic Director"


def test_a_deleted_parent_is_seen_only_from_a_query_that_asks(session: Session) -> None:
    deleted = deleted_contact(session)
    for option in (lazyload(Activity.contact), selectinload(Activity.contact), joinedload(Activity.contact)):
        assert session.scalars(select(Activity).options(option)).one().contact is None
        session.expunge_all()
        query = select(Activity).options(option).execution_options(include_deleted=True)
        seen = session.scalars(query).one().contact
        assert seen is not None
        assert seen.id == deleted
        session.expunge_all()


def test_a_statement_that_is_kept_hides_each_time_and_is_let_go(session: Session) -> None:
    deleted = deleted_contact(session)
    kept = select(Contact.id)
    for _ in range(2):
        assert session.scalars(kept).all() == []
        assert session.scalars(kept, execution_options={"include_deleted": True}).all() == [deleted]
    passing = select(Contact.title)
    assert session.scalars(passing).all() == []
    gone = weakref.ref(passing)
    del passing
    gc.collect()
    assert gone() is None


def test_every_factory_hides_however_often_it_is_told(session: Session) -> None:
    deleted = deleted_contact(session)
    session.close()
    for _ in range(30):
        factory = sessionmaker(session.get_bind())
        install_soft_delete(factory)
        install_soft_delete(factory)
        with factory() as other:
            assert other.get(Contact, deleted) is None


def test_an_id_of_a_source_names_one_record(session: Session) -> None:
    session.add(
        ExternalId(table_name="accounts", record_id="1", source="ipeds", external_id="204501", payload={"a": 1})
    )
    session.flush()
    session.add(ExternalId(table_name="accounts", record_id="2", source="ipeds", external_id="204501"))
    with pytest.raises(IntegrityError):
        session.flush()


def test_drafts_default_to_waiting(session: Session) -> None:
    draft = make_draft(session, make_contact(session))
    assert (draft.approval_status, draft.version, draft.qc_passed) == ("draft", 1, None)
    assert session.scalars(select(MessageDraft)).one() is draft


def test_a_place_is_what_one_reads() -> None:
    """*OTHER* is how the database says 'outside of the territory', and no place to show."""

    def place(state: str, city: str | None, told: str | None) -> str:
        return Prospect(state=state, city=city, account=Account(name="Acme", hq_location=told)).place

    assert place("OH", "Gambier", "Gambier, OH, USA") == "Gambier, OH"
    assert place("OH", None, None) == "OH"
    assert place("OTHER", "San Jose", "San Jose, CA, USA") == "San Jose, CA, USA"
    assert place("OTHER", "Oslo", None) == "Oslo"
    assert place("OTHER", None, None) == ""
