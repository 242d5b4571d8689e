"""Files are whole, private, and never replaced by accident."""

import stat
from pathlib import Path

import pytest

from outreach.errors import Complaint
from outreach.pages.files import write_private


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = write_private(tmp_path / "new" / "page.html", b"one", force=False)
    assert path.read_bytes() == b"one"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["page.html"]


def test_an_existing_file_stays_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"mine")
    path.chmod(0o644)
    with pytest.raises(Complaint, match="is there already"):
        write_private(path, b"two", force=False)
    assert path.read_bytes() == b"mine"
    write_private(path, b"two", force=True)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_a_file_that_appears_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"theirs")
    monkeypatch.setattr(Path, "exists", lambda _self: False)
    with pytest.raises(Complaint, match="is there already"):
        write_private(path, b"ours", force=False)
    assert path.read_bytes() == b"theirs"
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_a_folder_or_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(Complaint, match="is a folder"):
        write_private(tmp_path, b"", force=True)
    (tmp_path / "file").touch()
    with pytest.raises(Complaint, match="cannot be written"):
        write_private(tmp_path / "file" / "page.html", b"", force=False)
