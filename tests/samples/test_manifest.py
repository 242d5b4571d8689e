"""What each sample says of its files is true of them."""

import csv

import pytest
from pydantic import ValidationError

from samples import Manifest, UnknownSampleError, What, load_manifest, sample_dir

PLAYBOOKS = ("sports-lighting", "qa-software")


def _rows(playbook: str, name: str) -> list[dict[str, str]]:
    with (sample_dir(playbook) / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_manifest_names_every_file_and_its_columns(playbook: str) -> None:
    manifest = load_manifest(playbook)
    assert manifest.playbook == playbook
    assert {file.name for file in manifest.files} == {path.name for path in sample_dir(playbook).glob("*.csv")}
    assert manifest.files[0].what is What.ORGANISATIONS
    assert manifest.files[-1].what is What.CONTACTS
    for file in manifest.files:
        header = _rows(playbook, file.name)[0].keys()
        assert file.organisation_column in header
        assert file.id_column is None or file.id_column in header


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_row_belongs_to_an_organisation_and_ids_are_unique(playbook: str) -> None:
    manifest = load_manifest(playbook)
    first = manifest.files[0]
    organisations = {row[first.id_column or ""] for row in _rows(playbook, first.name)}
    for file in manifest.files:
        rows = _rows(playbook, file.name)
        assert {row[file.organisation_column] for row in rows} <= organisations
        if file.id_column is not None:
            ids = [row[file.id_column] for row in rows]
            assert "" not in ids
            assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_only_invented_rows_have_no_public_page(playbook: str) -> None:
    for file in load_manifest(playbook).files:
        invented = file.what is What.CONTACTS
        assert (file.source_url is None) == invented
        assert (file.observed is None) == invented


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_sources_page_names_every_source_and_file(playbook: str) -> None:
    page = (sample_dir(playbook) / "SOURCES.md").read_text("utf-8")
    for file in load_manifest(playbook).files:
        assert file.name in page
        for reference in (file, *file.also):
            assert reference.source.removeprefix("Invented by ") in page
            assert reference.source_url is None or f"<{reference.source_url}>" in page


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_no_row_is_cited_as_another_source_than_its_own(playbook: str) -> None:
    for file in load_manifest(playbook).files:
        named = {row["Source"] for row in _rows(playbook, file.name) if "Source" in row}
        assert named <= {reference.source for reference in (file, *file.also)}
        assert named <= {file.source} or file.source not in named


@pytest.mark.parametrize("name", ["nobody", "../samples/sports-lighting", "builders", ""])
def test_unknown_sample_names_the_known_ones(name: str) -> None:
    with pytest.raises(UnknownSampleError, match="qa-software, sports-lighting"):
        sample_dir(name)


def test_manifest_refuses_a_page_that_is_not_https_and_unknown_keys() -> None:
    good = load_manifest("sports-lighting").model_dump(mode="json")
    for change in (
        {"source_url": "http://example.com/"},
        {"name": "../x.csv"},
        {"surplus": 1},
        {"what": "people"},
    ):
        bad = good | {"files": [good["files"][0] | change]}
        with pytest.raises(ValidationError):
            Manifest.model_validate(bad)


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_files_are_tidy(playbook: str) -> None:
    for path in sample_dir(playbook).glob("*.csv"):
        text = path.read_bytes().decode("utf-8")
        assert text.endswith("\n")
        assert "\r" not in text
        assert not text.startswith("\ufeff")
        for row in _rows(playbook, path.name):
            assert all(value == value.strip() for value in row.values())
