"""Writes cases.jsonl: `python -m evals.suites.pipeline.make`. Each case is two or three organisations of a pool, drawn
by a fixed seed, and one thing about their rows that is not as it should be: the case's point."""

import json
import random
from collections.abc import Callable
from pathlib import Path

from evals.suites.pipeline.book import QA, SPORTS, Book, Case

Point = Callable[[Book], None]


def _plain(book: Book) -> None:
    """Nothing is wrong: everybody has a draft."""


def _suppressed(book: Book) -> None:
    """One address is suppressed."""
    book.more["suppressed"] = [book.people[0]["Email"]]
    book.fates[book.who(0)] = "suppressed"


def _suppressed_domain(book: Book) -> None:
    """A whole domain is suppressed."""
    book.more["suppressed"] = [book.people[1]["Email"].partition("@")[2]]
    book.fates[book.who(1)] = "suppressed"


def _suppressed_capitals(book: Book) -> None:
    """A suppressed address stands in the file in capitals and with blanks."""
    book.more["suppressed"] = [book.people[0]["Email"]]
    book.people[0]["Email"] = f"  {book.people[0]['Email'].upper()} "
    book.fates[book.who(0)] = "suppressed"


def _suppressed_colleague(book: Book) -> None:
    """The one who would be written to is suppressed; a colleague is not."""
    book.more["suppressed"] = [book.people[0]["Email"]]
    book.fates[book.who(0)] = "suppressed"
    book.person(book.places[0])


def _no_email(book: Book) -> None:
    """Somebody has no address."""
    book.people[0]["Email"] = ""
    book.fates[book.who(0)] = "no_email"


def _na_email(book: Book) -> None:
    """In place of an address stands N/A."""
    book.people[1]["Email"] = "N/A"
    book.fates[book.who(1)] = "no_email"


def _broken_email(book: Book) -> None:
    """What stands in place of an address is none."""
    book.people[0]["Email"] = "ask at the front desk"
    book.fates[book.who(0)] = "no_email"


def _mailto(book: Book) -> None:
    """An address was copied from a page, with mailto: before it."""
    book.people[0]["Email"] = "mailto:" + book.people[0]["Email"]


def _no_email_colleague(book: Book) -> None:
    """The one with the better title has no address; the colleague has."""
    book.people[0]["Email"] = ""
    book.fates[book.who(0)] = "no_email"
    book.person(book.places[0], "CFO" if book.playbook == SPORTS else "VP Engineering")


def _colleague(book: Book) -> None:
    """Two of one organisation: the one whom the playbook names first is written to."""
    book.person(book.places[0], "CFO" if book.playbook == SPORTS else "VP Engineering", "colleague")


def _three(book: Book) -> None:
    """Three of one organisation: one draft."""
    book.person(book.places[1], "Chief Financial Officer" if book.playbook == SPORTS else "CTO", "colleague")
    book.person(book.places[1], "Assistant Coach" if book.playbook == SPORTS else "Recruiter", "colleague")


def _assistant(book: Book) -> None:
    """An assistant is listed before the one whose post it is."""
    row = book.person(book.places[0], "Administrative Assistant", "colleague")
    book.people.insert(0, book.people.pop(book.people.index(row)))
    # The names are those of the order in which they were made.


def _twice(book: Book) -> None:
    """The same person stands in two rows."""
    book.people.append(dict(book.people[0]))


def _twice_case(book: Book) -> None:
    """The same person stands in two rows, the address once in capitals."""
    book.people.append({**book.people[0], "Email": book.people[0]["Email"].upper()})


def _twice_title(book: Book) -> None:
    """The same address in two rows with titles written differently."""
    other = "Director of Athletics" if book.playbook == SPORTS else "Director of QA"
    book.people.append({**book.people[1], "Title": other})


def _place_twice(book: Book) -> None:
    """An organisation stands in two rows with the same id."""
    book.places.append(dict(book.places[0]))


def _place_renamed(book: Book) -> None:
    """An organisation stands in two rows with the same id, the second time with a longer name."""
    column = "Institution Name" if book.playbook == SPORTS else "Company"
    suffix = ", Main Campus" if book.playbook == SPORTS else ", Inc."
    book.places.append({**book.places[1], column: book.places[1][column] + suffix})


def _far(book: Book) -> None:
    """An organisation is far away, small and young: its tier is not written to."""
    place = book.places[1]
    place |= {"State": "TX", "City": "Waco", "Undergraduates": "300", "Division": "NAIA Division II", "_year": "2024"}
    book.facts[1] |= {"State": "TX", "City": "Waco", "Year Built": "2024"}
    book.fates[book.who(1)] = "aside"


def _no_fact(book: Book) -> None:
    """Nothing is known about one of them that a first message could begin with."""
    del book.facts[0]
    book.fates[book.who(0)] = "no_fact"


def _fact_of_another(book: Book) -> None:
    """The only fact for one of them carries the id of an organisation that is not in the files."""
    book.facts[1] = {**book.facts[1], book.key: "99999" if book.playbook == SPORTS else "nobody.example"}
    book.facts[1] |= {"School" if book.playbook == SPORTS else "Company": "Nowhere at all"}
    book.fates[book.who(1)] = "no_fact"


def _no_year(book: Book) -> None:
    """Of one stadium only the name is known."""
    book.facts[0] |= {"Year Built": "", "Capacity": ""}


def _odd_numbers(book: Book) -> None:
    """Numbers as people write them."""
    book.facts[0] |= {"Capacity": "3,500", "Year Built": "n/a"}
    book.places[1]["Undergraduates"] = "4,100 "


def _capitals(book: Book) -> None:
    """A name stands in capitals, as exports have it."""
    book.people[0] |= {
        "First Name": book.people[0]["First Name"].upper(),
        "Last Name": book.people[0]["Last Name"].upper(),
    }


def _doctor(book: Book) -> None:
    """A title stands before the first name."""
    book.people[1]["First Name"] = "Dr. " + book.people[1]["First Name"]


def _no_first(book: Book) -> None:
    """Somebody has a last name alone: it is what there is to greet by."""
    last = book.people[0]["Last Name"]
    book.people[0]["First Name"] = ""
    del book.fates[book.who(0)]
    book.fates[last] = "waiting"


def _umlaut(book: Book) -> None:
    """A name with letters that are not English, in a file that is not UTF-8."""
    book.people[0] |= {
        "First Name": "Jörg",
        "Last Name": "Weiß",
        "Email": "jweiss@" + book.people[0]["Email"].partition("@")[2],
    }
    del book.fates[book.who(0)]
    book.fates["Jörg Weiß"] = "waiting"
    book.write["contacts.csv"] = {"encoding": "cp1252"}


def _bom(book: Book) -> None:
    """The file of people begins with a byte order mark and has semicolons."""
    book.write["contacts.csv"] = {"encoding": "utf-8-sig", "delimiter": ";"}


def _tabs(book: Book) -> None:
    """The files have tabs for commas."""
    book.write = {name: {"delimiter": "\t"} for name in ("colleges.csv", "companies.csv", "contacts.csv")}


def _headline(book: Book) -> None:
    """A line about the export stands above the header."""
    book.write["contacts.csv"] = {"above": ["Contacts, exported June 1"]}


def _full_name(book: Book) -> None:
    """First and last name stand in one column."""
    book.people = [
        {
            "Name": f"{row['First Name']} {row['Last Name']}",
            **{k: v for k, v in row.items() if k not in ("First Name", "Last Name")},
        }
        for row in book.people
    ]


def _turned(book: Book) -> None:
    """Names stand last name first, with a comma."""
    book.people = [
        {
            "Full Name": f"{row['Last Name']}, {row['First Name']}",
            **{k: v for k, v in row.items() if k not in ("First Name", "Last Name")},
        }
        for row in book.people
    ]


def _blank_rows(book: Book) -> None:
    """Empty rows stand between the others."""
    book.people.insert(1, {})
    book.people.append({})


def _more_columns(book: Book) -> None:
    """The file has columns that mean nothing to us, before and between."""
    book.people = [
        {"Owner": "kl", "Last Touch": "", **row, "Score": "17", "Record Id": str(n)}
        for n, row in enumerate(book.people)
    ]


def _limit(book: Book) -> None:
    """The run may write one draft: the better organisation's."""
    for number, place in enumerate(book.places[1:], start=1):
        place |= {"Undergraduates": "900", "Division": "NCAA Division III (with football)"}
        book.fates[book.who(number)] = "left"
    book.more["limit"] = 1


def _again(book: Book) -> None:
    """The same files are run twice: nobody is there twice, and nobody has two drafts."""
    book.more["runs"] = 2


def _limit_again(book: Book) -> None:
    """One draft a run, and two runs: both are written in the end."""
    book.more |= {"limit": 1, "runs": 2}


def _elsewhere(book: Book) -> None:
    """Somebody of another sales motion is there already, and is left alone."""
    other = QA if book.playbook == SPORTS else SPORTS
    person = {"first_name": "Una", "last_name": "Fairweather", "email": "una@fairweather.example"}
    book.more["elsewhere"] = [{"playbook": other, "organisation": "Fairweather and Sons", **person}]
    book.fates["Una Fairweather"] = "elsewhere"
    book.organisations += 1


def _namesake(book: Book) -> None:
    """Two people of the same first and last name at two organisations are two people."""
    first, last = book.who(0).split()
    domain = book.people[1]["Email"].partition("@")[2]
    book.people[1] |= {"First Name": first, "Last Name": last, "Email": f"{first}.{last}@{domain}".lower()}
    del book.fates[book.who(1)]
    book.times[book.who(0)] = 2


def _shared_box(book: Book) -> None:
    """Two colleagues share a mailbox, which is written to once."""
    book.person(
        book.places[0],
        "CFO" if book.playbook == SPORTS else "VP Engineering",
        "colleague",
        Email=book.people[0]["Email"],
    )


def _all_barred(book: Book) -> None:
    """Nobody may be written to: the run ends without a draft."""
    book.more["suppressed"] = [row["Email"] for row in book.people]
    book.fates = dict.fromkeys(book.fates, "suppressed")


def _no_people(book: Book) -> None:
    """An organisation without people."""
    del book.people[1]
    del book.fates[book.who(1)]


def _order(book: Book) -> None:
    """The rows of the people stand in another order than those of their organisations."""
    book.people.reverse()


def _cfo(book: Book) -> None:
    """The only person has the last title of those that the playbook names."""
    book.people[0]["Title"] = "Chief Financial Officer" if book.playbook == SPORTS else "CTO"


_BOTH: tuple[Point, ...] = (
    _plain, _suppressed, _suppressed_domain, _suppressed_capitals, _no_email, _colleague, _twice, _place_twice,
    _no_fact, _capitals, _umlaut, _full_name, _again, _elsewhere, _assistant, _all_barred, _suppressed_colleague,
)  # fmt: skip
_COLLEGES_ALONE: tuple[Point, ...] = (
    _na_email, _mailto, _no_email_colleague, _twice_case, _place_renamed, _far, _no_year, _odd_numbers, _no_first, _bom,
    _limit, _namesake, _no_people, _more_columns, _cfo,
)  # fmt: skip
_COMPANIES_ALONE: tuple[Point, ...] = (
    _broken_email, _three, _twice_title, _fact_of_another, _doctor, _tabs, _headline, _turned, _blank_rows,
    _limit_again, _shared_box, _order,
)  # fmt: skip


def cases() -> list[Case]:
    """All cases, in their order."""
    drawn = [(SPORTS, p) for p in _BOTH] + [(QA, p) for p in _BOTH]
    drawn += [(SPORTS, p) for p in _COLLEGES_ALONE] + [(QA, p) for p in _COMPANIES_ALONE]
    random.Random(20260608).shuffle(drawn)
    made = []
    for number, (playbook, point) in enumerate(drawn, start=1):
        book = Book(number, playbook, organisations=3 if number % 5 == 0 else 2)
        point(book)
        made.append(book.case(number, (point.__doc__ or "").strip(), [point.__name__.strip("_").replace("_", "-")]))
    return made


def main() -> None:
    """Writes the file beside this one."""
    lines = [json.dumps(case, ensure_ascii=False) for case in cases()]
    Path(__file__).with_name("cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
