"""Start-up is light, and importing does no work."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = ("langchain", "langchain_core", "langgraph", "sqlalchemy", "alembic", "openai", "pydantic", "structlog")

LIGHT = """
import sys, outreach.cli
heavy = sorted({name.partition(".")[0] for name in sys.modules} & set(%r))
sys.exit(f"loaded: {heavy}" if heavy else 0)
"""

# Every socket is refused, and so is every file that is opened for writing.
EVERY_MODULE = """
import importlib, pkgutil, socket, sys

def refuse(event, args):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.mkdir"):
        raise RuntimeError(f"{event} {args} while importing")
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        raise RuntimeError(f"open {args} while importing")

names = []
for package in %r:
    names.append(package)
    found = importlib.import_module(package)
    names += [m.name for m in pkgutil.walk_packages(found.__path__, package + ".")]
names = [n for n in names if n not in ("outreach.__main__", "db.migrations.env") and ".versions." not in n]
sys.addaudithook(refuse)
for name in names:
    importlib.import_module(name)
print(len(names))
"""
PACKAGES = ("outreach", "evals", "graphs", "agents", "tools", "db", "prompts", "playbooks", "samples")


def python(code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs code with nothing in the environment but where the packages are."""
    return subprocess.run(
        [sys.executable, "-B", "-c", code],
        env={"PYTHONPATH": str(ROOT)},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_door_loads_nothing_heavy(tmp_path: Path) -> None:
    result = python(LIGHT % (HEAVY,), tmp_path)
    assert result.returncode == 0, result.stderr


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    code = "import outreach.cli\ntry:\n    outreach.cli.app(['--help'])\nexcept SystemExit:\n    pass\n"
    result = python(code + LIGHT % (HEAVY,), tmp_path)
    assert result.returncode == 0, result.stderr
    assert "Usage:" in result.stdout


def test_every_module_imports_with_an_empty_environment_and_does_nothing(tmp_path: Path) -> None:
    result = python(EVERY_MODULE % (PACKAGES,), tmp_path)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 50
    assert list(tmp_path.iterdir()) == []
