"""Lists that somebody has: delimited text, workbooks, JSON; and what an import makes of their rows."""

import io
import json
import zipfile
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from langchain_core.messages import HumanMessage, ToolMessage

from agents.prospector import material
from agents.prospector_policy import policy
from playbooks import load_playbook
from tests.fuzz.damage import Step, apply, damaged, json_cases, line_cases, steps
from tests.fuzz.reader import Reader, as_file
from tools.dedupe.files import NothingToCompare, as_json, compare_files
from tools.importing import FileInfo, ImportJob, RejectFile, kind_of
from tools.importing.mapping import Mapped
from tools.importing.trial import try_rows
from tools.reading import MAX_CELL, UnreadableFile, read_table

COLLEGES = (
    b'UNITID,Institution,Website,Division,City,State,Students,Founded\n101,Oakmont College,www.oakmont.example,"NCAA '
    b'Division III (with football)",Akron,OH,1205,1891\n102,"Elm University, Main",https://elm.example/,NCAA Division '
    b'I-FBS,Erie,PA,"12,000",1902\n104,Farstate College,farstate.example,NCAA Division II,Reno,Nevada,3000,\n'
)
PEOPLE = (
    "First;Last;Title;Email;Phone;LinkedIn;Company;City;State;Notes\r\nKim;Lee;Athletic Director;Kim.Le"
    "e@oakmont.example;"
    '(330) 555-0142;linkedin.com/in/kim-lee;Oakmont College;Akron;OH;"met in May;\r\ncalls back"\r\nJürgen;Weber;CFO;'
    "j@elm.example;+49 30 555;;Elm University;Erie;PA;\r\n"
).encode("cp1252")
STADIUMS = (
    b"Stadium\tCapacity\tConference\tBuilt\tUNITID\nQuarry Field\t1,500\tLakes\t1931\t101\nElm Bowl\t30000\t\t\t102\n"
)
OPENINGS = (
    b"Company|Domain|Title|Location|Posted|Link\nPlainrun|plainrun.example|QA Engineer (m/f)|Pittsburgh|2026-02-01|"
    b"https://plainrun.example/jobs/1\nKite|kite.example|SDET|Remote|01.02.2026|\n"
)
RECORDS: list[Any] = [
    {"id": 7, "name": "Oakmont College", "site": {"domain": "oakmont.example", "city": "Akron"}, "size": 1205.0},
    {"id": 8, "name": "Elm", "site": None, "tags": ["a", "b"], "people": [{"first": "Kim", "email": "k@elm.example"}]},
]


def _table(name: str, data: bytes, folder: Path) -> Any:
    table = read_table(as_file(folder, name, data))
    rows = [row.cells for row in table.rows()]
    assert all(len(cell) <= MAX_CELL for cells in rows for cell in cells.values())
    profile = table.profile()
    return [table.columns, table.notes, table.sheet, profile, rows[:2000]]


@cache
def workbook() -> bytes:
    """A small workbook with what cells can hold."""
    from datetime import UTC, date, datetime, time

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Institution", "Students", "Founded", "Visited", "Public", "Opens"],
        [
            "Oakmont College",
            1205,
            date(1891, 9, 1),
            datetime(2026, 3, 2, 10, 30, tzinfo=UTC).replace(tzinfo=None),
            True,
            time(9),
        ],
        ["Elm", 0.5, None, "=SUM(B2:B3)", False, "x"],
    ):
        sheet.append(row)
    book.create_sheet("Hidden").sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _repacked(which: int, made_steps: list[Step]) -> bytes:
    """The workbook with one of the files inside damaged, so that the archive around it is sound."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as book, zipfile.ZipFile(out, "w") as made:
        names = book.namelist()
        for number, name in enumerate(names):
            inner = book.read(name)
            made.writestr(name, apply(inner, made_steps, (inner,)) if number == which % len(names) else inner)
    return out.getvalue()


def _workbooks() -> st.SearchStrategy[bytes]:
    inside = st.builds(_repacked, st.integers(0, 20), steps(3))
    return inside | inside | st.deferred(lambda: damaged(workbook()))


def _mapped(table: Any, file: FileInfo) -> Mapped | None:
    """The mapping that the rules find, as the agent is asked for it."""
    told = HumanMessage(json.dumps(material(file, table)))
    messages: list[Any] = [told]
    for _ in range(3):
        said = policy(messages, tools=("see_values", "save_mapping"), schema=None)
        saved = next((call["args"] for call in said.tool_calls if call["name"] == "save_mapping"), None)
        if saved is not None:
            columns = {one["field"]: one["column"] for one in saved["columns"]}
            return Mapped(saved["entity"], columns, saved["id_column"], 0.9)
        messages.append(said)
        for call in said.tool_calls:
            seen = {"column": call["args"]["column"], "values": table.values(call["args"]["column"])}
            messages.append(ToolMessage(json.dumps(seen), tool_call_id=call["id"] or "", name=call["name"]))
    return None


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _numbers(inner)


def _import(playbook: str, data: bytes, folder: Path) -> Any:
    """What `outreach import --dry-run` does, the refused rows written as it writes them."""
    path = as_file(folder, "list.csv", data)
    table = read_table(path)
    file = FileInfo.of({"path": str(path)}, table.columns)
    mapped = _mapped(table, file)
    if mapped is None:
        return None
    job = ImportJob(load_playbook(playbook), "a" * 32, file, mapped, kind_of(None, mapped))
    with RejectFile(folder / "list.rejected.csv", table) as sink:
        trial = try_rows(job, table, sink)
    assert all(abs(number) < 2**31 for number in _numbers(trial.examples)), "no INTEGER column holds it"
    return [trial.examples, trial.refused, trial.remarks, mapped.columns]


def _compared(data: bytes, folder: Path) -> Any:
    return as_json(compare_files([as_file(folder, "one.csv", data)]))


LISTS = (COLLEGES, PEOPLE, STADIUMS, OPENINGS)
READERS = (
    Reader("table of text", partial(_table, "list.csv"), damaged(*LISTS), LISTS, (UnreadableFile,), 40_000_000, 2),
    Reader("workbook", partial(_table, "list.xlsx"), _workbooks(), (workbook(),), (UnreadableFile,), 40_000_000),
    Reader(
        "table of JSON",
        partial(_table, "list.json"),
        json_cases(RECORDS, {"results": RECORDS, "page": 1}, {"data": {"items": RECORDS}}),
        (json.dumps(RECORDS).encode(), json.dumps({"results": RECORDS, "page": 1}).encode()),
        (UnreadableFile,),
        40_000_000,
    ),
    Reader(
        "table of JSON lines",
        partial(_table, "list.jsonl"),
        line_cases(*RECORDS),
        ("\n".join(map(json.dumps, RECORDS)).encode(),),
        (UnreadableFile,),
        40_000_000,
    ),
    Reader(
        "import, sports",
        partial(_import, "sports-lighting"),
        damaged(COLLEGES, STADIUMS, PEOPLE),
        (COLLEGES, STADIUMS, PEOPLE),
        (UnreadableFile,),
        share=0.4,
    ),
    Reader(
        "import, software",
        partial(_import, "qa-software"),
        damaged(PEOPLE, OPENINGS),
        (PEOPLE, OPENINGS),
        (UnreadableFile,),
        share=0.4,
    ),
    Reader(
        "dedupe",
        _compared,
        damaged(COLLEGES, PEOPLE),
        (COLLEGES, PEOPLE),
        (UnreadableFile, NothingToCompare),
        share=0.5,
    ),
)
