"""Organisations and people who are on the list twice: found, merged by themselves where that is certain, else flagged,
judged, and parted again.

What is compared stands in `organisations` and `people`; how, in `tools.dedupe`, which knows no database.
"""
