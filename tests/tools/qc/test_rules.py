"""Each rule finds the defect that it is for, marks it, and leaves a clean message alone."""

from dataclasses import replace

import pytest

from playbooks import load_playbook
from tools.drafting.drafts import with_footer
from tools.qc import DraftUnderCheck, Fact, Recipient, check, passed
from tools.qc.model import Variant

PLAYBOOK = load_playbook("sports-lighting")
OPENER = "Lakeside Field was built in 1958 and seats 4,200 for Harbor College football."
TEXT = f"""Hi Jordan,

{OPENER} I don't know what is on the poles there today, so forgive me if this is already behind you.

We do a photometric study from plans and photos: what the field has now, what it would have with LED, and whether the \
poles can stay.

Is lighting anywhere on the facilities plan for the next two years?

Best,
Dana Whitfield"""
FACTS = (
    Fact("f1", "Harbor College plays its home football at Lakeside Field.", "School: Harbor\nStadium: Lakeside Field"),
    Fact("f2", "Lakeside Field was built in 1958.", "Stadium: Lakeside Field\nYear Built: 1958"),
    Fact("f3", "Lakeside Field seats 4,200.", "Stadium: Lakeside Field\nCapacity: 4200"),
)
ABOUT_THE_VENUE = tuple(replace(fact, field="facility") for fact in FACTS)


def draft(text: str = TEXT, subject: str = "The lights at Lakeside Field", **changes: object) -> DraftUnderCheck:
    clean = DraftUnderCheck(
        playbook=PLAYBOOK,
        recipient=Recipient("Jordan", "Reyes", "jreyes@harbor.example", email_verified=True),
        channel="email",
        touch=1,
        subject=subject,
        body=with_footer(text, PLAYBOOK.sender, "email"),
        text=text,
        footer="",
        names=("Harbor College", "Lakeside Field"),
        facts=FACTS,
        claims=tuple((OPENER, fact.id) for fact in FACTS),
    )
    return replace(clean, **changes)  # type: ignore[arg-type]


def found(checked: DraftUnderCheck) -> set[str]:
    return {flag.rule for flag in check(checked)}


def changed(old: str, new: str) -> DraftUnderCheck:
    assert old in TEXT
    return draft(TEXT.replace(old, new))


def miscounted(old: str, new: str) -> DraftUnderCheck:
    """A sentence that cites its facts, with another number than theirs."""
    opener = OPENER.replace(old, new)
    return draft(TEXT.replace(OPENER, opener), claims=tuple((opener, fact.id) for fact in FACTS))


def test_a_clean_message_has_no_flag() -> None:
    assert check(draft()) == []


@pytest.mark.parametrize(
    ("rule", "bad"),
    [
        ("merge.unfilled", changed("Harbor College football", "{{school_name}} football")),
        ("merge.unfilled", changed("Hi Jordan", "Hi [First Name]")),
        ("merge.unfilled", changed("4,200", "None")),
        ("greeting.name", changed("Hi Jordan", "Hi Morgan")),
        ("greeting.name", changed("Hi Jordan,\n\n", "")),
        ("recipient.missing", draft(recipient=Recipient("Jordan", "Reyes", None))),
        ("recipient.do_not_contact", draft(recipient=Recipient("Jordan", "Reyes", "j@h.example", do_not_contact=True))),
        ("recipient.suppressed", draft(recipient=Recipient("Jordan", "Reyes", "j@h.example", suppressed=True))),
        ("recipient.bounced", draft(recipient=Recipient("Jordan", "Reyes", "j@h.example", bounced=True))),
        ("recipient.invalid", draft(recipient=Recipient("Jordan", "Reyes", "j@h.example", email_verified=False))),
        ("recipient.unverified", draft(recipient=Recipient("Jordan", "Reyes", "j@h.example"))),
        ("touch.sent", draft(touch_sent=True)),
        ("sender.postal_address", draft(body=TEXT)),
        ("sender.opt_out", draft(body=TEXT)),
        ("sender.identity", changed("Dana Whitfield", "")),
        ("history.false", changed("Is lighting", "As we discussed, is lighting")),
        ("history.reply", draft(subject="Re: The lights at Lakeside Field")),
        ("text.hidden", changed("poles there", "poles‮ there")),
        ("link.foreign", changed("photos:", "photos (https://evil.example/x?d=jordan):")),
        ("organisation.missing", draft(TEXT.replace(OPENER, ""), "Lights", names=("Some Other College",))),
        ("claim.unknown_fact", draft(claims=((OPENER, "nope"),))),
        ("claim.none", draft(claims=())),
        ("claim.unsupported", changed("1958", "1957")),
        ("claim.number", miscounted("1958", "1957")),
        ("claim.number", miscounted("4,200", "42,000")),
        ("claim.unsupported", changed("Harbor College football", "Ridgemont Tech football")),
        ("claim.unsupported", changed("Is lighting", "Your lamps are failing.\n\nIs lighting")),
        ("claim.unsupported", changed("Is lighting", "We saved Oberlin College a third.\n\nIs lighting")),
        ("claim.unsupported", changed("Is lighting", "Our customers save 40% on power.\n\nIs lighting")),
        ("claim.unsupported", changed("football. I", "football and was flooded twice during last spring's storms. I")),
        ("length.words", changed("Best,", "More words here. " * 60 + "\n\nBest,")),
        (
            "length.subject",
            draft(subject="The lights at Lakeside Field, and some more words that nobody reads to the end"),
        ),
        ("style.opener", changed("Is lighting", "I hope this finds you well. Is lighting")),
        ("style.spam", draft(subject="Free lights at Lakeside Field")),
        ("style.asks", changed("two years?", "two years? Or three?")),
        ("style.shouting", changed("two years?", "two years?!")),
        ("variant.other", draft(variant=Variant("ask_intensity", "soft", ask_style="direct_ask"))),
        ("variant.other", draft(variant=Variant("ask_intensity", "direct", ask_style="soft_offer"))),
        ("variant.other", draft(variant=Variant("pain_hook", "pain-spill", pain_hook="pain-fade"))),
        ("variant.other", draft(variant=Variant("proof_point_style", "mechanism", proof_point="no-such"))),
        ("variant.other", draft(variant=Variant("opener_style", "activity_reference"), facts=ABOUT_THE_VENUE)),
        ("variant.other", draft(variant=Variant("message_length", "standard"))),
        ("style.meeting_ask", changed("Is lighting", "Could we schedule a call? Is lighting")),
    ],
)
def test_a_planted_defect_is_found(rule: str, bad: DraftUnderCheck) -> None:
    assert rule in found(bad)


@pytest.mark.parametrize(
    "variant",
    [
        Variant("ask_intensity", "soft", ask_style="value_add"),
        Variant("ask_intensity", "direct", ask_style="direct_ask"),
        Variant("pain_hook", "pain-spill", pain_hook="pain-spill"),
        Variant("proof_point_style", "mechanism", proof_point="value-aim"),
        Variant("opener_style", "company_metric"),
        Variant("message_length", "short"),
    ],
)
def test_what_a_test_asks_for_is_left_alone(variant: Variant) -> None:
    assert "variant.other" not in found(draft(variant=variant, facts=ABOUT_THE_VENUE))


def test_a_follow_up_is_not_held_to_the_test() -> None:
    later = draft(touch=2, variant=Variant("pain_hook", "pain-spill", pain_hook="pain-fade"))
    assert "variant.other" not in found(later)


def test_a_flag_marks_the_words_that_it_is_about() -> None:
    bad = changed("Hi Jordan", "Hi Morgan")
    flag = next(f for f in check(bad) if f.rule == "greeting.name")
    assert bad.body[flag.start : flag.start + len(flag.text)] == flag.text == "Hi Morgan,"


def test_only_blocks_keep_a_message_back() -> None:
    assert passed(check(draft(subject="Free lights at Lakeside Field")))
    assert not passed(check(changed("Hi Jordan", "Hi Morgan")))
