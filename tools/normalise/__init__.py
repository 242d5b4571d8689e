"""Brings what people type into one form. Pure functions; None means that nothing usable was there."""

from tools.normalise.names import account_tier, employee_band, name_key, name_words, person_name, tidy_person
from tools.normalise.places import STATES, country_code, state_code, state_of, territory, timezone_of
from tools.normalise.values import clean, day, phone, whole_number, year
from tools.normalise.web import (
    domain_of,
    email,
    email_hints,
    is_free_provider,
    is_public_suffix,
    linkedin,
    registered_domain,
    website,
)

__all__ = [
    "STATES",
    "account_tier",
    "clean",
    "country_code",
    "day",
    "domain_of",
    "email",
    "email_hints",
    "employee_band",
    "is_free_provider",
    "is_public_suffix",
    "linkedin",
    "name_key",
    "name_words",
    "person_name",
    "phone",
    "registered_domain",
    "state_code",
    "state_of",
    "territory",
    "tidy_person",
    "timezone_of",
    "website",
    "whole_number",
    "year",
]
