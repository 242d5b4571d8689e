"""Every reader of outside bytes against damaged and hostile input: one table of readers, and what a case must keep."""
