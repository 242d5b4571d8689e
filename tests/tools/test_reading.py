"""Tables in files: encodings, delimiters, workbooks, JSON."""

import hashlib
import json
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from tools.reading import UnreadableFile, read_table


def written(folder: Path, content: str | bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    lines = [["Name", "City"], ["Oakmont College", "Akron"], ["Elm, Ash & Co; Ltd", "Erie"]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    table = read_table(written(tmp_path, text))
    assert table.columns == ("Name", "City")
    assert [row.cells["Name"] for row in table.rows()] == ["Oakmont College", "Elm, Ash & Co; Ltd"]


def test_a_byte_order_mark_quoted_line_breaks_and_short_rows_are_read(tmp_path: Path) -> None:
    text = '\ufeffName,Notes,City\r\nA,"one\r\ntwo",Akron\r\n\r\nB\r\n'
    table = read_table(written(tmp_path, text))
    rows = list(table.rows())
    assert table.columns[0] == "Name"
    assert rows[0].cells == {"Name": "A", "Notes": "one\r\ntwo", "City": "Akron"}
    assert rows[1].cells == {"Name": "B", "Notes": "", "City": ""}


def test_columns_without_a_name_or_of_one_name_stay_apart(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "Email,,Email\na@x.example,1,b@x.example\n"))
    assert table.columns == ("Email", "(column 2)", "Email (2)")
    assert table.samples[0].cells["Email (2)"] == "b@x.example"


def test_a_row_with_more_cells_than_the_header_says_so(tmp_path: Path) -> None:
    rows = list(read_table(written(tmp_path, "A,B\n1,2\n1,2,3\n1,2,,\n")).rows())
    assert [row.extra for row in rows] == [0, 1, 0]


def test_values_are_different_ones_without_blanks(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "A,B\nx,1\n,1\ny,1\nx,1\n"))
    assert table.values("A") == ["x", "y"]
    assert table.values("A", most=1) == ["x"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\n\n", "no header"),
        (b"Name,City\n", "no rows"),
        (b"PK\x03\x04rest of a workbook", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"<html><table><tr><td>A", "web page"),
        (bytes(range(256)) * 40, "binary"),
        (b"[]", "no records"),
        (b'{"a": 1, "b": [{"c": 1}], "d": [{"c": 2}]}', "longer than its others"),
        (b'[{"a": 1}, {"a": ', "no sound JSON"),
        (b'{"a": 1}\n{"a" 2}\n', "line 2 is no sound JSON"),
        (b'[{"a":' + b"[" * 100_000, "JSON"),
        (",".join(f"c{n}" for n in range(501)).encode() + b"\n1\n", "at most 500"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(UnreadableFile, match=told):
        read_table(written(tmp_path, content))


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", "Müller, Łódź"),
        ("utf-16", "Müller, Łódź"),
        ("utf-16-le", "Müller"),
        ("utf-32", "Müller"),
        ("cp1252", "Müller – “Größe” naïve façade, São Paulo"),
        ("cp1250", "Łódź, Kraków, Žižkov, příliš žluťoučký kůň, dvořák, łąka, źdźbło"),
        ("cp1251", "Москва, Санкт-Петербург, Новосибирск, Екатеринбург и область"),
    ],
)
def test_encodings_are_found(tmp_path: Path, encoding: str, text: str) -> None:
    content = "Name;Ort\n" + "".join(f"{text};Stadt {n}\n" for n in range(20))
    table = read_table(written(tmp_path, content.encode(encoding)))
    assert table.columns == ("Name", "Ort")
    assert {row.cells["Name"] for row in table.rows()} == {text}


def test_a_bad_byte_far_down_costs_its_letter_only(tmp_path: Path) -> None:
    rows = "".join(f"José {n},Kraków\n" for n in range(40_000)).encode()
    table = read_table(written(tmp_path, b"Name,City\n" + rows + b"Jos\xe9,Erie\n"))
    last = list(table.rows())[-1]
    assert last.cells == {"Name": "Jos\ufffd", "City": "Erie"}
    assert "broken bytes" in table.notes[0]


def test_nul_bytes_are_left_out(tmp_path: Path) -> None:
    rows = "".join(f"A{n},Erie\n" for n in range(100)).encode()
    table = read_table(written(tmp_path, b"Na\x00me,City\n" + rows))
    assert table.columns == ("Name", "City")


LINKEDIN = """Notes:
"When exporting your connection data, you may notice that some of the e-mail addresses are missing, since …"

First Name,Last Name,URL,Email Address,Company,Position,Connected On
Kim,Lee,https://www.linkedin.com/in/kim-lee-invented,,Oakline,QA Director,21 Aug 2026
"""


def test_notes_above_the_header_are_passed_over(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, LINKEDIN))
    assert table.columns[:3] == ("First Name", "Last Name", "URL")
    assert [(row.number, row.cells["Company"]) for row in table.rows()] == [(5, "Oakline")]
    assert table.notes == ("2 lines above the header passed over",)


def test_rows_without_a_header_get_numbered_columns(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "Kim,Lee,kim@oakline.example\nSam,Roe,sam@oakline.example\n"))
    assert table.columns == ("(column 1)", "(column 2)", "(column 3)")
    assert len(list(table.rows())) == 2


def test_columns_that_differ_in_case_only_stay_apart(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "Email,EMAIL\na,b\n")).columns == ("Email", "EMAIL (2)")


def test_odd_quotes_cost_their_own_row_only(tmp_path: Path) -> None:
    text = 'Name,Note,City\nA,"he said ""hi""",Erie\nB,6" pipe,Akron\nC,"open,Erie\nD,x,Akron\n' + "E,y,Erie\n" * 2000
    rows = list(read_table(written(tmp_path, text)).rows())
    assert [row.cells["Note"] for row in rows[:4]] == ['he said "hi"', '6" pipe', "open", "x"]
    assert len(rows) == 2004


def test_single_quotes_backslashes_and_a_sep_line(tmp_path: Path) -> None:
    single = "'Name','City','State'\n'O\\'Neil, Kim','Erie','PA'\n'Lee','Akron','OH'\n"
    assert next(read_table(written(tmp_path, single)).rows()).cells["Name"] == "O'Neil, Kim"
    escaped = '"Name","Note"\n"A","say \\"hi\\", please"\n'
    assert next(read_table(written(tmp_path, escaped)).rows()).cells["Note"] == 'say "hi", please'
    assert read_table(written(tmp_path, "sep=;\nName;Betrag\nA;1,5\nB;2,5\n")).columns == ("Name", "Betrag")
    assert read_table(written(tmp_path, "Name;Betrag;Ort\nA;1,5;x\nB;2,5;y\n")).dialect.delimiter == ";"


def test_a_huge_cell_is_cut_and_the_rest_is_read(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, b'Name,City\n"' + b"x" * 300_000 + b'",Erie\nA,Akron\n'))
    assert [(len(r.cells["Name"]), r.cells["City"]) for r in table.rows()] == [(20_000, "Erie"), (1, "Akron")]


def test_of_several_arrays_the_longest_is_read_and_that_is_said(tmp_path: Path) -> None:
    text = '{"errors": [{"code": 1}], "people": [{"name": "Kim"}, {"name": "Sam"}], "total": 2}'
    table = read_table(written(tmp_path, text))
    assert [row.cells for row in table.rows()] == [{"name": "Kim"}, {"name": "Sam"}]
    assert table.notes == ("the records of 'people' (2) are read, those of 'errors' (1) are not",)


def test_json_arrays_objects_and_lines_are_flattened(tmp_path: Path) -> None:
    people = [{"name": "Kim", "company": {"name": "Oakline", "size": 60.0}, "tags": ["qa", "ci"], "ok": True},
              {"name": "Sam", "company": None, "zip": "01234"}]  # fmt: skip
    expected = ("name", "company.name", "company.size", "tags", "ok", "company", "zip")
    for text in (json.dumps(people), json.dumps({"total": 2, "data": people}), "\n".join(map(json.dumps, people))):
        table = read_table(written(tmp_path, text, "file.json"))
        assert table.columns == expected
        kim, sam = table.rows()
        assert (kim.cells["company.size"], kim.cells["tags"], kim.cells["ok"]) == ("60.0", "qa; ci", "true")
        assert (sam.cells["zip"], sam.cells["company.name"]) == ("01234", "")


def test_a_json_array_is_streamed_over_pieces(tmp_path: Path) -> None:
    people = [{"n": n, "text": "ä" * 500} for n in range(5000)]
    table = read_table(written(tmp_path, json.dumps(people, ensure_ascii=False), "file.json"))
    assert [row.cells["n"] for row in table.rows()] == [str(n) for n in range(5000)]


def test_a_workbook_is_read_as_people_see_it(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Cover"
    sheet = book.create_sheet("Leads")
    for row in (["Export of our leads"], [], ["Name", "Employees", "Since", "Rate", "Email"],
                ["Oakline", 350, datetime(2026, 8, 1), 0.1 + 0.2, "kim@oakline.example"],  # noqa: DTZ001
                ["Elm", 12165550134, datetime(2026, 8, 1, 9, 30), True, None]):  # fmt: skip  # noqa: DTZ001
        sheet.append(row)
    path = tmp_path / "leads.xlsx"
    book.save(path)
    table = read_table(path)
    assert (table.form, table.notes) == ("workbook", ("sheet 'Leads'", "1 line above the header passed over"))
    first, second = table.rows()
    assert (first.number, first.cells) == (
        4, {"Name": "Oakline", "Employees": "350", "Since": "2026-08-01", "Rate": "0.3",
            "Email": "kim@oakline.example"},
    )  # fmt: skip
    assert (second.cells["Employees"], second.cells["Since"]) == ("12165550134", "2026-08-01 09:30:00")
    assert second.cells["Rate"] == "TRUE"


def test_a_profile_tells_what_columns_hold(tmp_path: Path) -> None:
    columns = read_table(written(tmp_path, "A,B,C\nx,1,\nx,2,\ny,3,\n")).profile()
    assert [(c.values, c.filled, c.distinct) for c in columns] == [
        (("x", "y"), 1.0, 0.67), (("1", "2", "3"), 1.0, 1.0), ((), 0.0, 0.0)
    ]  # fmt: skip


def test_a_missing_file_and_another_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no file"):
        read_table(tmp_path / "none.csv")
    path = written(tmp_path, "A,B\n1,2\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_table(path, digest).sha256 == digest
    with pytest.raises(UnreadableFile, match="not the file that was checked"):
        read_table(path, "0" * 64)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_nul_is_left_out_of_wide_encodings_too(tmp_path: Path, encoding: str) -> None:
    table = read_table(written(tmp_path, "Name,City\nOak\0mont,Akron\n".encode(encoding)))
    assert [row.cells for row in table.rows()] == [{"Name": "Oakmont", "City": "Akron"}]


def test_what_no_database_keeps_is_left_out_of_json_keys_and_values(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, '[{"Na\\ud800me": "a\\u0000b"}]', "file.json"))
    assert [row.cells for row in table.rows()] == [{"Na?me": "ab"}]


def test_a_workbook_with_a_broken_sheet_is_told_in_words(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Name", "City"])
    book.save(tmp_path / "whole.xlsx")
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(broken, "w") as made:
        for name in whole.namelist():
            data = whole.read(name)
            made.writestr(name, data.replace(b'r="1"', b"r=1") if name.endswith("sheet1.xml") else data)
    with pytest.raises(UnreadableFile, match="is a broken workbook"):
        read_table(broken)
