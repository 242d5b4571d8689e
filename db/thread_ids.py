"""The ids of the threads of the graphs (graphs/threads.py): made and read here alone, as tables are matched by them."""

from typing import Final

OF_A_TOUCH: Final = "touch"
OF_A_REPLY: Final = "reply"
OF_A_RUN: Final = "run"


def touch_thread(contact_id: str, sequence_id: str | None, touch_number: int | None) -> str:
    """The thread in which one touch of one contact is written, checked, decided on and sent."""
    return f"{OF_A_TOUCH}:{contact_id}:{sequence_id}:{touch_number}"


def reply_thread(inbound_id: str) -> str:
    """The thread in which one reply is read and acted on."""
    return f"{OF_A_REPLY}:{inbound_id}"


def run_thread(name: str) -> str:
    """The thread of one run over many contacts."""
    return f"{OF_A_RUN}:{name}"


def kind_of(thread_id: str) -> str:
    """What a thread is about: one of the three above, or of a kind that only another version knows."""
    return thread_id.split(":", 1)[0]


def inbound_of(thread_id: str) -> str | None:
    """The id of the inbound message that a thread is about."""
    kind, _, rest = thread_id.partition(":")
    return rest if kind == OF_A_REPLY else None


def contact_of(thread_id: str) -> str | None:
    """The id of the contact whose touch a thread is about."""
    kind, _, rest = thread_id.partition(":")
    return rest.split(":", 1)[0] if kind == OF_A_TOUCH else None
