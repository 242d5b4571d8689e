"""One case while it is made: two or three organisations, their people and what is known, as rows of files."""

import random
from typing import Any

Case = dict[str, Any]
Row = dict[str, str]
SPORTS, QA = "sports-lighting", "qa-software"
_COLLEGES = (
    ("Hollin Ridge College", "OH", "Akron", "Tanner Field", "1962", "4200"),
    ("Tarn Valley University", "OH", "Lima", "Bower Stadium", "1958", "6100"),
    ("Marrow Bay College", "IN", "Gary", "Lakeside Field", "1971", "3800"),
    ("Old Quarry University", "KY", "Berea", "Stonecutter Bowl", "1949", "5200"),
    ("Brannoc College", "OH", "Xenia", "Weir Field", "1966", "3000"),
    ("Wexley State College", "IN", "Peru", "Memorial Grounds", "1955", "4800"),
    ("Pennard College", "KY", "Paris", "Fox Hollow Stadium", "1968", "2600"),
    ("Ostler University", "OH", "Troy", "Carrier Field", "1973", "7000"),
)
_COMPANIES = (
    ("Marrowgate Systems", "marrowgate.example", "Payments", "Austin"),
    ("Quillbase", "quillbase.example", "Health records", "Boston"),
    ("Tessel Works", "tessel.example", "Retail", "Denver"),
    ("Oarlock Freight", "oarlock.example", "Logistics", "Seattle"),
    ("Cindermill", "cindermill.example", "Security", "Atlanta"),
    ("Bluejay Ledger", "bluejay.example", "Accounting", "Chicago"),
)
_FIRST = (
    "Nell",
    "Owen",
    "Mira",
    "Hal",
    "Petra",
    "Ivo",
    "Faye",
    "Tom",
    "Celia",
    "Dev",
    "Gwen",
    "Marcus",
    "Rita",
    "Beth",
)
_LAST = (
    "Garrity",
    "Tate",
    "Soto",
    "Benning",
    "Lind",
    "Brandt",
    "Ashgrove",
    "Dorn",
    "Okafor",
    "Hale",
    "Vance",
    "Colley",
)
_FACTS = {SPORTS: "stadiums.csv", QA: "openings.csv"}


class Book:
    """The rows of one case while it is made. Its people wait, unless its point says something else."""

    def __init__(self, number: int, playbook: str, organisations: int = 2) -> None:
        self.rng = random.Random(f"{number}/{playbook}")
        self.playbook = playbook
        pool: tuple[Any, ...] = _COLLEGES if playbook == SPORTS else _COMPANIES
        self.places = [self._place(n, given) for n, given in enumerate(self.rng.sample(pool, organisations))]
        self.facts = [self._fact(place) for place in self.places]
        names = zip(self.rng.sample(_FIRST, 6), self.rng.sample(_LAST, 6), strict=True)
        self.names = [f"{first} {last}" for first, last in names]
        self.people: list[Row] = []
        self.fates: dict[str, str] = {}
        self.times: dict[str, int] = {}
        self.more: Case = {}
        self.write: dict[str, Case] = {}
        for place in self.places:
            self.person(place)
        self.organisations = organisations

    def _place(self, number: int, given: tuple[str, ...]) -> Row:
        if self.playbook == SPORTS:
            name, state, city, field, year, students = given
            place = {"UNITID": f"9{number}0{len(name)}", "Institution Name": name, "City": city, "State": state}
            place |= {
                "Website": f"https://{name.split()[0].lower()}.example",
                "Division": "NCAA Division II (with football)",
            }
            return place | {"Undergraduates": students, "_field": field, "_year": year, "_seats": "3500"}
        name, domain, industry, city = given
        place = {"Domain": domain, "Company": name, "Website": f"https://{domain}", "Industry": industry}
        return place | {"Employees": "180", "City": city, "State/Country": "USA", "Stage": "Growth"}

    def _fact(self, place: Row) -> Row:
        if self.playbook == SPORTS:
            fact = {"UNITID": place["UNITID"], "School": place["Institution Name"], "Stadium": place["_field"]}
            return fact | {
                "Capacity": place["_seats"],
                "Year Built": place["_year"],
                "City": place["City"],
                "State": place["State"],
            }
        fact = {"Company": place["Company"], "Domain": place["Domain"], "Title": "Senior QA Automation Engineer"}
        return fact | {"Location": place["City"], "Posted": "2026-05-20", "Link": f"https://{place['Domain']}/jobs/7"}

    @property
    def key(self) -> str:
        """The column that joins the files."""
        return "UNITID" if self.playbook == SPORTS else "Domain"

    def name_of(self, place: Row) -> str:
        """An organisation's name."""
        return place["Institution Name" if self.playbook == SPORTS else "Company"]

    def person(self, place: Row, title: str | None = None, fate: str = "waiting", **cells: str) -> Row:
        """Another person there, with what became of them."""
        name = self.names[len(self.people)] if len(self.people) < len(self.names) else self.names[0]
        first, last = name.split()
        usual = "Athletic Director" if self.playbook == SPORTS else "QA Director"
        row = {"First Name": first, "Last Name": last, "Title": title or usual, "Company": self.name_of(place)}
        domain = place["Website"].removeprefix("https://")
        row |= {"Email": f"{first[0]}{last}@{domain}".lower(), self.key: place[self.key]} | cells
        self.people.append(row)
        self.fates[name] = fate
        return row

    def who(self, number: int) -> str:
        """The name of a person, as it was first written."""
        return self.names[number]

    def case(self, number: int, point: str, tags: list[str]) -> Case:
        """The case as a line of the file."""
        first = "colleges.csv" if self.playbook == SPORTS else "companies.csv"
        contents = {first: self.places, _FACTS[self.playbook]: self.facts, "contacts.csv": self.people}
        what = {
            first: "organisations",
            _FACTS[self.playbook]: "facts" if self.playbook == SPORTS else "openings",
            "contacts.csv": "contacts",
        }
        files = []
        for name, rows in contents.items():
            if not rows:
                continue
            columns = list(dict.fromkeys(column for row in rows for column in row if not column.startswith("_")))
            described = {"name": name, "what": what[name], "organisation_column": self.key}
            if name == first:
                described["id_column"] = self.key
            if name == _FACTS[self.playbook]:
                described |= {
                    "id_column": "UNITID" if self.playbook == SPORTS else "Link",
                    "observed_on": "2026-05-20",
                }
            cells = [[row.get(column, "") for column in columns] for row in rows]
            files.append({**described, "columns": columns, "rows": cells, **self.write.get(name, {})})
        given = {"playbook": self.playbook, "today": "2026-06-08", "files": files, **self.more}
        people = {name: [fate] * self.times.get(name, 1) for name, fate in self.fates.items()}
        count = sum(len(fates) for fates in people.values())
        expected = {"people": people, "organisations": self.organisations, "count": count, "why": point}
        half = "tuning" if number % 2 else "held-out"
        return {
            "id": f"pipe-{number:03d}",
            "input": given,
            "expected": expected,
            "tags": [self.playbook, half, *tags],
            "source": "evals/suites/pipeline/make.py",
        }
