"""Batches: groups of people who are written to together, and what is tested on them."""
