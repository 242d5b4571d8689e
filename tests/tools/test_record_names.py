"""What a source's record calls an organisation."""

import pytest

from tools.record_names import names_in_record


@pytest.mark.parametrize(
    ("record", "names"),
    [
        ({"Institution Name": "Ohio State University", "State CD": "OH"}, ["Ohio State University"]),
        ({"aliases": "OSU|Buckeyes", "ACCOUNT_NAME": " Ohio State "}, ["Ohio State", "OSU|Buckeyes"]),
        ({"Name": "Dana Reyes", "Organization": "Acme Labs", "Also known as": None}, ["Acme Labs"]),
        ({"Company": "", "Notes": "School"}, []),
    ],
)
def test_names_are_found_by_headings_whatever_their_case(record: dict[str, str], names: list[str]) -> None:
    assert list(names_in_record(record)) == names
