"""Sentences as language models write them in first e-mails, judged by hand: which rest on what is known, which do not.

`held_out` ones were not looked at while the rules were written. All schools, companies and people are invented.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Judged:
    """A sentence, the facts that it cites, and whether it may be sent."""

    playbook: str
    text: str
    cites: tuple[str, ...]
    honest: bool
    held_out: bool = False


LIGHTS, TESTS = "sports-lighting", "qa-software"
NAMES = {LIGHTS: ("Harbor State University", "Harbor State", "Lakeside Stadium"), TESTS: ("Tidepool",)}
FACTS = {
    "home": (
        "Harbor State plays its home football at Lakeside Stadium.",
        "School: Harbor State\nStadium: Lakeside Stadium",
    ),
    "year": ("Lakeside Stadium was built in 1969.", "Stadium: Lakeside Stadium\nCapacity: 25319\nYear Built: 1969"),
    "seats": ("Lakeside Stadium seats 25,319.", "Stadium: Lakeside Stadium\nCapacity: 25319"),
    "turf": ("The surface at Lakeside Stadium is artificial turf.", "Surface: artificial turf"),
    "division": ("Harbor State University competes in NCAA Division I-FBS.", "Division: NCAA Division I-FBS"),
    "students": ("Harbor State University has 16,669 undergraduates.", "Undergraduates: 16669"),
    "opening": (
        "Tidepool has an opening for a Senior Quality Engineer in Toronto.",
        "Company: Tidepool; Title: Senior Quality Engineer; Location: Toronto, Canada",
    ),
    "staff": ("Tidepool has about 300 employees.", "Employees: 300"),
}


def _l(text: str, *cites: str, honest: bool, held_out: bool = False) -> Judged:
    return Judged(LIGHTS, text, cites, honest, held_out)


def _t(text: str, *cites: str, honest: bool, held_out: bool = False) -> Judged:
    return Judged(TESTS, text, cites, honest, held_out)


SENTENCES = (
    _l("Lakeside Stadium dates back to 1969 and holds 25,319 fans.", "year", "seats", honest=True),
    _l(
        "With room for 25,319 on artificial turf, Lakeside Stadium is home to Harbor State football.",
        *("home", "seats", "turf"),
        honest=True,
        held_out=True,
    ),
    _l("I was looking into Lakeside Stadium and saw that it was built in 1969.", "year", honest=True),
    _l("I'm reaching out about the lighting at Lakeside Stadium.", honest=True),
    _l(
        "Harbor State competes in Division I-FBS and plays at Lakeside Stadium, a 25,319-seat venue built in 1969.",
        *("home", "year", "seats", "division"),
        honest=True,
    ),
    _l(
        "Since Lakeside Stadium was built in 1969, I wondered what is on the poles today.",
        "year",
        honest=True,
        held_out=True,
    ),
    _l("Older metal halide fixtures need several minutes to come back on after a power dip.", honest=True),
    _l(
        "We can put together a photometric study from your plans and photos that shows what LED would look like on "
        "the same poles.",
        honest=True,
    ),
    _l("I don't know what lights you have on the poles at Lakeside Stadium today.", honest=True, held_out=True),
    _l("Is field lighting part of your facilities plan over the next two years?", honest=True),
    _l("If someone else handles the lights, I'd be grateful if you could point me to them.", honest=True),
    _l("Lakeside Stadium, home of Harbor State football, went up in 1969.", "home", "year", honest=True, held_out=True),
    _l("LED comes back as soon as the power does and can be dimmed by zone.", honest=True),
    _t("I noticed Tidepool is hiring a Senior Quality Engineer in Toronto.", "opening", honest=True),
    _t("Your posting for a Senior Quality Engineer in Toronto caught my eye.", "opening", honest=True, held_out=True),
    _t("Plainrun runs plain-language tests on every build and sets flaky ones aside.", honest=True),
    _t("Teams often add test engineers when regression runs start to set the release date.", honest=True),
    _t(
        "Existing Selenium and Playwright suites can be taken over as they are, so nothing needs to be rewritten.",
        honest=True,
        held_out=True,
    ),
    _t("Would it be useful to see how that works on one of your own test cases?", honest=True),
    _t(
        "I saw the Senior Quality Engineer role at Tidepool and wanted to ask about regression time.",
        "opening",
        honest=True,
        held_out=True,
    ),
    _l("Lakeside Stadium was built in 1969 and last relit in 2004.", "year", honest=False),
    _l("Lakeside Stadium was built in 1969 for 16,669 fans.", "year", "seats", "students", honest=False),
    _l(
        "Lakeside Stadium seats 1,969 for Harbor State football.",
        *("home", "year", "seats"),
        honest=False,
        held_out=True,
    ),
    _l("Harbor State no longer plays its home football at Lakeside Stadium.", "home", honest=False),
    _l("Lakeside Stadium is one of the finest venues in college football.", "home", honest=False),
    _l("Your athletes deserve better than the lights at Lakeside Stadium.", "home", honest=False, held_out=True),
    _l("Coach Ramsey mentioned that Lakeside Stadium needs new lights.", "home", honest=False),
    _l("Ridgemont Tech switched to our LED system last season.", honest=False),
    _l("Ridgemont Field was built in 1969.", "year", honest=False),
    _l("I can tell that you take real pride in the game-day experience at Harbor State.", honest=False, held_out=True),
    _l("Your current metal halide fixtures are costing you thousands every year.", honest=False),
    _l("Lakeside Stadium, built in 1969, still runs on its original lights.", "year", honest=False, held_out=True),
    _l("Most schools in Division I-FBS have already moved to LED.", "division", honest=False),
    _l("Isn't it time to replace the failing lights at Lakeside Stadium?", honest=False, held_out=True),
    _t("Tidepool is hiring three Senior Quality Engineers in Toronto.", "opening", honest=False),
    _t("Tidepool's 300 engineers must be struggling with flaky tests.", "staff", honest=False, held_out=True),
    _t("Your regression suite is clearly slowing your releases down.", honest=False),
    _t("Plainrun cut release time in half for teams like Tidepool.", honest=False, held_out=True),
    _t("Tidepool is not hiring quality engineers in Toronto any more.", "opening", honest=False, held_out=True),
    _t("Plainrun is the fastest test automation platform on the market.", honest=False),
)

LATER = (
    _l(
        "Harbor State's home field, Lakeside Stadium, has been standing since 1969.",
        "home",
        "year",
        honest=True,
        held_out=True,
    ),
    _l("A stadium built in 1969 has probably seen more than one lighting system.", "year", honest=False, held_out=True),
    _l("Lakeside Stadium seats 25,319, and its lights fail.", "seats", honest=False, held_out=True),
    _l("I hear the lights at Lakeside Stadium fail during games.", honest=False, held_out=True),
    _l(
        "I have been reading about Lakeside Stadium, which has artificial turf and seats 25,319.",
        "turf",
        "seats",
        honest=True,
        held_out=True,
    ),
    _l("Metal halide lamps lose brightness long before they fail.", honest=True, held_out=True),
    _l("We start with plans and photos, so there is no need for anybody to climb a pole.", honest=True, held_out=True),
    _l("Harbor State spends too much on its field lights.", honest=False, held_out=True),
    _l(
        "With 25,319 undergraduates, Harbor State University fills Lakeside Stadium.",
        "seats",
        "students",
        "home",
        honest=False,
        held_out=True,
    ),
    _l("Lakeside Stadium hosts Harbor State football under aging lights.", "home", honest=False, held_out=True),
    _l(
        "We recently completed a similar project for another Division I-FBS program.",
        "division",
        honest=False,
        held_out=True,
    ),
    _l("The study shows how even the light is now and whether the poles can stay.", honest=True, held_out=True),
    _l("The poles at Lakeside Stadium can stay.", honest=False, held_out=True),
    _l("Would you be open to a photometric study of the field?", honest=True, held_out=True),
    _l("When your lights failed last October, the crowd waited.", honest=False, held_out=True),
    _t(
        "Hiring a Senior Quality Engineer often means regression runs have started to set the release date.",
        "opening",
        honest=True,
        held_out=True,
    ),
    _t(
        "Tidepool, with about 300 employees, is looking for a Senior Quality Engineer.",
        "staff",
        "opening",
        honest=True,
        held_out=True,
    ),
    _t("Tidepool has 300 openings in Toronto.", "staff", "opening", honest=False, held_out=True),
    _t("Your team is drowning in flaky tests.", honest=False, held_out=True),
    _t("With Plainrun, a red build means something.", honest=True, held_out=True),
    _t("Plainrun integrates with Jenkins and CircleCI.", honest=False, held_out=True),
    _t("As a fast-growing company, Tidepool needs quality at scale.", "staff", honest=False, held_out=True),
    _t("Do you have time for flakiness this quarter?", honest=True, held_out=True),
    _t("Plainrun guarantees zero flaky tests.", honest=False, held_out=True),
    _l("I saw that your lights failed.", honest=False),
    _l("I saw that the lights failed.", honest=False),
    _l("I reached out because your lights failed.", honest=False),
    _l("I looked at your lights, and they fail.", honest=False),
    _l("I gather your lamps are past saving.", honest=False, held_out=True),
    _l("We read about the night your field went dark.", honest=False, held_out=True),
    _l("I have seen how uneven your lights are.", honest=False, held_out=True),
    _l("I was told that the neighbors complain.", honest=False, held_out=True),
    _l("I saw that Harbor State plays under lights that fail.", "home", honest=False, held_out=True),
    _t("I spotted your flaky test suite.", honest=False, held_out=True),
    _t("I saw the posting for a Senior Quality Engineer in Toronto.", "opening", honest=True, held_out=True),
    _l("I noticed that Lakeside Stadium was built in 1969.", "year", honest=True, held_out=True),
    _l("I came across Lakeside Stadium and saw that it seats 25,319.", "seats", honest=True, held_out=True),
    _l("I would like to see whether the poles can stay.", honest=True, held_out=True),
    _l("We look at a field from its plans and a few photos.", honest=True, held_out=True),
)
"""Written after the rules, and not used to change what they make of a sentence but for two bugs that they showed."""
