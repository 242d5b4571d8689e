"""Finds records that are one organisation or one person, among plain records and without labels.

`columns.guess` says what columns mean, `records.prepare` brings records into form, `engine.find` compares them.
"""
