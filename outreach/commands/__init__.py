"""The command line, one module per noun. A module is light at its top: what is heavy is imported when it runs."""
