"""Experiments: a plan laid down before the first message, counts from the touches, and one look at the end."""
