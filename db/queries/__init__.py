"""Queries that more than one part of the product asks; functions take a Session and never commit."""
