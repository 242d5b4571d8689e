"""The agents: a record for each, its policy by rule and its schema; `registry` lists those of the graphs.

No agent knows whether rules or an endpoint answer it (`models`), nor which graph it stands in.

Imports: tools, db, prompts, playbooks, samples.
"""
