"""One message on the screen: whom it goes to, what it rests on, what QC says, and exactly what will leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outreach.console import visible

if TYPE_CHECKING:
    from rich.console import Console

    from db.queries.inbox import Waiting
    from playbooks import Sender

MOST_FACTS = 8


def show_waiting(console: Console, item: Waiting, sender: Sender, place: str) -> None:
    """Draws one message; `place` says which of how many."""
    from rich.panel import Panel
    from rich.rule import Rule
    from rich.text import Text

    head = Text()
    head.append(visible(item.person), style="bold")
    head.append(f", {visible(item.title)}" if item.title else ", title not known")
    head.append(f"\n{visible(item.organisation)}")
    head.append(f", {visible(item.place)}" if item.place else "")
    head.append(f"\ntier {item.tier or '-'}, score {item.score if item.score is not None else '-'}")
    head.append(f", touch {item.touch_number}, {item.channel}, version {item.version}")
    console.print(Rule(Text(place), align="left"))
    console.print(head)
    if item.version > 1 and item.note:
        console.print(Text(f"\nThis version: {visible(item.note)}", style="italic"))
    console.print(Text("\nWhat is known (· cited in the message)", style="bold"))
    for fact in sorted(item.facts, key=lambda f: not f.sentences)[:MOST_FACTS]:
        mark = "·" if fact.sentences else " "
        _print(console, f"{mark} {visible(fact.sentence)}", "", indent=1, hang=2)
        quote = visible(fact.quote)
        short = quote if len(quote) <= 100 else quote[:99] + "…"
        _print(console, f"“{short}”  — {visible(fact.source)}", "dim", indent=5)
    if not item.facts:
        console.print(Text("   nothing", style="dim"))
    console.print(Text("\nQC", style="bold"), _qc_line(item))
    for flag in item.qc_flags:
        style = "red" if flag["severity"] == "block" else "yellow"
        words = f" “{visible(flag['text'])}”" if flag.get("text") else ""
        line = f"{flag['severity']:5} {flag['rule']}: {visible(flag['message'])}{words}"
        _print(console, line, style, indent=3, hang=6)
    leaving = Text()
    leaving.append("From:    ", style="dim")
    leaving.append(f"{visible(sender.name)} <{visible(sender.email)}>\n")
    leaving.append("To:      ", style="dim")
    leaving.append(f"{visible(item.person)} <{visible(item.recipient or 'no address')}>\n")
    leaving.append("Subject: ", style="dim")
    leaving.append(f"{visible(item.subject or '')}\n\n")
    leaving.append(visible(item.body, lines=True))
    console.print()
    console.print(Panel(leaving, title="exactly what will leave", title_align="left", padding=(0, 1)))
    if item.starts_sequence:
        console.print(Text("Approving also starts the A1 sequence for this person.", style="dim"))


def _print(console: Console, text: str, style: str, *, indent: int, hang: int = 0) -> None:
    """One paragraph, broken between words, its further lines indented as the first is, and by `hang` more."""
    from rich.text import Text

    from outreach.tables import wrapped

    lines = wrapped(text, console.width - indent, hang).split("\n")
    console.print(Text("\n".join(" " * indent + line for line in lines), style=style), soft_wrap=True)


def _qc_line(item: Waiting) -> Any:
    from rich.text import Text

    if not item.qc_passed:
        return Text("blocks this text: edit or reject it", style="bold red")
    warnings = len(item.qc_flags)
    return Text(f"passed, {warnings} warning{'s' if warnings != 1 else ''}" if warnings else "passed", style="green")


def as_row(item: Waiting) -> dict[str, Any]:
    """The message for `--json`: what a decision must name (draft_id, version, hash), and what it is about."""
    return {
        "draft_id": item.draft_id,
        "version": item.version,
        "hash": item.content_hash,
        "channel": item.channel,
        "recipient": item.recipient,
        "subject": item.subject,
        "body": item.body,
        "person": item.person,
        "title": item.title,
        "organisation": item.organisation,
        "tier": item.tier,
        "score": item.score,
        "qc_passed": item.qc_passed,
        "qc_flags": item.qc_flags,
        "facts": [
            {"sentence": f.sentence, "quote": f.quote, "source": f.source, "cited_by": list(f.sentences)}
            for f in item.facts
        ],
        "history": item.history,
    }
