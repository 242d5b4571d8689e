"""The pictures of the docs, of what the program shows: `python -m tests.support.pictures` makes all of them anew.

Those of the terminal are SVG, drawn by the tests that compare them with what the program says (with RECORD=1 in the
environment they draw first). A batch's page is photographed by Chromium, and `tests.support.diagram` draws the
architecture with Graphviz: both must be installed.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console
from rich.text import Text

from tests.support import diagram

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
COLUMNS = 100
IN_COLOUR = {"TTY_COMPATIBLE": "1", "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
"""The environment in which a command takes a test's runner for a terminal; NO_COLOR must not be in it."""
FRAME = """<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px;
}}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own frame would fetch a font from elsewhere."""
TESTS = (
    "tests/e2e/test_readme.py",
    "tests/e2e/test_pictures.py",
    "tests/outreach/commands/test_evals.py::test_a_damaged_prompt_is_reported_as_worse",
)
WINDOW = "860,1060"


def drawn(said: str, title: str) -> str:
    """What a terminal was told, colours and all, as SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(said.replace("\r\n", "\n").strip("\n")), soft_wrap=True)
    return console.export_svg(title=title, code_format=FRAME, unique_id="terminal")


def words(picture: str) -> list[str]:
    """The lines of a drawn picture, without what differs from one run to the next: ids, days, times, how long."""
    lines: dict[float, list[str]] = {}
    for text in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):  # noqa: S314 (our own)
        lines.setdefault(float(text.attrib["y"]), []).append(text.text or "")
    return [_normalised(" ".join("".join(parts).split())) for _, parts in sorted(lines.items())]


def _normalised(line: str) -> str:
    line = re.sub(r"\b\d{4}-\d\d-\d\d(?: \d\d:\d\d)?\b|\b\d{8}-\d{6}\b", "DAY", line)
    line = re.sub(r"\b[0-9a-f]{8}(?:[0-9a-f]{4})?\b", "ID", line)
    line = re.sub("─+", "─", line)  # a rule is as long as the widest figure
    line = re.sub(r"^(seconds, (?:median|95 of 100)) .*", r"\1", line)
    return re.sub(r"(?<!\S)(?:\d+ms|\d+\.\d+s|\d+m\d\ds|\d+h\d\dm)(?!\S)", "TIME", line)


def compare(name: str, said: str, title: str) -> None:
    """Fails where the picture of this name has other words than `said`; with RECORD set, draws it first."""
    picture, file = drawn(said, title), FOLDER / f"{name}.svg"
    if os.environ.get("RECORD"):
        file.write_text(picture, encoding="utf-8")
    stale = f"docs/pictures/{name}.svg is not what the program says: python -m tests.support.pictures makes it anew"
    assert words(picture) == words(file.read_text(encoding="utf-8")), stale


def photograph(folder: Path) -> None:
    """The page of the first batch that is built of the demo's sample, by Chromium."""
    from outreach.commands.demo import sample_files
    from outreach.commands.init import set_up
    from outreach.session import RunnerSession
    from outreach.settings import Settings

    settings = Settings(home=folder, playbook="sports-lighting", model="rules")
    set_up(settings)
    with RunnerSession(settings) as session:
        session.run(settings.playbook, sample_files(settings.playbook), 0)
    page = folder / "batch.html"
    environment = {**os.environ, "OUTREACH_HOME": str(folder), "OUTREACH_MODEL": "rules"}
    for args in (["batch", "build"], ["run", "--batch", "1"], ["batch", "export", "1", "--html", str(page)]):
        subprocess.run([sys.executable, "-m", "outreach", *args], env=environment, check=True)
    browser = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-lcd-text"]
    shot = [f"--window-size={WINDOW}", f"--screenshot={FOLDER / 'batch.png'}", page.as_uri()]
    subprocess.run([*browser, *shot], check=True, capture_output=True)


if __name__ == "__main__":
    diagram.draw()
    subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", *TESTS], cwd=ROOT, env={**os.environ, "RECORD": "1"}, check=True
    )
    with tempfile.TemporaryDirectory() as made:
        photograph(Path(made))
