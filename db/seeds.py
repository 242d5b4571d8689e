"""The nine seed templates of SB, to the letter; the first migration inserts them.

A row here is never edited once released: a change to a template is a later migration's work.
The specification writes line breaks as \\n inside its SQL strings; here they are line breaks.
"""

from typing import NamedTuple

PLAYBOOK = "sports-lighting"


class SeedTemplate(NamedTuple):
    """A row of outreach_templates; `days_after_previous` counts days."""

    id: str
    name: str
    tier: str
    step_number: int
    subject_template: str
    body_template: str
    days_after_previous: int


OUTREACH_TEMPLATES: tuple[SeedTemplate, ...] = (
    SeedTemplate(
        id="a1-1",
        name="A1 Initial Outreach",
        tier="A1",
        step_number=1,
        subject_template="{{stadium_name}} Lighting - Quick Question",
        body_template=(
            "Hi {{first_name}},\n\n"
            "I noticed {{school_name}} has been {{trigger_observation}}. Given the timing, I wanted to "
            "reach out about your field lighting.\n\n"
            "{{constraint_hypothesis}}\n\n"
            "Would a 15-minute call this week make sense to see if we can help?\n\n"
            "Best,\n"
            "{{sender_name}}"
        ),
        days_after_previous=0,
    ),
    SeedTemplate(
        id="a1-2",
        name="A1 Case Study Follow-up",
        tier="A1",
        step_number=2,
        subject_template="How {{similar_school}} solved their lighting challenge",
        body_template=(
            "Hi {{first_name}},\n\n"
            "Quick follow-up on my note about {{stadium_name}}.\n\n"
            "I thought you might find this relevant - {{similar_school}} faced a similar situation with "
            "{{shared_challenge}}. Here's what they did: {{case_study_link}}\n\n"
            "Worth a conversation?\n\n"
            "Best,\n"
            "{{sender_name}}"
        ),
        days_after_previous=4,
    ),
    SeedTemplate(
        id="a1-3",
        name="A1 Value Add",
        tier="A1",
        step_number=3,
        subject_template="Complimentary photometric study for {{school_name}}",
        body_template=(
            "Hi {{first_name}},\n\n"
            "I wanted to offer something concrete - we'd be happy to do a complimentary photometric "
            "study of {{stadium_name}} to show exactly what modern LED lighting could look like.\n\n"
            "No commitment, just useful data for whenever your timeline makes sense.\n\n"
            "Interested?\n\n"
            "Best,\n"
            "{{sender_name}}"
        ),
        days_after_previous=5,
    ),
    SeedTemplate(
        id="a1-4",
        name="A1 Break-up",
        tier="A1",
        step_number=4,
        subject_template="Closing the loop on {{school_name}} lighting",
        body_template=(
            "Hi {{first_name}},\n\n"
            "I've reached out a few times about lighting for {{stadium_name}} and haven't heard back - "
            "totally understand if the timing isn't right.\n\n"
            "I'll step back for now, but if lighting comes up in the future, I'd welcome the chance to "
            "help. We've done great work with similar programs like {{similar_school}}.\n\n"
            "Wishing you a great season ahead.\n\n"
            "Best,\n"
            "{{sender_name}}"
        ),
        days_after_previous=7,
    ),
    SeedTemplate(
        id="a2-1",
        name="A2 Initial Outreach",
        tier="A2",
        step_number=1,
        subject_template="LED Lighting for {{school_name}} Athletics",
        body_template=(
            "Hi {{first_name}},\n\n"
            "I'm reaching out to athletic directors at {{classification}} programs in {{state}} about "
            "field lighting upgrades.\n\n"
            "{{value_proposition}}\n\n"
            "Would it make sense to connect briefly about your facilities roadmap?\n\n"
            "Best,\n"
            "{{sender_name}}"
        ),
        days_after_previous=0,
    ),
    SeedTemplate(
        id="a2-2",
        name="A2 Follow-up",
        tier="A2",
        step_number=2,
        subject_template="Following up - {{school_name}} lighting",
        body_template=(
            "Hi {{first_name}},\n\n"
            "Quick follow-up on my note about lighting for {{school_name}}.\n\n"
            "I've attached a case study from {{similar_school}} that might be relevant to your situation.\n\n"
            "Worth a quick call?\n\n"
            "Best,\n"
            "{{sender_name}}"
        ),
        days_after_previous=5,
    ),
    SeedTemplate(
        id="a2-3",
        name="A2 Break-up",
        tier="A2",
        step_number=3,
        subject_template="One more note on {{school_name}} lighting",
        body_template=(
            "Hi {{first_name}},\n\n"
            "I'll keep this brief - I've reached out about lighting for {{stadium_name}} and understand "
            "if the timing isn't right.\n\n"
            "If it ever comes up, we'd love to help. Feel free to reach out anytime.\n\n"
            "Best,\n"
            "{{sender_name}}"
        ),
        days_after_previous=7,
    ),
    SeedTemplate(
        id="b-1",
        name="B Initial Outreach",
        tier="B",
        step_number=1,
        subject_template="Resource: LED Lighting ROI Calculator",
        body_template=(
            "Hi {{first_name}},\n\n"
            "I wanted to share a resource that might be useful when you're planning future facility "
            "upgrades - our LED Lighting ROI Calculator.\n\n"
            "It helps estimate energy savings and payback period for athletic lighting projects: "
            "{{roi_calculator_link}}\n\n"
            "No pitch - just a useful tool. Let me know if you have any questions.\n\n"
            "Best,\n"
            "{{sender_name}}"
        ),
        days_after_previous=0,
    ),
    SeedTemplate(
        id="b-2",
        name="B Quarterly Check-in",
        tier="B",
        step_number=2,
        subject_template="Checking in - {{school_name}} facilities planning",
        body_template=(
            "Hi {{first_name}},\n\n"
            "Hope the season is going well at {{school_name}}.\n\n"
            "I wanted to check in on your facilities roadmap - any lighting projects on the horizon?\n\n"
            "Either way, happy to be a resource if questions come up.\n\n"
            "Best,\n"
            "{{sender_name}}"
        ),
        days_after_previous=90,
    ),
)


def template_rows() -> list[dict[str, object]]:
    """The seed rows of outreach_templates, as an insert takes them."""
    return [{"playbook": PLAYBOOK, **template._asdict()} for template in OUTREACH_TEMPLATES]
