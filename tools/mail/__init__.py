"""Mail as it comes in: read with limits, told apart by what it is, and reduced to what a person wrote.

Everything here takes hostile bytes. Nothing raises but `UnreadableMail`, and all work is on bounded input.
"""

from tools.mail.dates import named_date
from tools.mail.human import human_text, own_lines
from tools.mail.kinds import Sorted, sort_mail
from tools.mail.limits import MAX_BYTES, UnreadableMail
from tools.mail.optout import asks_to_stop
from tools.mail.reading import Mail, read_mail, read_mail_file

__all__ = [
    "MAX_BYTES",
    "Mail",
    "Sorted",
    "UnreadableMail",
    "asks_to_stop",
    "human_text",
    "named_date",
    "own_lines",
    "read_mail",
    "read_mail_file",
    "sort_mail",
]
