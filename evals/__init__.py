"""Suites of cases that measure agents, rules and prompts; how they are run, judged, compared and gated.

What runs in a case is what ships; it copies no agent and no prompt.

Imports: graphs, agents, tools, db, prompts, playbooks, samples.
"""
