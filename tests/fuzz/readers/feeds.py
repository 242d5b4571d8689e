"""Feeds: bids of two formats and of tables, job openings, news."""

import gzip
import json
from functools import partial
from pathlib import Path
from typing import Any, Literal

from playbooks.feeds import load_bid_words, load_signal_words
from tests.fuzz.damage import damaged, json_cases, line_cases
from tests.fuzz.reader import TODAY, Reader, as_file
from tools.bids import Candidate, Matcher, assess, read_feed, tenders_of
from tools.bids.assess import match_json, notice_json, rebid_json
from tools.bids.reading import notice_again
from tools.bids.table import UnknownColumn
from tools.reading import UnreadableFile
from tools.signals import read_texts
from tools.signals.scan import scan

SAM: dict[str, Any] = {
    "totalRecords": 2,
    "opportunitiesData": [
        {
            "noticeId": "1",
            "title": "Replace Softball Field Lights - Amendment 0002",
            "solicitationNumber": "W911SA-26-R-0007",
            "fullParentPathName": "DEPT OF DEFENSE.DEPT OF THE ARMY.COMMAND",
            "postedDate": "2026-02-01",
            "type": "Solicitation",
            "responseDeadLine": "2026-03-01T16:00:00-04:00",
            "naicsCode": "238210",
            "naicsCodes": ["238210"],
            "classificationCode": "Z1PA",
            "active": "Yes",
            "pointOfContact": [{"email": "desk@army.example"}],
            "description": "New LED lights for the field.",
            "officeAddress": {"city": "Akron", "state": "OH"},
            "placeOfPerformance": {"city": {"name": "Tomah"}, "state": {"code": "WI"}, "country": {"code": "USA"}},
            "uiLink": "https://sam.example/1",
        },
        {
            "noticeId": "2",
            "title": "Rebid: Stadium lighting",
            "department": "Oakmont College",
            "office": "Works",
            "type": "Award Notice",
        },
    ],
}
OCDS: dict[str, Any] = {
    "releases": [
        {
            "ocid": "o-1",
            "id": "1-1",
            "date": "2026-02-01T09:00:00Z",
            "tag": ["tender"],
            "parties": [
                {
                    "id": "K",
                    "name": "Oakmont College",
                    "roles": ["buyer"],
                    "identifier": {"legalName": "Oakmont"},
                    "address": {"locality": "Akron", "region": "OH", "countryName": "United States"},
                    "contactPoint": {"email": "buy@oakmont.example", "url": "https://oakmont.example"},
                }
            ],
            "buyer": {"name": "Oakmont College"},
            "tender": {
                "id": "77",
                "title": "Athletic field lighting",
                "description": "Lights for soccer.",
                "status": "active",
                "tenderPeriod": {"endDate": "2026-04-01T18:00:00Z"},
                "lots": [{"title": "Poles"}],
                "items": [{"description": "Floodlights", "classification": {"scheme": "CPV", "id": "31518100.0"}}],
                "documents": [{"url": "https://tenders.example/77.html"}],
            },
        },
        {
            "ocid": "o-1",
            "id": "1-2",
            "date": "2026-02-20",
            "tag": ["tenderAmendment"],
            "tender": {"id": "77", "status": "cancelled"},
        },
    ]
}
BIDS_TABLE = (
    b"Bid ID,Title,Agency,State,City,Posted Date,Due Date,Description,URL,Email\nB-1,Field lights,Oakmon"
    b"t College,OH,Akron,"
    b"02/01/2026,03/15/2026,LED lights for the stadium,https://oakmont.example/b1,buy@oakmont.example\nB-2,Mowing,Elm,PA,,,,,,\n"
)
JOBS: list[Any] = [
    {
        "title": "Senior QA Automation Engineer",
        "company": {"name": "Plainrun"},
        "location": ["Remote", "Ohio"],
        "department": "Engineering",
        "description": "Playwright, flaky tests, CI for our software platform",
        "url": "https://plainrun.example/j/1",
        "posted": "2026-02-20",
    },
    {"title": "Quality Technician", "company": "Kite", "location": "Akron", "posted_at": 1767225600},
]
NEWS: list[Any] = [
    {
        "headline": "Plainrun raises $12M",
        "text": "Plainrun raised $12 million in a Series A led by Elm. It hired Sam Roe as CTO in 2025.",
        "company": "Plainrun",
        "date": "2026-02-01",
        "url": "https://news.example/1",
    },
]
OPENINGS_TABLE = b"Company,Job Title,Location,Posted,Link\nPlainrun,SDET,Remote,2026-02-01,https://plainrun.example/2\n"
INTENT_TABLE = (
    b"Company,Website,Last Raised At,Latest Funding,Primary Intent Topic\n"
    b"Kite,kite.example,2026-01-05,Series A,test automation\n"
)
PLAIN = (
    b"Oakmont College voters approved a bond for new stadium lights.\n\n"
    b"The board named Kim Lee athletic director on Monday.\n"
)


def _bids(name: str, data: bytes, folder: Path) -> Any:
    feed = read_feed(as_file(folder, name, data))
    tenders = tenders_of(feed.notices)
    words = load_bid_words("sports-lighting")
    known = [Candidate("1", "Oakmont College", "OH", "Akron"), Candidate("2", "Elm University", "PA", "Erie")]
    judged = assess(tenders, words, Matcher(known, words.match))
    for notice in feed.notices[:50]:
        again = notice_again(json.loads(json.dumps(feed.record(notice))))
        assert again is not None
        assert again.key == notice.key
    return [
        *(
            [match_json(one.match), rebid_json(one.rebid), one.relevance, one.tender.title, one.tender.description]
            for one in judged
        ),
        *(notice_json(one) for one in feed.notices),
        *(one.payload for one in feed.notices),
        *(one.reason for one in feed.refused),
    ]


def _packed(data: bytes, folder: Path) -> Any:
    return _bids("feed.json.gz", data, folder)


def _signals(
    name: str, data: bytes, folder: Path, kind: Literal["openings", "news", "organisations"] | None = None
) -> Any:
    texts = read_texts(as_file(folder, name, data), kind=kind)
    found: list[Any] = [texts]
    for playbook in ("qa-software", "sports-lighting"):
        words = load_signal_words(playbook)
        found.append(scan(texts, words).as_json(words, TODAY))
    return found


SAM_BYTES, OCDS_BYTES = json.dumps(SAM).encode(), json.dumps(OCDS).encode()
PACKED = (gzip.compress(SAM_BYTES, mtime=0), gzip.compress(BIDS_TABLE, mtime=0))
TABLES = (OPENINGS_TABLE, INTENT_TABLE)
_REFUSED = (UnreadableFile, UnknownColumn)
READERS = (
    Reader(
        "bids, SAM.gov",
        partial(_bids, "feed.json"),
        json_cases(SAM, SAM["opportunitiesData"]),
        (SAM_BYTES,),
        _REFUSED,
        20_000_000,
    ),
    Reader(
        "bids, OCDS",
        partial(_bids, "feed.json"),
        json_cases(OCDS, {"records": [{"compiledRelease": OCDS["releases"][0]}]}),
        (OCDS_BYTES,),
        _REFUSED,
        20_000_000,
    ),
    Reader(
        "bids, JSON lines",
        partial(_bids, "feed.jsonl"),
        line_cases(*OCDS["releases"]) | line_cases(*SAM["opportunitiesData"]),
        (),
        _REFUSED,
        20_000_000,
    ),
    Reader("bids, table", partial(_bids, "feed.csv"), damaged(BIDS_TABLE), (BIDS_TABLE,), _REFUSED, 20_000_000),
    Reader("bids, packed", _packed, damaged(*PACKED), (PACKED[0],), _REFUSED, 20_000_000, 0.5),
    Reader(
        "signals, JSON",
        partial(_signals, "feed.json"),
        json_cases(JOBS, {"jobs": JOBS}, NEWS),
        (json.dumps(JOBS).encode(), json.dumps(NEWS).encode()),
        (UnreadableFile,),
        20_000_000,
    ),
    Reader(
        "signals, JSON lines",
        partial(_signals, "feed.jsonl"),
        line_cases(*JOBS) | line_cases(*NEWS),
        (),
        (UnreadableFile,),
        20_000_000,
        0.5,
    ),
    Reader("signals, table", partial(_signals, "feed.csv"), damaged(*TABLES), TABLES, (UnreadableFile,), 20_000_000),
    Reader("signals, text", partial(_signals, "feed.txt"), damaged(PLAIN), (PLAIN,), (UnreadableFile,)),
)
