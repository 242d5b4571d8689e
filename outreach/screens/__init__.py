"""What the terminal shows where it takes more than a table: the inbox, a thread, a call's page, an evaluation."""
