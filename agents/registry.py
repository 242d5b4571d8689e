"""All agents, by the name that they have everywhere: graph node, module, prompt folder, `agent_runs.agent_name`."""

from agents import drafting, hygiene, orchestrator, outreach, prospector, qc, reply_triage, researcher
from agents.agent import Agent

AGENTS: dict[str, Agent] = {
    agent.name: agent
    for agent in (
        orchestrator.AGENT,
        prospector.AGENT,
        hygiene.AGENT,
        researcher.AGENT,
        drafting.AGENT,
        qc.AGENT,
        outreach.AGENT,
        reply_triage.AGENT,
    )
}
