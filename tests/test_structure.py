"""What holds the tree together and no linter looks at: sizes, names, docstrings, and who may use whose inside."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("structure")  # so that each file is parsed once

ROOT = Path(__file__).parents[1]
CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
PACKAGES: list[str] = CONTRACT["root_packages"]
LAYERS: list[list[str]] = [layer.split(" | ") for layer in CONTRACT["contracts"][0]["layers"]]
LONGEST, LONGEST_TEST = 400, 600
LONGEST_FUNCTION = 70
"""Two screens: a command with its options, a table of rules, one statement of SQL. More is several things in a row."""
LONGER = {
    "db/migrations/versions/0001_initial.py": "the whole schema of the first day, and what ran is not changed",
    "tests/tools/test_importing.py": "one story, the import of one file after another into one database",
}
NAMELESS = re.compile(r"(?:^|_)(?:base|common|core|helpers?|lib|manager|misc|shared|stuff|utils?|various)$")


def python(*folders: str) -> list[str]:
    """The modules below the folders, as paths from the root."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path.relative_to(ROOT).as_posix() for path in found if not {"__pycache__", "data"} & set(path.parts))


SHIPPED = python(*PACKAGES)
TESTS = python("tests", "benchmarks")


@cache
def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def having(pattern: str) -> list[str]:
    """The shipped modules in whose text the pattern occurs: to parse them all would take seconds."""
    return [path for path in SHIPPED if re.search(pattern, text(path), re.MULTILINE)]


@cache
def nodes(path: str) -> list[ast.AST]:
    """Everything in a module that one of the tests below looks at."""
    wanted = (ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Attribute, ast.Subscript)
    return [node for node in ast.walk(ast.parse(text(path))) if isinstance(node, wanted)]


@cache
def imported(path: str) -> list[tuple[str, str]]:
    """What a module imports by name: from where, and what."""
    return [(n.module or "", alias.name) for n in nodes(path) if isinstance(n, ast.ImportFrom) for alias in n.names]


def docstring(path: str) -> str:
    found = re.match(r'r?"""(.+?)"""', text(path), re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize(("modules", "most"), [(SHIPPED, LONGEST), (TESTS, LONGEST_TEST)], ids=["shipped", "tests"])
def test_no_module_is_too_long_to_be_read(modules: list[str], most: int) -> None:
    """Split it where a reader would look for the second half; an exception is named above, with its reason."""
    lines = {path: len(text(path).splitlines()) for path in modules}
    assert {path: n for path, n in lines.items() if n > most and path not in LONGER} == {}
    assert [path for path in LONGER if path in lines and lines[path] <= most] == [], "not long any more: take it off"


def has_long_block(path: str) -> bool:
    """Whether so many lines follow each other of which none begins with a word: no function is long without."""
    blocks = re.finditer(r"(?:^(?:\W.*)?\n)+", text(path), re.MULTILINE)
    return any(block[0].count("\n") >= LONGEST_FUNCTION for block in blocks)


def test_no_function_is_too_long_to_be_read() -> None:
    """Give its parts names: what is nested becomes a function of the module, or a method of a small class."""
    long = {
        f"{path}: {node.name}": length
        for path in [*SHIPPED, *python("benchmarks")]
        if path not in LONGER and has_long_block(path)
        for node in ast.walk(ast.parse(text(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert long == {}


def test_a_module_is_named_for_what_is_in_it() -> None:
    names = {path: part.removesuffix(".py") for path in SHIPPED + TESTS for part in Path(path).parts}
    assert [path for path in SHIPPED + TESTS if not re.fullmatch(r"[a-z0-9_/]+\.py", path)] == []
    assert {path: name for path, name in names.items() if NAMELESS.search(name)} == {}


def test_every_module_says_what_it_is() -> None:
    empty = [path for path in SHIPPED + TESTS if text(path).strip() and not docstring(path)]
    assert empty == [], "begin it with a docstring"


def test_every_package_says_what_it_is() -> None:
    """A folder of modules has an `__init__.py` with a docstring. Not the scripts that are loaded by their path."""
    folders = {Path(path).parent for path in SHIPPED}
    by_path = {Path("db/migrations/versions"), Path("db/migrations")}
    packages = {folder for folder in folders - by_path if not (ROOT / folder / "suite.toml").exists()}
    silent = [
        str(folder)
        for folder in sorted(packages)
        if not (ROOT / folder / "__init__.py").exists() or not docstring(f"{folder}/__init__.py")
    ]
    assert silent == []


@pytest.mark.parametrize("name", PACKAGES)
def test_every_top_package_says_what_it_may_import(name: str) -> None:
    """In words, where somebody who opens it looks first; `lint-imports` holds the modules to it."""
    place = next(n for n, layer in enumerate(LAYERS) if name in layer)
    below = [package for layer in LAYERS[place + 1 :] for package in layer]
    said = re.search(r"^Imports: (.+)\.$", docstring(f"{name}/__init__.py"), re.MULTILINE)
    assert said, f"{name}/__init__.py has no line 'Imports: {', '.join(below) or 'nothing of ours'}.'"
    assert said[1] == (", ".join(below) or "nothing of ours")


PRIVATE = r"^\s*(?:from .*)?import .*\b_[a-z]|^    _\w+(?: as \w+)?,$|(?<!self)(?<!cls)\._[a-z]"


def private_uses(path: str) -> Iterator[str]:
    """Names with an underscore that a module takes from another one of ours."""
    modules = {name for module, name in imported(path) if (ROOT / module.replace(".", "/") / f"{name}.py").exists()}
    yield from (
        f"{module}.{name}"
        for module, name in imported(path)
        if module.partition(".")[0] in PACKAGES and name.startswith("_")
    )
    for node in nodes(path):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and re.match("_[a-z]", node.attr):
            yield from [f"{node.value.id}.{node.attr}"] if node.value.id in modules else []


def test_nobody_uses_what_another_module_keeps_to_itself() -> None:
    """Take the underscore off, if two modules need it, and say what it is."""
    assert {path: uses for path in having(PRIVATE) if (uses := sorted(private_uses(path)))} == {}


def gone(path: str) -> Iterator[str]:
    """Names that a script takes from one of our modules, which has them no more."""
    for module, name in imported(path):
        place = ROOT / module.replace(".", "/")
        source = next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.exists()), None)
        if module.partition(".")[0] not in {*PACKAGES, "tests"} or any(
            (place / each).exists() for each in (name, f"{name}.py")
        ):
            continue
        if source is None or not re.search(rf"\b{re.escape(name)}\b", source.read_text(encoding="utf-8")):
            yield f"{module}.{name}"


def test_a_benchmark_imports_nothing_that_is_gone() -> None:
    """No test imports these scripts, so a name that was moved is missed by the next person to measure something."""
    missed = {path: found for path in python("benchmarks") if (found := sorted(gone(path)))}
    assert missed == {}


def test_the_environment_is_read_in_one_place() -> None:
    """Everything else is handed its settings. To set a variable that a library reads is another thing."""
    readers = set()
    for path in having("environ|getenv"):
        set_there = {id(n.value) for n in nodes(path) if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store)}
        for node in nodes(path):
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and id(node) not in set_there:
                readers.add(path)
    assert readers == {"outreach/settings.py"}


def looks_at_types(path: str) -> bool:
    """Whether annotations are read while the module runs: it defines a table, a schema or a tool."""
    for node in nodes(path):
        if isinstance(node, ast.ClassDef):
            named = {base.id for base in node.bases if isinstance(base, ast.Name)}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            named = {mark.id for mark in node.decorator_list if isinstance(mark, ast.Name)}
        else:
            continue
        if named & {"Base", "BaseModel", "Part", "TypedDict", "tool"}:
            return True
    return False


def test_what_reads_annotations_finds_types_in_them() -> None:
    late = [path for path in having("^from __future__ import .*annotations") if looks_at_types(path)]
    assert late == [], "take 'from __future__ import annotations' out: pydantic and SQLAlchemy need the types"


def subject_of(path: str) -> bool:
    """Whether a test module has the name of what it mirrors, or else names the package that it is about."""
    folder, name = Path(path).parent.relative_to("tests"), Path(path).stem.removeprefix("test_")
    words = name.split("_")
    names = {"_".join(words[:n]) for n in range(1, len(words) + 1)}
    mirrored = ROOT / folder
    if any((mirrored / f"{each}.py").exists() or (mirrored / each).is_dir() for each in names):
        return True
    package = folder.parts[0]
    return re.search(rf"\b{package}\b", text(path)) is not None


def test_every_test_module_has_its_subject() -> None:
    """Below tests/PACKAGE a test is about PACKAGE."""
    mirrored = [path for path in TESTS if re.match(rf"tests/(?:{'|'.join(PACKAGES)})/.*test_\w+\.py$", path)]
    assert len(mirrored) > 100
    assert [path for path in mirrored if not subject_of(path)] == []
