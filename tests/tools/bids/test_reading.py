"""Feeds of tenders in the formats as they come, and the notices of one tender put together."""

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from tools.bids import read_feed, tenders_of
from tools.bids.notices import number_key, title_key, without_amendment
from tools.bids.reading import notice_again
from tools.bids.table import UnknownColumn, mapping_of
from tools.reading import UnreadableFile

DATA = Path(__file__).parent / "data"


def test_sam_json_amendments_are_one_tender() -> None:
    feed = read_feed(DATA / "sam_v2.json")
    assert (feed.format, len(feed.notices), [r.reason for r in feed.refused]) == (
        "sam_json",
        3,
        ["the notice has no title"],
    )
    lights, kit = tenders_of(feed.notices)
    assert lights.key == "W911SA26R0007"
    assert len(lights.notices) == 2
    assert lights.title == "Replace Softball Field Lights"
    assert lights.due == date(2026, 10, 15)
    assert lights.posted == date(2026, 9, 1)
    assert lights.place.state == "WI"
    assert lights.description == "Extends the closing date."
    assert ("naics", "238210") in lights.codes
    assert lights.organisation == "MISSION INSTALLATION CONTRACTING COMMAND, DEPT OF DEFENSE"
    assert kit.stage == "planned"


@pytest.mark.parametrize("page", [7, "x", None, {"opportunitiesData": 7}, {"other": []}])
def test_what_is_no_page_of_sam_json_keeps_no_other_from_being_read(tmp_path: Path, page: object) -> None:
    pages = [json.loads((DATA / "sam_v2.json").read_text()), page]
    (tmp_path / "pages.json").write_text(json.dumps(pages))
    feed = read_feed(tmp_path / "pages.json")
    assert len(feed.notices) == 3
    assert len(feed.refused) == (1 if isinstance(page, dict) else 2)


def test_ocds_releases_in_any_order_and_packing(tmp_path: Path) -> None:
    document = json.loads((DATA / "ocds_package.json").read_text())
    feed = read_feed(DATA / "ocds_package.json")
    assert [r.reason for r in feed.refused] == ["the release names no buyer"]
    (tender,) = tenders_of(feed.notices)
    assert tender.key == "ocds-ex0001-77"
    assert tender.due == date(2026, 10, 20)
    assert (tender.place.state, tender.place.city) == ("OH", "Gambier")
    assert tender.domains == ("kenyon.example",)
    assert ("cpv", "31518100") in tender.codes
    packed = {
        "records.json": {"records": [{"ocid": "ocds-ex0001-77", "releases": document["releases"][:2]}]},
        "compiled.json": {
            "records": [{"compiledRelease": document["releases"][1], "releases": [{"url": "https://x.example"}]}]
        },
        "one.json": document["releases"][1],
    }
    for name, content in packed.items():
        (tmp_path / name).write_text(json.dumps(content))
        assert tenders_of(read_feed(tmp_path / name).notices)[0].key == tender.key
    lines = tmp_path / "lines.jsonl"
    told = [{**release, "language": "en\u2028\x85"} for release in document["releases"][:2]]
    lines.write_text("\n".join(json.dumps(release, ensure_ascii=False) for release in told), encoding="utf-8")
    assert len(read_feed(lines).notices) == 2


def test_a_table_by_the_names_of_its_columns(tmp_path: Path) -> None:
    file = tmp_path / "city.csv.gz"
    file.write_bytes(
        gzip.compress(
            b"Bid No.,Project Name,Closing Date,Link\nB-1,Ballfield lights,10/05/2026,https://city.example/1\n"
            b"B-2,,10/06/2026,\nB-1,Ballfield lights,10/12/2026,https://city.example/1\n"
        )
    )
    feed = read_feed(file, buyer="City of Mason, OH")
    assert feed.mapping == {"title": "Project Name", "number": "Bid No.", "due": "Closing Date", "url": "Link"}
    assert [(r.row, r.reason) for r in feed.refused] == [(3, "the row has no title")]
    (tender,) = tenders_of(feed.notices)
    assert len(tender.notices) == 2
    # Both were kept, and reading them again from what is kept gives the same.
    assert notice_again(feed.record(feed.notices[0])) is not None
    again = notice_again(feed.record(feed.notices[0]))
    assert again is not None
    assert (again.key, again.notice_id, again.due) == (tender.key, feed.notices[0].notice_id, date(2026, 10, 5))


@pytest.mark.parametrize(
    ("status", "stage"),
    [("Open", "open"), ("Closed", "closed"), ("Awarded", "awarded"), ("Canceled", "cancelled"), ("", "open")],
)
def test_a_portals_status_says_where_a_tender_stands(tmp_path: Path, status: str, stage: str) -> None:
    (tmp_path / "bids.csv").write_text(f"Title,Buyer,Bid No,Status\nField lights,City of Mason,B-1,{status}\n")
    (notice,) = read_feed(tmp_path / "bids.csv").notices
    assert notice.stage == stage


def test_the_sam_gov_bulk_export_is_known_by_its_columns() -> None:
    columns = ["NoticeId", "Title", "Sol#", "Department/Ind.Agency", "Sub-Tier", "Office", "PostedDate", "Type",
               "ResponseDeadLine", "NaicsCode", "ClassificationCode", "PopState", "Active", "State", "City", "Link",
               "Description"]  # fmt: skip
    mapping = mapping_of(columns)
    assert mapping["number"] == "Sol#"
    assert mapping["department"] == "Department/Ind.Agency"
    assert (mapping["state"], mapping["site_state"], mapping["due"]) == ("State", "PopState", "ResponseDeadLine")
    with pytest.raises(UnknownColumn, match="no field"):
        mapping_of(columns, {"colour": "Title"})
    with pytest.raises(UnknownColumn, match="no column"):
        mapping_of(columns, {"title": "Titel"})


@pytest.mark.parametrize(
    ("content", "says"),
    [('{"a": 1}', "neither SAM.gov"), ('{"a": ', "no sound JSON"), ("Colour,Size\nred,1\n", "no column for the title")],
)
def test_other_files_are_refused(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "feed"
    file.write_text(content)
    with pytest.raises(UnreadableFile, match=says):
        read_feed(file)


def test_numbers_and_titles_of_amendments() -> None:
    assert number_key("030ADV-26-R-0025 0002", ()) == number_key("030ADV26R0025", ())
    assert number_key("RFP 1234567 Amendment 3", ()) == number_key("RFP-1234567", ())
    assert number_key("1725", ("City of Mason",)) != number_key("1725", ("City of Dayton",))
    assert number_key("N/A", ("x",)) is None
    assert without_amendment("Cannon Cafe - Amendment 0002") == "Cannon Cafe"
    assert title_key("RFP 2026 Field Lighting (rebid)") == title_key("Field Lighting")


@pytest.mark.parametrize(
    "content",
    [
        '{"ocid": ' + "[" * 5000,
        '{"ocid": 1}\n{"ocid": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"ocid": ' + "9" * 5000 + "}",
    ],
)
def test_json_beyond_bounds_is_refused_in_words(tmp_path: Path, content: str) -> None:
    (tmp_path / "feed.json").write_text(content)
    with pytest.raises(UnreadableFile, match="no sound JSON"):
        read_feed(tmp_path / "feed.json")


def test_what_no_database_keeps_does_not_come_in(tmp_path: Path) -> None:
    release = json.loads((DATA / "ocds_package.json").read_text())["releases"][1]
    release["tender"]["title"] = "Lights\0\ud800"
    release["odd"] = [float("inf")]
    (tmp_path / "one.json").write_text(json.dumps(release))
    (notice,) = read_feed(tmp_path / "one.json").notices
    assert notice.title == "Lights\ufffd\ufffd"
    assert notice.payload["odd"] == [None]


def test_roles_that_are_no_words_are_passed_over(tmp_path: Path) -> None:
    release = json.loads((DATA / "ocds_package.json").read_text())["releases"][1]
    release["parties"][0]["roles"] = [{"": ""}, "buyer"]
    (tmp_path / "one.json").write_text(json.dumps(release))
    assert len(read_feed(tmp_path / "one.json").notices) == 1
