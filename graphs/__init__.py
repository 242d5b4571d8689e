"""The graphs: who is next, one contact's way from research to the outbox, the recorder of every step, and sending.

Writes rows of `agent_runs`, and leaves all others to agents, tools and `db`.

Imports: agents, tools, db, prompts, playbooks, samples.
"""
