"""The tables and what keeps them true: models, migrations, triggers, roles, life cycles, access and queries.

Knows nothing of agents. What may leave, and to whom, is held here, whoever asks.

Imports: prompts, playbooks, samples.
"""
