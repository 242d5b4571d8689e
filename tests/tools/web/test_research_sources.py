"""Pages become the researcher's documents: picked by number, kept with their text, refused with a reason."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import Account, AgentRun, ExternalId, ResearchFact, ResearchSnapshot
from tests.support.quoted import unsupported
from tests.support.web_site import WebSite
from tools.research.facts import fact_key
from tools.web.document import Page
from tools.web.facts import PageFact
from tools.web.fetcher import Fetcher
from tools.web.outcome import Limits, PageRefused, Reason
from tools.web.picker import Picker, promises
from tools.web.reader import Reading
from tools.web.research_sources import kept_pages, store_page
from tools.web.search import SearchFailed, SearXng

URL = "https://hilltop.example/about"


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite() as made:
        yield made


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url) as made, acting_as("user"):
        yield made


def picker(site: WebSite, fetcher: Fetcher, **more: int) -> Picker:
    return Picker(fetcher, ("Hilltop College",), own_domains={"127.0.0.1"}, **more)


async def test_pages_are_picked_by_number_from_what_code_listed(site: WebSite) -> None:
    limits = Limits(seconds=5.0, delay=0.0)
    async with Fetcher(limits=limits, allow_origin=site.origin) as fetcher:
        pages = picker(site, fetcher)
        pages.offer([(site.url("/about"), "about"), (site.url("/about"), "again")], same_site=False)
        assert [choice.number for choice in pages.choices()] == [1]
        assert await pages.read(7) is None
        first = await pages.read(1)
        assert isinstance(first, Reading)
        assert {fact.sentence for fact in first.facts} >= {"Hilltop College has 2,310 students."}
        assert {choice.text: choice.number for choice in pages.choices()} == {
            "Staff directory": 2,
            "News: lights": 3,
            "Stadium": 4,
            "Home": 5,
        }
        promising = [choice.number for choice in pages.choices() if promises(choice.text)]
        assert promising == [2, 3, 4]
        for number in promising:
            assert isinstance(await pages.read(number), Reading)
        assert "outside" not in {choice.text for choice in pages.choices()}


async def test_another_process_goes_on_where_one_was_cut_off(site: WebSite) -> None:
    async with Fetcher(limits=Limits(seconds=5.0, delay=0.0), allow_origin=site.origin) as fetcher:
        pages = picker(site, fetcher)
        pages.offer([(site.url("/about"), "a"), (site.url("/to-metadata"), "b")], same_site=False)
        await pages.read(1)
        await pages.read(2)
        again = picker(site, fetcher)
        again.restore(json.loads(json.dumps(pages.state())))
    assert again.choices() == pages.choices()
    assert (again.left, again.record()) == (pages.left, pages.record())
    assert again.tried(1) == (site.url("/about"), site.url("/about"))
    assert again.tried(2) == (site.url("/to-metadata"), None)
    assert again.tried(3) is None


async def test_links_to_pages_that_are_kept_are_not_offered_again(site: WebSite) -> None:
    async with Fetcher(limits=Limits(seconds=5.0, delay=0.0), allow_origin=site.origin) as fetcher:
        pages = Picker(fetcher, ("Hilltop College",), kept={site.url("/staff"), site.url("/about")})
        pages.offer([(site.url("/about"), "given")], same_site=False)
        await pages.read(1)
    assert "Staff directory" not in {choice.text for choice in pages.choices()}


async def test_refusals_are_recorded_and_the_run_goes_on(site: WebSite) -> None:
    bad = ["/to-metadata", "/private/plans", "/endless", "/pdf", "/nowhere"]
    limits = Limits(seconds=5.0, delay=0.0)
    async with Fetcher(limits=limits, allow_origin=site.origin) as fetcher:
        pages = picker(site, fetcher)
        pages.offer([(site.url(path), path) for path in [*bad, "/stadium"]], same_site=True)
        answers = [await pages.read(number) for number in range(1, 7)]
    assert [answer.reason for answer in answers[:5] if isinstance(answer, PageRefused)] == [
        Reason.PRIVATE_ADDRESS,
        Reason.ROBOTS,
        Reason.TOO_LARGE,
        Reason.CONTENT_TYPE,
        Reason.STATUS,
    ]
    assert isinstance(answers[5], Reading)
    record = pages.record()
    assert [entry["refused"] for entry in record][:2] == ["private_address", "robots"]
    assert json.dumps(record)


async def test_no_more_pages_than_may_be(site: WebSite) -> None:
    async with Fetcher(limits=Limits(delay=0.0), allow_origin=site.origin) as fetcher:
        pages = picker(site, fetcher, most=1)
        pages.offer([(site.url("/about"), "a"), (site.url("/staff"), "b")], same_site=True)
        assert await pages.read(1) is not None
        assert await pages.read(2) is None


def page(text: str, url: str = URL) -> Reading:
    fact = PageFact("company_metrics", "students", "Hilltop College", text, text, 4)
    return Reading(Page(url, "About", text, "main", date(2026, 3, 2), ""), (fact,))


def test_a_page_is_kept_once_and_becomes_a_document(database: Database) -> None:
    account = database.write_sync(lambda s: _account(s, "Hilltop College"))
    for text in ("first", "first", "second"):
        database.write_sync(lambda s, text=text: store_page(s, account, page(text)).id)
    assert database.read_sync(lambda s: s.scalar(select(func.count()).select_from(ExternalId))) == 1
    (source,) = database.read_sync(lambda s: kept_pages(s, account, ("Hilltop College",), first=4))
    assert (source.number, source.title, source.text, source.url) == (4, "About", "second", URL)
    assert source.observed_on == "2026-03-02"
    assert source.page is not None
    assert source.page.names == ("Hilltop College",)
    assert [(fact.sentence, fact.confidence) for fact in source.page.stated] == [("second", 4)]
    for days, seen in ((-1, 1), (1, 0)):
        since = datetime.now(UTC) + timedelta(days=days)
        assert len(database.read_sync(lambda s, t=since: kept_pages(s, account, (), seen_since=t))) == seen


def test_two_organisations_may_keep_the_same_page(database: Database) -> None:
    first = database.write_sync(lambda s: _account(s, "Hilltop College"))
    second = database.write_sync(lambda s: _account(s, "Valley College"))
    for account in (first, second, first, second):
        database.write_sync(lambda s, a=account: store_page(s, a, page(f"text of {a}")).id)
    assert database.read_sync(lambda s: s.scalar(select(func.count()).select_from(ExternalId))) == 2
    for account in (first, second):
        (source,) = database.read_sync(lambda s, a=account: kept_pages(s, a, ()))
        assert (source.text, source.url) == (f"text of {account}", URL)


def test_a_text_that_a_fact_rests_on_is_not_lost(database: Database) -> None:
    account = database.write_sync(lambda s: _account(s, "Hilltop College"))
    database.write_sync(lambda s: store_page(s, account, page("Enrollment is 2,310.")).id)
    database.write_sync(lambda s: _fact(s, account, "Enrollment is 2,310."))
    for text in ("Enrollment is 2,400.", "Nothing is said.", "Nothing at all."):
        database.write_sync(lambda s, text=text: store_page(s, account, page(text)).id)
    assert database.read_sync(lambda s: unsupported(s, account)) == []
    payload = database.read_sync(lambda s: s.scalars(select(ExternalId.payload)).one())
    assert payload is not None
    assert [old["text"] for old in payload["earlier"]] == ["Enrollment is 2,310."]
    database.write_sync(lambda s: _fact(s, account, "Enrollment is 9."))
    assert len(database.read_sync(lambda s: unsupported(s, account))) == 1


def _account(session: Session, name: str) -> str:
    row = Account(name=name)
    session.add(row)
    session.flush()
    return row.id


def _fact(session: Session, account: str, quote: str) -> None:
    run = AgentRun(agent_name="researcher", run_type="research", status="running")
    session.add(run)
    session.flush()
    snapshot = ResearchSnapshot(account_id=account, entity_type="company", agent_run_id=run.id)
    session.add(snapshot)
    session.flush()
    session.add(
        ResearchFact(
            snapshot_id=snapshot.id,
            account_id=account,
            field="company_metrics",
            sentence=quote,
            quote=quote,
            source_url=URL,
            confidence=4,
            fact_key=fact_key(account, "company_metrics", quote),
            agent_run_id=run.id,
        )
    )


async def test_searxng(site: WebSite) -> None:
    hits = [
        {"url": "https://hilltop.example/a", "title": "A  page", "content": "words"},
        {"url": "https://hilltop.example/a", "title": "again"},
        {"url": "http://169.254.169.254/", "title": "inside"},
        {"url": "javascript:alert(1)", "title": "odd"},
        {"url": 7},
        "nonsense",
        {"url": "https://valley.example/"},
    ]
    site.serve("/search?q=hilltop+stadium&format=json", json.dumps({"results": hits}), "application/json")
    found = await SearXng(site.origin).search(" hilltop  stadium ", 5)
    assert [(hit.url, hit.title) for hit in found] == [
        ("https://hilltop.example/a", "A page"),
        ("https://valley.example/", ""),
    ]
    assert len(await SearXng(site.origin + "/").search("hilltop stadium", 1)) == 1
    assert await SearXng(site.origin).search("   ", 5) == []


@pytest.mark.parametrize("body", ["not json", "[]", '{"results": 3}', "x" * 1_200_000])
async def test_a_search_engine_that_answers_badly(site: WebSite, body: str) -> None:
    site.serve("/search?q=x&format=json", body, "application/json")
    if body == '{"results": 3}':
        assert await SearXng(site.origin).search("x", 5) == []
        return
    with pytest.raises(SearchFailed):
        await SearXng(site.origin).search("x", 5)


async def test_a_search_engine_that_is_not_there() -> None:
    with pytest.raises(SearchFailed, match="could not be asked"):
        await SearXng("http://127.0.0.1:9").search("x", 5)
    with pytest.raises(ValueError, match="http"):
        SearXng("ftp://search.example")
