"""Web pages as hostile input: fetched within bounds, read in a process that can be stopped, quoted letter for letter.

`fetcher` gets bytes (and nothing that it should not), `reader` makes a `Page` of them in a child process, `facts` and
`people` say what the page says, `research_sources` turns pages into the researcher's documents.
"""
