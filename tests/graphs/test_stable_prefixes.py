"""What an agent is told begins with what is the same for all, so that a server that caches prefixes reads it once."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path

from langchain_core.messages import BaseMessage, SystemMessage

from graphs.recorder import Question
from outreach.session import RunnerSession
from outreach.settings import Settings
from playbooks import load_playbook, playbook_names
from prompts import agents, newest
from tests.support.pipeline import small_sample

# What of each agent's material is the same for two contacts, up to the first thing that is theirs.
SHARED = {"researcher": '"offers": [', "drafting": '"template": {', "qc": '"statements": ['}
THEIRS = {"researcher": '\n "organisation"', "drafting": '\n "contact"', "qc": '\n "contact"'}


def test_instructions_depend_on_the_playbook_alone() -> None:
    """No contact and no day can stand in them: anything else that a prompt names is an error."""
    for playbook in map(load_playbook, playbook_names()):
        for agent in agents():
            assert newest(agent).render(playbook=playbook)


def test_two_contacts_first_messages_begin_alike(tmp_path: Path, sqlite_url: str) -> None:
    first: dict[str, list[str]] = defaultdict(list)

    async def listening(question: Question, call: Callable[[], Awaitable[list[BaseMessage]]]) -> list[BaseMessage]:
        if len(question.messages) == 2:
            assert isinstance(question.messages[0], SystemMessage)
            first[question.agent_name].append("\n".join(str(message.content) for message in question.messages))
        return await call()

    settings = Settings(home=tmp_path, database_url=sqlite_url, model="rules", concurrency=1)
    with RunnerSession(settings) as session:
        session._runner._machine.recorder.ask = listening
        assert session.run(settings.playbook, small_sample(tmp_path / "files", 2), None).tally.waiting == 2
    playbook = load_playbook(settings.playbook)
    for agent, begin in SHARED.items():
        one, other = first[agent]
        system = newest(agent).render(playbook=playbook)
        assert one != other
        assert one.startswith(system)
        stable = one[: one.index(THEIRS[agent])]
        assert begin in stable
        assert other.startswith(stable)
