"""What is known of an organisation: the documents that research reads, the facts that it keeps, what follows from them.

Web pages are `tools.web`'s.
"""
