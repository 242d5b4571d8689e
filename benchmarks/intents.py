"""How well the rules model tells what replies want, on the labelled replies of evals/data/reply_triage.

    python benchmarks/intents.py            the half that is held out (even numbers)
    python benchmarks/intents.py --tuning   the half for tuning (odd numbers), with what it got wrong
    python benchmarks/intents.py --second   the second set, held out whole
    python benchmarks/intents.py --file F   cases of the same form in another file, all of them

Counted as an opt-out: the rule in code, or the policy's intent; either suppresses.
"""

import argparse
import json
import time
from collections import Counter
from datetime import date
from pathlib import Path

from agents.reply_triage_policy import triage
from tools.mail import asks_to_stop, human_text, own_lines

CASES = Path(__file__).resolve().parents[1] / "evals" / "data" / "reply_triage"
INTENTS = ("positive", "neutral", "not_now", "referral", "negative", "unsubscribe")
THRESHOLD = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuning", action="store_true")
    parser.add_argument("--second", action="store_true")
    parser.add_argument("--file", type=Path)
    given = parser.parse_args()
    tuning, whole = given.tuning, given.second or given.file is not None
    file = given.file or CASES / ("second.jsonl" if given.second else "cases.jsonl")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if whole or int(row["id"].rpartition("-")[2]) % 2 == tuning]
    counts: Counter[tuple[str, str]] = Counter()
    sure: Counter[tuple[bool, bool]] = Counter()
    named: Counter[str] = Counter()
    foreign: Counter[bool] = Counter()
    kinds: Counter[tuple[str, bool]] = Counter()
    missed, seen, spent = [], 0, 0.0
    for row in rows:
        text, subject, expected = human_text(row["text"]), row.get("subject", ""), row["expected"]
        begun = time.process_time()
        found = triage(text, subject, date.fromisoformat(row["received"]))
        spent += time.process_time() - begun
        intent, wanted = found.intent.value, expected["intent"]
        if asks_to_stop(text, subject, below=own_lines(row["text"])):
            intent = "unsubscribe"
        counts[wanted, intent] += 1
        for kind in row.get("kind_of_case", "").split(", "):
            kinds[kind, intent == wanted] += 1
        sure[found.confidence >= THRESHOLD, intent == wanted] += 1
        if row.get("language", "en") != "en":
            foreign[intent == wanted] += 1
        for key, value in (
            ("referral_name", found.referral_name),
            ("referral_title", found.referral_title),
            ("referral_email", found.referral_email),
            ("resume_date", found.resume_date and found.resume_date.isoformat()),
        ):
            if key in expected and intent == wanted:
                named[f"{key} of {wanted}"] += 1
                named[f"{key} of {wanted}, right"] += value == expected[key]
        if wanted == "unsubscribe" and intent != wanted:
            missed.append(row["id"])
            seen += found.confidence < THRESHOLD
        if tuning and intent != wanted:
            print(f"{row['id']} {wanted} -> {intent} {found.confidence}  {' '.join(text.split())[:150]}")
    right = sum(n for (wanted, intent), n in counts.items() if wanted == intent)
    print(
        f"{right} of {len(rows)} right ({right / len(rows):.1%}); {1000 * spent / len(rows):.0f} ms of processor each"
    )
    print(f"other languages: {foreign[True]} of {foreign.total()}")
    print(f"{'':12}" + "".join(f"{name:>12}" for name in INTENTS))
    for wanted in INTENTS:
        print(f"{wanted:12}" + "".join(f"{counts[wanted, intent]:12}" for intent in INTENTS))
    names = sorted({kind for kind, _ in kinds if kind})
    print("; ".join(f"{k} {kinds[k, True]} of {kinds[k, True] + kinds[k, False]}" for k in names))
    for above in (True, False):
        total = sure[above, True] + sure[above, False]
        print(f"{'from' if above else 'below'} {THRESHOLD} %: {sure[above, True]} of {total} right")
    ids = f" ({', '.join(missed)})" if tuning and missed else ""
    print(f"opt-outs not taken for one: {len(missed)}, of which a person sees {seen}{ids}")
    taken = sum(n for (wanted, intent), n in counts.items() if intent == "unsubscribe" != wanted)
    others = len(rows) - sum(n for (wanted, _), n in counts.items() if wanted == "unsubscribe")
    print(f"taken for an opt-out that was none: {taken} of {others}")
    for name in sorted(named):
        print(f"{name}: {named[name]}")


if __name__ == "__main__":
    main()
