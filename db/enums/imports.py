"""What is brought in from files."""

from enum import StrEnum


class ImportEntity(StrEnum):
    """import_mappings.entity: what the rows of a file layout are."""

    ORGANISATION = "organisation"
    CONTACT = "contact"
    MIXED = "mixed"
    SIGNAL = "signal"
