"""Bounces told apart and replies cut out, beside libraries that do the same, on the same files.

    python benchmarks/replies.py DATA --env PYTHON

DATA has the folders bounces/ (sisimai's set of e-mails) and replies/crisp, replies/discourse; PYTHON is an environment
with flufl.bounce, mail-parser-reply and email-reply-parser. A reply is right if its words are those that are expected.
Files with an odd number were read to write the rules for bounces; those with an even one are printed by themselves.
"""

import argparse
import json
import re
import subprocess
from collections import Counter
from datetime import date
from pathlib import Path

from tools.mail import UnreadableMail, human_text, read_mail_file, sort_mail

DAY = date(2026, 1, 1)
OTHERS = """
import email, json, sys
from email import policy
from flufl.bounce import all_failures
from email_reply_parser import EmailReplyParser
from mailparser_reply import EmailReplyParser as Reply
LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "no", "ja", "ko", "zh", "cs", "he", "ru"]
asked, told = json.load(sys.stdin), {"bounces": {}, "mail-parser-reply": {}, "email-reply-parser": {}}
for path in asked["bounces"]:
    try:
        with open(path, "rb") as file:
            soft, hard = all_failures(email.message_from_binary_file(file))
    except Exception as exc:
        soft, hard = set(), set()
    told["bounces"][path] = [bool(soft or hard), bool(hard)]
for key, text in asked["replies"].items():
    for name, parse in (
        ("mail-parser-reply", lambda t: Reply(languages=LANGUAGES).parse_reply(text=t)),
        ("email-reply-parser", EmailReplyParser.parse_reply),
    ):
        try:
            told[name][key] = parse(text) or ""
        except Exception as exc:
            told[name][key] = type(exc).__name__
json.dump(told, sys.stdout)
"""


def shares(found: dict[str, bool], wanted: dict[str, bool]) -> str:
    right = sum(found[name] and wanted[name] for name in wanted)
    said, there = sum(found[name] for name in wanted), sum(wanted.values())
    return f"precision {right}/{said} ({right / max(1, said):.0%}), recall {right}/{there} ({right / there:.0%})"


def words(text: str) -> str:
    return " ".join(text.split())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--env", type=Path)
    options = parser.parse_args()
    folder = options.data / "bounces"
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    paths = {name: folder / "messages" / name for name in labels}
    complaint = {name: rows[0]["reason"] == "feedback" for name, rows in labels.items()}
    ours = {name: sort_mail(read_mail_file(path), DAY) for name, path in paths.items()}
    bounces = {name: not is_complaint for name, is_complaint in complaint.items()}
    hard = {name: any(row["hardbounce"] for row in labels[name]) for name in labels if bounces[name]}
    texts: dict[str, str] = {}
    expected: dict[str, str] = {}
    crisp, discourse = options.data / "replies" / "crisp", options.data / "replies" / "discourse"
    for name, text in json.loads((crisp / "first_fragment.json").read_text(encoding="utf-8")).items():
        path = next((crisp / "emails").glob(f"{Path(name).stem}.*"))
        texts[f"crisp/{name}"], expected[f"crisp/{name}"] = path.read_text(encoding="utf-8", errors="replace"), text
    for path in sorted((discourse / "emails").iterdir()):
        cut = discourse / "trimmed" / path.name
        key = f"discourse/{path.name}"
        texts[key] = path.read_text(encoding="utf-8", errors="replace")
        expected[key] = cut.read_text(encoding="utf-8") if cut.is_file() else ""
    unread = {name: value for name, value in hard.items() if int(re.findall(r"\d+", name)[-1]) % 2 == 0}
    replies = {"ours": {key: _ours(text) for key, text in texts.items()}}
    print("complaints, ours:   ", shares({n: f.kind.value == "complaint" for n, f in ours.items()}, complaint))
    print("bounces, ours:      ", shares({n: f.kind.value == "bounce" for n, f in ours.items()}, bounces))
    print("hard bounces, ours: ", shares({n: f.hard for n, f in ours.items()}, hard))
    print("  of these unread:  ", shares({n: f.hard for n, f in ours.items()}, unread))
    if options.env:
        asked = json.dumps({"bounces": [str(path) for path in paths.values()], "replies": texts})
        done = subprocess.run([options.env, "-c", OTHERS], input=asked, capture_output=True, text=True, check=True)
        told = json.loads(done.stdout)
        flufl = {name: told["bounces"][str(path)] for name, path in paths.items()}
        print("bounces, flufl:     ", shares({name: any_ for name, (any_, _) in flufl.items()}, bounces))
        print("hard bounces, flufl:", shares({name: fatal for name, (_, fatal) in flufl.items()}, hard))
        print("  of these unread:  ", shares({name: fatal for name, (_, fatal) in flufl.items()}, unread))
        replies |= {name: told[name] for name in ("mail-parser-reply", "email-reply-parser")}
    for name, found in replies.items():
        right = Counter(key.partition("/")[0] for key in expected if words(found[key]) == words(expected[key]))
        of = Counter(key.partition("/")[0] for key in expected)
        print(f"replies, {name}:", ", ".join(f"{part} {right[part]}/{of[part]}" for part in of))


def _ours(text: str) -> str:
    try:
        return human_text(text)
    except UnreadableMail:
        return ""


if __name__ == "__main__":
    main()
