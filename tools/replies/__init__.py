"""Messages that come in: taken in and matched (`fetching`, `intake`, `matching`), what follows from them (`effects`,
`automatic`), and a person's word on them (`corrections`, `undoing`, `handled`); `thread` shows a correspondence.

How a mail is read, and what kind it is, stands in `tools.mail`.
"""
