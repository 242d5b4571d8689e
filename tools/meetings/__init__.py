"""Meetings and the opportunities that come of them (OCC, opportunities): what a person says happened, and what earned
it (docs/meetings.md)."""

from tools.meetings.attribution import Earned, earned_by
from tools.meetings.booking import Booking, MeetingRefused, MeetingUpdate, book, reschedule
from tools.meetings.outcomes import disqualify, feedback, held, lose, no_show, qualify

__all__ = [
    "Booking",
    "Earned",
    "MeetingRefused",
    "MeetingUpdate",
    "book",
    "disqualify",
    "earned_by",
    "feedback",
    "held",
    "lose",
    "no_show",
    "qualify",
    "reschedule",
]
