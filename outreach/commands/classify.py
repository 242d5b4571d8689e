"""`outreach replies classify`: says what messages are and want, from files, and writes nothing."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.console import print_table, say
from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agents.reply_classify import Classified
    from outreach.settings import Settings
    from tools.mail.files import FoundMail

EPILOG = """
[bold]Examples[/bold]
  outreach replies classify inbox.mbox --json
  outreach replies classify answers.jsonl mails/ Maildir/
  cat reply.eml | outreach replies classify - --json
"""


def classify(
    ctx: typer.Context,
    paths: Annotated[
        list[str], typer.Argument(help=".eml, mbox or JSON lines; folders of them; maildirs; - for standard input.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, as docs/replies.md says.")] = False,
) -> None:
    """Says of each message what it is (a person's, bounce, absence, …) and what the person wants. Writes nothing.

    No database is opened. A JSON line has text, and if known subject, from, headers, date (YYYY-MM-DD) and id.
    What cannot be read is named, and the exit code is 3.
    """
    settings = settings_of(ctx)
    found = list(_found(paths))
    done = asyncio.run(_classified(settings, [one for one in found if one.mail is not None]))
    print_table(
        "Messages",
        ("message", "kind", "intent", "sure", "tag", "what it says"),
        [
            (
                row.id,
                f"{row.kind.value} ({row.bounce.severity})" if row.bounce else row.kind.value,
                row.intent.value if row.intent else None,
                f"{row.confidence:.2f}{' ?' if row.for_review else ''}",
                row.reply_tag.value if row.reply_tag else None,
                row.summary,
            )
            for row in done
        ],
        as_json=as_json,
        json_rows=[row.model_dump(mode="json") for row in done],
    )
    bad = [one for one in found if one.mail is None]
    for one in bad:
        say(f"{one.source}: {one.error}", "yellow")
    if bad:
        raise Complaint(
            f"{len(bad)} of {len(found)} messages could not be read.", "They are named above.", code=3 if done else 1
        )


async def _classified(settings: Settings, found: Sequence[FoundMail]) -> list[Classified]:
    from agents.models import RunBudget, spending
    from agents.reply_classify import Classifier
    from agents.reply_triage import NAME
    from outreach.wiring import model_settings, prompts_in_force
    from playbooks import load_playbook

    models, today = model_settings(settings), datetime.now(UTC).date()
    prompt = prompts_in_force(settings).get(NAME)
    with spending(RunBudget.of(models)):
        async with Classifier(models, load_playbook(settings.playbook), prompt) as classifier:
            return [
                await classifier.classify(one.mail, message_id=one.id or one.source, source=one.source, today=today)
                for one in found
                if one.mail is not None
            ]


def _found(paths: Sequence[str]) -> Iterator[FoundMail]:
    from tools.mail.files import mail_files, messages_in, messages_of

    for given in paths:
        path = Path(given)
        if given == "-":
            yield from messages_of(sys.stdin.buffer.read(), "standard input")
        elif path.is_dir():
            files = mail_files(path)
            if not files:
                raise Complaint(f"There is no mail in {path}.", "Name .eml, mbox or .jsonl files.", code=2)
            for one in files:
                yield from messages_in(one)
        elif path.is_file():
            yield from messages_in(path)
        else:
            raise Complaint(f"There is no file or folder {path}.", "Name files or folders of mail, or -.", code=2)
