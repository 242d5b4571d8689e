"""What is known to be wrong in the football facts, and which pairs were settled by hand."""

from __future__ import annotations

# The football source's school name → UNITID, where the names alone do not tell. State and place are still
# checked.
BY_HAND: dict[str, str] = {
    "Bowling Green": "201441",
    "Indiana": "151351",
    "Kent State": "203517",
    "Miami (OH)": "204024",
    "Penn State": "214777",
    "Southern Illinois": "149222",
    # One institution since 2022, several teams: the team of the campus at the institution's own address.
    "PennWest California": "498571",
    "Bloomsburg": "498562",
}

# Known to be right although neither city nor coordinates say so.
PLACE_CONFIRMED: dict[str, str] = {
    "Wilkes": "Schmidt Stadium stands in Edwardsville, across the river from Wilkes-Barre; the record's "
    "coordinates are those of Edwardsville, Alabama",
}

LEFT_OUT: dict[str, str] = {
    "Reading": "named Reading, abbreviated ALVERNIA, 'Turf Field': likely Alvernia, not certain enough",
    "Clarion": "a campus of PennWest, which stands under its California campus",
    "Edinboro University": "a campus of PennWest, which stands under its California campus",
    "Lock Haven University": "a campus of Commonwealth University, which stands under Bloomsburg",
    # A college cannot decide on the lights of a stadium that it only rents.
    "Pittsburgh": "plays in Acrisure Stadium, which a professional team runs",
    "Temple": "plays in Lincoln Financial Field, which a professional team runs",
    "Walsh": "plays in Tom Benson Hall of Fame Stadium, which the Hall of Fame runs",
}

# (school, column, new value, reason): a blank value where the true one is not in the data.
CORRECTIONS: tuple[tuple[str, str, str, str], ...] = (
    ("Northwestern", "Capacity", "", "the old Ryan Field was torn down in 2024"),
    ("Northwestern", "Year Built", "", "the old Ryan Field was torn down in 2024"),
    ("Northwestern", "Surface", "", "the old Ryan Field was torn down in 2024"),
    ("Notre Dame", "Capacity", "", "80,795 is the figure before the rebuilding that ended in 2017"),
    ("Lehigh", "Surface", "", "given as artificial, but Goodman Stadium was long a grass field"),
    ("Franklin", "Year Built", "", "the record's coordinates are in California: a mixed-up record"),
    ("Franklin", "Stadium", 'Stewart "Red" Faught Stadium', "doubled quotation marks"),
    ("Wilmington (OH)", "Stadium", "Williams Stadium", "misspelt Wiliams"),
    ("Keystone", "Stadium", "", "'Athletic Field Complex' describes, it does not name"),
)

MINIMUM_CAPACITY = {"fbs": 10000, "fcs": 1000, "ii": 300, "iii": 300}
YEARS = range(1870, 2027)
FAR_KM = 40.0
