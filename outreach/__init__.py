"""The door: the command line, settings, wiring, and what the screen, exported pages and an assistant are shown.

Decides nothing about a message. Light to load: what is heavy is imported when a command runs.

Imports: evals, graphs, agents, tools, db, prompts, playbooks, samples.
"""
