"""Every reader of outside bytes: a sample of what `python -m benchmarks.fuzz` does at length (docs/guarantees.md)."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.reader import Broken, Reader, room, try_case
from tests.fuzz.readers import READERS

ROOT = Path(__file__).parents[2]
PACKAGES = ("outreach", "evals", "graphs", "agents", "tools", "playbooks", "prompts")
PARSES = frozenset(
    {
        "json.loads",
        "json.load",
        "raw_decode",
        "_DECODER.decode",
        "read_json",
        "tomllib.load",
        "tomllib.loads",
        "csv.reader",
        "model_validate_json",
        "message_from_bytes",
        "dotenv_values",
        "decode_header",
        "gzip.open",
        "ZipFile",
        "from_path",
        "decompress",
        "bare_extraction",
        "load_html",
        "Protego.parse",
        "read_text",
        "read_bytes",
    }
)
OURS = {
    "agents.models.endpoint:probe": "the body of a list, for names_in",
    "tools.outbox.signing:load_signer": "has a row, whose key is made when it is wanted",
    "tools.web.cache:PageCache._get": "a page that was stored before; what cannot be read counts as missing",
    "tools.web.worker:main": "what our own parent process writes",
    "agents.prospector_policy:_seen": "what our own tools answer",
    "agents.models.structured:parsed_by": "a model's answer in a JSON schema of a library's own",
    "tools.dedupe.knowledge:_read": "shipped words",
    "agents.researcher_pages:read_pages": "what our own tools answer",
    "outreach.pages.render:_read": "shipped styles",
    "outreach.integrity:_read": "the head that `outreach db check` wrote",
    "outreach.commands.run:described": "the bytes of a list, for their digest",
    "outreach.commands.research:_read": "the bytes of a page, for the reader of pages",
    "outreach.commands.reply_match:_words": "a text as it is; what is no UTF-8 is told",
    "outreach.commands.harvest:add": "the end of the file of cases that was just read",
    "evals.results:Runs.load": "results that `outreach eval run` wrote",
    "evals.results:_read": "the plan that `outreach eval run` wrote",
    "evals.inspected:asked_by": "answers that `outreach eval run` wrote",
    "evals.qc_rules:labelled": "shipped cases",
    "evals.planning:code_hash": "the bytes of shipped files, for their digest",
    "evals.anonymise:ordinary_words": "shipped words",
    "tools.playbook_files.begin:_copy": "a playbook that was just read",
    "tools.playbook_files.begin:_starter": "a shipped playbook",
    "evals.page:page_of": "a shipped template",
    "evals.worlds:_migrated": "the bytes of a database that was just migrated",
}
"""Where something is read that nobody else wrote, with what it is."""


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_no_item_makes_a_reader_do_what_it_must_not(reader: Reader) -> None:
    with room() as folder:
        refused = [try_case(reader, example, folder).refused for example in reader.examples]
        assert not any(refused)

        def one(item: Any) -> None:
            try_case(reader, item, folder)

        few = settings(
            max_examples=max(1, round(6 * reader.share)),
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        few(given(reader.cases)(one))()


def test_the_table_has_every_reader() -> None:
    """Every function that parses something is entered when readers read their examples, or is named above."""

    codes: set[CodeType] = set()

    def look(frame: FrameType, _event: str, _arg: Any) -> None:
        codes.add(frame.f_code)

    with room() as folder:
        for reader in READERS:
            if reader.before is not None:
                reader.before()
            before = sys.gettrace()
            sys.settrace(look)
            try:
                for example in reader.examples:
                    try_case(reader, example, folder)
            finally:
                sys.settrace(before)
    ours = [code for code in codes if code.co_filename.startswith(str(ROOT)) and ".venv" not in code.co_filename]
    entered = {_name(Path(code.co_filename), code.co_qualname) for code in ours}
    # The rules read what our own prompts hold; what stands in it came through one of these readers.
    wanted = {name for name in _parsers() if not name.endswith(":policy")}
    assert wanted - entered - set(OURS) == set(), "a reader without a row in tests/fuzz/readers"
    assert set(OURS) <= wanted, "named, and no longer there"


def _parsers() -> Iterator[str]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "suites" not in path.parts[:-2] or path.name == "__init__.py":
                yield from _functions(path, ast.parse(path.read_text("utf-8")), "")


def _functions(path: Path, node: ast.AST, inside: str) -> Iterator[str]:
    """The functions of a module that call what parses; of a nested one, its own name."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            local = "" if isinstance(node, ast.Module | ast.ClassDef) else "<locals>."
            yield from _functions(path, child, f"{inside}.{local}{child.name}".strip("."))
            continue
        if isinstance(child, ast.Call) and inside and _called(child) in PARSES:
            yield _name(path, inside)
        yield from _functions(path, child, inside)


def _called(call: ast.Call) -> str:
    whole = ast.unparse(call.func)
    return whole if whole in PARSES else whole.rpartition(".")[2]


def _name(path: Path, function: str) -> str:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return f"{module}:{function.partition('.<locals>')[0]}"


def _broken(read: Any, folder: Path, **more: Any) -> str:
    reader = Reader("x", read, READERS[0].cases, (), **more)
    with pytest.raises(Broken) as found:
        try_case(reader, b"", folder)
    return str(found.value)


def test_the_watch_sees(tmp_path: Path) -> None:
    """The guard that fails the others: what lies beside the folder, what no database keeps, what is too much."""
    inside = tmp_path / "in"
    inside.mkdir()
    assert "out.txt" in _broken(lambda _data, folder: (folder.parent / "out.txt").write_text("x"), inside)
    assert "os.mkdir" in _broken(lambda _data, folder: (folder.parent / "made").mkdir(), inside)
    assert "socket.connect" in _broken(lambda _data, _folder: _connect(), inside)
    assert "no database keeps" in _broken(lambda _data, _folder: {"a": ["b\0"]}, inside)
    assert "no database keeps" in _broken(lambda _data, _folder: [("\ud800",)], inside)
    assert "more than 3" in _broken(lambda _data, _folder: "long", inside, most=3)


def _connect() -> None:
    import socket

    with socket.socket() as one:
        one.settimeout(0.2)
        one.connect_ex(("127.0.0.1", 9))
