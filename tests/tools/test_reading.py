import hashlib
from pathlib import Path

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
        ("Name,City\nA,B\n".encode("utf-16"), "UTF-16"),
        (b"Name\x00,City\nA,B\n", "binary"),
        ("Name,City\nJosé,Kraków\n".encode("iso8859-2"), "not UTF-8"),
        (b"Name,City\n" + b'"' + b"x" * 140_000 + b'",y\n', "cannot be read"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(UnreadableFile, match=told):
        read_table(written(tmp_path, content))


def test_a_missing_file_and_another_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no file"):
        read_table(tmp_path / "none.csv")
    path = written(tmp_path, "A,B\n1,2\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_table(path, digest).sha256 == digest
    with pytest.raises(UnreadableFile, match="not the file that was checked"):
        read_table(path, "0" * 64)
