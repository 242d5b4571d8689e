"""What the analyst is given, numbered, and the check of what it says of it: of a period, of a batch, for one call."""
