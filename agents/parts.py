"""The parts of a run. Apart from the rest, so that the command line can name them without loading an agent."""

from enum import StrEnum


class Part(StrEnum):
    """A part of a run that may be asked for alone, in the order in which a run takes them."""

    IMPORT = "import"
    REPLIES = "replies"
    SCORE = "score"
    DRAFT = "draft"
