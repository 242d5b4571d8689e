"""What the operator writes: settings, playbooks, prompts, answers, drafts to judge, cases of suites, options."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from evals import suites
from evals.cases import BadCases, read_cases
from evals.suites.orchestrator_goals.task import TASK
from outreach.answers import _lines, take_lines
from outreach.commands.qc import _text
from outreach.errors import Complaint
from outreach.mailing import mailbox_of, signer_of, smtp_server
from outreach.settings import load_settings
from outreach.urls import hide_password
from outreach.wiring import model_settings, open_web, prompts_in_force
from playbooks import PlaybookInvalid, PlaybookNotFound, feeds, load_playbook, loader
from prompts import Prompt, PromptInvalid, PromptNotFound, chosen, load_prompt
from tests.fuzz.damage import damaged, damaged_text, json_cases, line_cases
from tests.fuzz.reader import TODAY, Reader, as_file
from tests.fuzz.readers.steps import DRAFT_ID, stage
from tools.outbox.signing import UnusableKey, load_signer
from tools.playbook_files.lint import lint
from tools.qc.files import UnreadableDrafts, judge_drafts, read_drafts

SHIPPED = Path(loader.__file__).parent / "qa-software"
ENV = (
    b"OUTREACH_MODEL=rules\nexport OUTREACH_CONCURRENCY=4\n"
    b"OUTREACH_UNSUBSCRIBE_URL='https://firm.example/s/{id}'\n# x\n"
)
TOML = (
    b'model = "rules"\nconcurrency = 4\nweb = true\nmax_cost_usd = 1.5\nplaybook = "qa-software"\nlog_level = "debug"\n'
)
ENVIRON = (
    "4\n1.5\ntrue\nhttps://firm.example/stop/{id}\nsmtps://me:secret@mx.example:465\nimaps://me:secret@mx.example/Sent\nqa-software\n"
    "https://search.example\nme@firm.example\n\n\n\nsqlite:///outreach.db\nrules\ncache\n0.2"
)
DRAFT: dict[str, Any] = {
    "id": "1",
    "playbook": "sports-lighting",
    "channel": "email",
    "touch": 2,
    "touch_type": "email",
    "subject": "Quarry Field",
    "body": "Kim, Quarry Field has had its lights since 1984. Would 15 minutes next week help?\n\nDana",
    "recipient": {
        "first_name": "Kim",
        "last_name": "Lee",
        "title": "Athletic Director",
        "organisation": "Oakmont College",
        "email": "kim@oakmont.example",
        "others_in_contact": 1,
    },
    "facts": [
        {"id": "f1", "quote": "Its lights were installed in 1984.", "field": "facility", "observed_on": "2026-01-02"}
    ],
    "claims": [{"sentence": "Quarry Field has had its lights since 1984.", "fact_id": "f1"}],
    "earlier_touches": [
        {"touch": 1, "channel": "email", "subject": "Lights", "body": "Hello Kim", "sent_at": "2026-02-01"}
    ],
    "other_drafts": ["Another text", {"body": "Hi"}],
    "sender": {"name": "Dana", "company": "Northlight"},
    "batch": "b1",
}
ANSWERS: list[Any] = [
    {"draft_id": DRAFT_ID, "version": 1, "hash": "b" * 64, "decision": "approve"},
    {
        "draft_id": DRAFT_ID,
        "version": 2,
        "hash": "b" * 64,
        "decision": "skip",
        "until": "2026-03-02",
        "reason": "later",
    },
    {"draft_id": DRAFT_ID, "version": 2, "hash": "b" * 64, "decision": "edit", "subject": "x", "body": "y"},
]
CASE: dict[str, Any] = {
    "id": "g-1",
    "input": {"goal": "5 drafts"},
    "expected": {"order": {"count": 5}},
    "tags": ["plain"],
    "source": "a test",
}
PROMPT = b"You write for {{ playbook.sender.name }}.\n{% for f in playbook.draft_tiers %}{{ f }}{% endfor %}\n"
ACTIVE = b'drafting = "v1"\nresearcher = "v1"\n'
SUITE = (suites.FOLDER / "orchestrator_goals" / "suite.toml").read_bytes()
HEAD = {"sqlite:///x": {"seal_no": 7, "hash": "a" * 64, "exported_at": "2026-03-02T10:00:00Z"}}


@contextlib.contextmanager
def _alone(folder: Path, **environ: str) -> Iterator[None]:
    """In a folder of its own, with nothing of this machine's environment."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        with mock.patch.dict(os.environ, {"OUTREACH_HOME": str(folder), **environ}, clear=True):
            yield
    finally:
        os.chdir(before)


def _settings(name: str, data: bytes, folder: Path) -> Any:
    path = as_file(folder, name, data)
    try:
        with _alone(folder):
            loaded = load_settings()
    finally:
        path.unlink()
    return [loaded.playbook, str(loaded.home), hide_password(loaded.effective_database_url()), loaded.actor()]


def _environment(text: str, folder: Path) -> Any:
    # The system's own bounds: no NUL, and bytes that are no text become halves of surrogate pairs.
    names = (
        "CONCURRENCY",
        "MODEL_TIMEOUT_S",
        "WEB",
        "UNSUBSCRIBE_URL",
        "SMTP_URL",
        "IMAP_URL",
        "PLAYBOOK",
        "SEARCH_URL",
        "WEB_CONTACT",
        "DKIM_SELECTOR",
        "DKIM_DOMAIN",
        "DKIM_KEY_FILE",
        "DATABASE_URL",
        "MODEL",
        "WEB_CACHE",
        "MODEL_TEMPERATURE",
    )
    values = dict(zip((f"OUTREACH_{name}" for name in names), text.replace("\0", "").split("\n"), strict=False))
    with _alone(folder, **values):
        loaded = load_settings()
        model_settings(loaded)
        if open_web(loaded) is not None:
            prompts_in_force(loaded)
        if loaded.smtp_url is not None:
            smtp_server(loaded)
        mailbox_of(loaded)
        signer_of(loaded)
        return [hide_password(loaded.effective_database_url()), str(loaded.effective_web_cache())]


def _copy(name: str, data: bytes, folder: Path) -> Path:
    """The shipped playbook with one of its files replaced, as whoever copies it would."""
    mine = folder / "books" / "mine"
    shutil.rmtree(mine, ignore_errors=True)
    shutil.copytree(SHIPPED, mine)
    as_file(mine, name, data)
    return mine


def _checked(name: str, data: bytes, folder: Path) -> Any:
    """What `outreach playbook check` finds in it."""
    return [(f.wrong, f.why, f.mend, f.key) for f in lint(_copy(name, data, folder)).findings]


def _playbook(name: str, data: bytes, folder: Path) -> Any:
    _copy(name, data, folder)
    # Each item is another file at the same place, so nothing may be kept of the one before.
    for kept in (feeds._bids, feeds._signals, loader._kept):
        kept.cache_clear()
    load = {"bids.toml": feeds.load_bid_words, "signals.toml": feeds.load_signal_words}.get(name, load_playbook)
    with mock.patch.object(loader, "FOLDER", folder / "books"):
        return load("mine")


def _senders(data: bytes, folder: Path) -> Any:
    """Whose mail is our own, also where the playbook that says so cannot be read."""
    _copy("playbook.toml", data, folder)
    loader._kept.cache_clear()
    with mock.patch.object(loader, "FOLDER", folder / "books"):
        return loader.sender_addresses()


def _prompt(data: bytes, folder: Path) -> Any:
    """An operator's own version, as `outreach prompts activate` looks at it before it is put in force."""
    (folder / "drafting").mkdir(exist_ok=True)
    as_file(folder / "drafting", "v9.md", data)
    prompt: Prompt = load_prompt.__wrapped__("drafting", "v9", folder)
    return prompt.render(playbook=load_playbook("qa-software"))


def _active(data: bytes, folder: Path) -> Any:
    as_file(folder, "active.toml", data)
    return [prompt.id for prompt in chosen(folder).values()]


def _answers(data: bytes, folder: Path) -> Any:
    lines = _lines(as_file(folder, "answers.jsonl", data))
    world = stage().world
    world.reset("answers")
    return take_lines(world.person, load_settings(), lines)


def _drafts(data: bytes, folder: Path) -> Any:
    text = _text(str(as_file(folder, "drafts.json", data)))
    return judge_drafts(read_drafts(text), playbook="qa-software", today=TODAY)


def _cases(data: bytes, folder: Path) -> Any:
    return [[case.id, case.source] for case in read_cases([as_file(folder, "cases.jsonl", data)], TASK)]


@cache
def _key() -> bytes:
    made = subprocess.run(["openssl", "genrsa", "-traditional", "1024"], check=True, capture_output=True)
    return made.stdout


def _signer(data: bytes, folder: Path) -> Any:
    return load_signer("s1", "firm.example", as_file(folder, "key.pem", data)).domain


def _suite(data: bytes, folder: Path) -> Any:
    mine = folder / "mine"
    mine.mkdir(exist_ok=True)
    as_file(mine, "suite.toml", data)
    with mock.patch.object(suites, "FOLDER", folder):
        return suites.load_suite.__wrapped__("mine").title


READERS = (
    Reader(".env", partial(_settings, ".env"), damaged(ENV), (ENV,), (Complaint,)),
    Reader("config.toml", partial(_settings, "config.toml"), damaged(TOML), (TOML,), (Complaint,)),
    Reader("environment", _environment, damaged_text(ENVIRON), (ENVIRON,), (Complaint,)),
    *(
        Reader(
            f"playbook, {name}",
            partial(_playbook, name),
            damaged((SHIPPED / name).read_bytes()),
            ((SHIPPED / name).read_bytes(),),
            (PlaybookInvalid, PlaybookNotFound),
            share=0.5,
        )
        for name in ("playbook.toml", "sequences.toml", "bids.toml", "signals.toml")
    ),
    *(
        Reader(
            f"check of a playbook, {name}",
            partial(_checked, name),
            damaged((SHIPPED / name).read_bytes()),
            ((SHIPPED / name).read_bytes(),),
            (),
            share=0.2,
        )
        for name in ("playbook.toml", "sequences.toml", "bids.toml")
    ),
    Reader(
        "senders of playbooks",
        _senders,
        damaged((SHIPPED / "playbook.toml").read_bytes()),
        # One that cannot be read is looked through for its sender.
        ((SHIPPED / "playbook.toml").read_bytes(), (SHIPPED / "playbook.toml").read_bytes() + b"\n["),
        (),
        share=0.2,
    ),
    Reader("prompt", _prompt, damaged(PROMPT), (PROMPT,), (PromptNotFound, PromptInvalid)),
    Reader("prompts in force", _active, damaged(ACTIVE), (ACTIVE,), (PromptNotFound, PromptInvalid), share=0.5),
    Reader(
        "answers",
        _answers,
        line_cases(*ANSWERS),
        ("\n".join(map(json.dumps, ANSWERS)).encode(),),
        (Complaint,),
        share=0.2,
        before=stage,
    ),
    Reader(
        "drafts to judge",
        _drafts,
        json_cases(DRAFT, [DRAFT], {"drafts": [DRAFT, DRAFT]}) | line_cases(DRAFT, DRAFT),
        (json.dumps(DRAFT).encode(), json.dumps(DRAFT).encode() + b"\n" + json.dumps({**DRAFT, "id": "2"}).encode()),
        (UnreadableDrafts, Complaint),
    ),
    Reader("cases of a suite", _cases, line_cases(CASE), (json.dumps(CASE).encode(),), (BadCases,)),
    Reader("DKIM key", _signer, st.deferred(lambda: damaged(_key())), (), (UnusableKey,), share=0.05, before=_key),
    Reader("suite.toml", _suite, damaged(SUITE), (SUITE,), (suites.BadSuite, suites.SuiteNotFound), share=0.5),
)
