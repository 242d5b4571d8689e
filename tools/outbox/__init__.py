"""What is approved and ready to leave: listed, written out or sent as mail, and recorded once it has left.

A message leaves in three steps that are each kept: claimed (a row in `deliveries`), sent, recorded. Writing it to
a file claims it, for from then on it may leave; so its Message-ID is known when an answer comes.
"""

from tools.outbox.calls import Call, record_call, seconds_of
from tools.outbox.leaving import NotReady, Outgoing, find, outgoing, ready
from tools.outbox.mail import build_message, message_id_for
from tools.outbox.sending import Sent, claim, export_eml, file_name, mark_sent

__all__ = [
    "Call",
    "NotReady",
    "Outgoing",
    "Sent",
    "build_message",
    "claim",
    "export_eml",
    "file_name",
    "find",
    "mark_sent",
    "message_id_for",
    "outgoing",
    "ready",
    "record_call",
    "seconds_of",
]
