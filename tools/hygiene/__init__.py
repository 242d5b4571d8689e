"""What keeps records in order: one form, blanks filled, titles classified, notes heeded, flags for what looks wrong.

`tidy` does it for a chunk of prospects; `flags` opens and settles what a person should see, `flag_review` is how a
person works through it. Records that are there twice are `tools.merging`'s, scores `tools.scoring`'s.
"""
