"""Tokens per drafted message, by agent, over both samples: how many there are, and how many a server can cache.

    python -m benchmarks.tokens [--drafts 20]

The rules model answers, so the messages are those of a run in which each answer is right at once. What is sent is
counted as a server would be asked: all messages of each call and the schemas of its tools. Tokens are estimated, at
four characters each: no tokenizer is the one of every model. `the same for all` is what the calls of different contacts
have in common from their first character on, the tools first: a server that caches prefixes reads it once.
"""

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path

from langchain_core.messages import BaseMessage, message_to_dict

from agents.agent import ToolAgent
from agents.models.described import Described
from agents.models.pricing import CHARACTERS_A_TOKEN
from agents.parts import Part
from agents.registry import AGENTS
from db.migrate import upgrade
from graphs.recorder import Question
from outreach.commands.demo import sample_files
from outreach.logs import configure_logging
from outreach.session import RunnerSession
from outreach.settings import Settings


def sent(question: Question) -> str:
    """All that goes over the wire, in its order: tools, then messages."""
    agent = AGENTS.get(question.agent_name)
    tools = Described().of(agent.tools) if isinstance(agent, ToolAgent) else []
    words = [json.dumps(tool) for tool in tools]
    for message in question.messages:
        words.append(str(message.content))
        words += [json.dumps(call["args"]) for call in getattr(message, "tool_calls", [])]
    return "\n".join(words)


def answered(answer: list[BaseMessage]) -> int:
    return sum(
        len(str(message.content)) + len(json.dumps(message_to_dict(message)["data"].get("tool_calls") or ""))
        for message in answer
    )


def in_common(one: str, other: str) -> int:
    """How many characters both begin with: of the first and the last in order, what all have in common."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def measure(playbook: str, drafts: int) -> None:
    """Prints the table of one sample."""
    calls: dict[str, list[str]] = defaultdict(list)
    out: dict[str, int] = defaultdict(int)

    async def listening(question: Question, call: Callable[[], Awaitable[list[BaseMessage]]]) -> list[BaseMessage]:
        answer = await call()
        calls[question.agent_name].append(sent(question))
        out[question.agent_name] += answered(answer)
        return answer

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        url = f"sqlite:///{home / 'outreach.db'}"
        upgrade(url)
        settings = Settings(home=home, database_url=url, model="rules", playbook=playbook)
        with RunnerSession(settings) as session:
            session.run(playbook, sample_files(playbook), None, only=[Part.IMPORT, Part.SCORE])
            session._runner._machine.recorder.ask = listening
            made = session.run(playbook, [], drafts).tally.waiting
    print(f"\n{playbook}: {made} drafts; tokens estimated at {CHARACTERS_A_TOKEN} characters each")
    print(
        f"{'agent':14} {'calls':>6} {'in a call':>10} {'in a draft':>11} {'out a draft':>12} {'the same for all':>17}"
    )
    whole = [0.0, 0.0]
    for name, asked in calls.items():
        into = sum(map(len, asked)) / CHARACTERS_A_TOKEN
        same = in_common(min(asked), max(asked)) / CHARACTERS_A_TOKEN
        each, given = into / max(made, 1), out[name] / CHARACTERS_A_TOKEN / max(made, 1)
        whole[0] += each
        whole[1] += given
        share = f"{same:.0f} ({same * len(asked) / into:.0%})"
        print(f"{name:14} {len(asked):6} {into / len(asked):10.0f} {each:11.0f} {given:12.0f} {share:>17}")
    print(f"{'together':14} {'':6} {'':10} {whole[0]:11.0f} {whole[1]:12.0f}")


def main() -> None:
    """Prints one table a sample."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drafts", type=int, default=20)
    given = parser.parse_args()
    configure_logging("console", "error")
    for playbook in ("sports-lighting", "qa-software"):
        measure(playbook, given.drafts)


if __name__ == "__main__":
    main()
