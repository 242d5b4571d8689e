"""Pages and tables that leave the program as files: self-contained, private to the person, safe to open."""
