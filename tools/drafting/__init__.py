"""What a message is written from and into: its brief, templates and variants, and drafts as rows."""
