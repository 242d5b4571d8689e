"""What the rules on truth let through, and what they stop: sentences judged by hand, and each kind of lie by itself."""

from dataclasses import replace

import pytest

from playbooks import load_playbook
from tests.tools.qc.sentences import FACTS, LATER, NAMES, SENTENCES, Judged
from tests.tools.qc.test_rules import OPENER, TEXT, draft, found
from tools.qc import DraftUnderCheck, Fact, Recipient, check

EVERY = (*SENTENCES, *LATER)
# Honest, and yet stopped: the rules know words, not meaning. A person can still say them.
STOPPED = {
    "Harbor State's home field, Lakeside Stadium, has been standing since 1969.",
    "We start with plans and photos, so there is no need for anybody to climb a pole.",
    "Hiring a Senior Quality Engineer often means regression runs have started to set the release date.",
}


def stopped(draft: DraftUnderCheck) -> bool:
    """Whether a rule on truth stops it."""
    return any(flag.rule in ("claim.unsupported", "claim.number", "organisation.wrong") for flag in check(draft))


def under_check(judged: Judged, **changes: object) -> DraftUnderCheck:
    text = f"Hi Jordan,\n\n{judged.text}\n\nBest,\nDana"
    made = DraftUnderCheck(
        playbook=load_playbook(judged.playbook),
        recipient=Recipient("Jordan", "Reyes", "j@harbor.example"),
        channel="email",
        touch=1,
        subject="",
        body=text,
        text=text,
        footer="",
        names=NAMES[judged.playbook],
        facts=tuple(Fact(key, *words) for key, words in FACTS.items()),
        claims=tuple((judged.text, key) for key in judged.cites),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("judged", [s for s in EVERY if not s.honest], ids=lambda s: s.text[:50])
def test_what_is_made_up_is_stopped(judged: Judged) -> None:
    assert stopped(under_check(judged))


@pytest.mark.parametrize("judged", [s for s in EVERY if s.honest], ids=lambda s: s.text[:50])
def test_what_is_honest_goes_through_in_other_words_too(judged: Judged) -> None:
    assert stopped(under_check(judged)) == (judged.text in STOPPED)


@pytest.mark.parametrize("playbook", ["sports-lighting", "qa-software"])
def test_every_agreed_statement_may_be_said(playbook: str) -> None:
    for statement in load_playbook(playbook).statements:
        assert not stopped(under_check(Judged(playbook, statement.text, (), True))), statement.id


@pytest.mark.parametrize(
    ("channel", "touch_type"), [("call", "call_snippet"), ("linkedin", "inmail"), ("email", "reply_draft")]
)
def test_what_is_made_up_is_stopped_in_every_kind_of_touch(channel: str, touch_type: str) -> None:
    seen = Judged("sports-lighting", "I saw that your lights failed.", (), honest=False)
    for by_person in (False, True):
        draft = under_check(seen, channel=channel, touch_type=touch_type, touch=2, by_person=by_person)
        assert stopped(draft)


def test_a_part_of_a_statement_is_not_a_statement() -> None:
    """'Whether the poles can stay' is what the seller finds out; 'the poles can stay' would be a promise."""
    for text in ("The poles can stay.", "The poles at Lakeside Stadium can stay.", "Your poles can stay."):
        assert stopped(under_check(Judged("sports-lighting", text, (), False)))


def test_the_same_sentence_without_its_citation_is_stopped() -> None:
    judged = Judged("sports-lighting", "Lakeside Stadium was built in 1969.", ("year",), True)
    assert not stopped(under_check(judged))
    assert stopped(under_check(replace(judged, cites=())))
    assert stopped(under_check(replace(judged, cites=("turf",))))


@pytest.mark.parametrize(
    ("text", "goes"),
    [
        ("Whatever you decide, thank you for reading.", True),
        ("It was a pleasure to put this together.", True),
        ("It was the best hour of my week.", True),
        ("The pond behind my office never freezes.", True),
        ("Your lamps failed four times in 2019.", False),
        ("Your lamps are failing.", False),
        ("I saw that the lights failed.", False),
        ("I wanted to ask about your failing lights.", False),
        ("I was sorry to read about your outage.", False),
        ("Coach Ramsey sends his regards.", False),
        ("We have done this for three others.", False),
        ("Lakeside Stadium looks dark at night.", False),
    ],
)
def test_a_person_may_say_more_but_no_number_name_or_claim(text: str, goes: bool) -> None:
    by_person = under_check(Judged("sports-lighting", text, (), goes), by_person=True)
    assert (not stopped(by_person)) == goes


TROUBLE = (
    "I think your lights failed.",
    "I believe your lamps went out twice last season.",
    "We know your lights were out for the homecoming game.",
    "I recall that your poles are outdated.",
    "Your groundskeeper left.",
    "Your facilities manager resigned in May.",
    "I write because your engineers left.",
    "Two of your testers quit.",
    "I think your pipeline was down last week.",
    "When your pipeline was down, nobody could ship.",
    "I am aware that your team is behind.",
    "I think your spring release slipped.",
    "Your neighbors hate the glare.",
)
NO_TROUBLE = (
    "I imagine your lights failed once or twice.",
    "If your lights went out, somebody would want to know why.",
    "I think your time is worth more than a sales call.",
    "I left a drawing of your field at the desk.",
    "Your posting went out last week, and I read it twice.",
    "Your posting left me curious.",
    "The demo at your last conference was late in the day.",
    "I suspect your builds are red more than anybody likes.",
    "Our own pipeline broke last spring, so I know the feeling.",
)


@pytest.mark.parametrize(("text", "goes"), [*((t, False) for t in TROUBLE), *((t, True) for t in NO_TROUBLE)])
def test_trouble_at_the_reader_needs_a_fact_however_sure_of_it_a_person_is(text: str, goes: bool) -> None:
    """Also where a fact speaks of the same thing, and of no trouble with it."""
    mild = Fact(
        "mild", "The field lights and the build pipeline are maintained by their own engineers.", "its engineers"
    )
    by_person = under_check(Judged("sports-lighting", text, (), goes), by_person=True, touch=2)
    assert (not stopped(by_person)) == goes
    assert (not stopped(replace(by_person, facts=(*by_person.facts, mild)))) == goes


def test_trouble_that_is_on_file_may_be_said_in_other_words() -> None:
    for text, told in (
        ("I think your lights failed.", "The lights at Lakeside Stadium went out in the third quarter."),
        ("I know your lights were out.", "An outage of the lights at Lakeside Stadium ended the game."),
        ("I think your groundskeeper quit.", "The groundskeeper of Harbor State is leaving in June."),
    ):
        by_person = under_check(Judged("sports-lighting", text, (), True), by_person=True, touch=2)
        assert stopped(by_person)
        assert not stopped(replace(by_person, facts=(*by_person.facts, Fact("told", told, told)))), text


@pytest.mark.parametrize(
    ("subject", "goes"),
    [
        ("Your lights failed", False),
        ("The lights at Lakeside Field", True),
        ("A Question About Lakeside Field", True),
        ("Your field lighting", True),
        ("1958 and counting", True),
        ("Lighting for 9,000 seats", False),
        ("The finest field in Ohio", False),
        ("Your failing lights", False),
        ("Three questions on Lakeside Field", False),
    ],
)
def test_the_subject_is_held_to_the_same(subject: str, goes: bool) -> None:
    assert ("claim.subject" not in found(draft(subject=subject))) == goes


def test_a_lie_behind_a_true_half_is_found() -> None:
    for lie in (
        "and its lights fail every week",
        "and the lights there fail",
        "which has never been relit",
        "and I hear the lamps are old",
    ):
        opener = OPENER.replace(".", f", {lie}.", 1)
        claims = tuple((opener, fact) for fact in ("f1", "f2", "f3"))
        assert "claim.unsupported" in found(draft(TEXT.replace(OPENER, opener), claims=claims)), lie
