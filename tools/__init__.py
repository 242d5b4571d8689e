"""What agents may call, and the code behind it, by subject; the transports to the world: pages, files, mail.

A tool acts on what its context names, never on ids that a model wrote. Functions take a Session and commit nothing.

Imports: db, prompts, playbooks, samples.
"""
