"""Words that say nothing by themselves, words that say the same, and capitals that only begin a sentence."""

import re
from typing import Final

EVERYDAY: Final = frozenset(
    re.findall(
        r"\S+",
        """
        a an the and or but if so as at by for from in into is it its of on that this to was were with which where who
        has have had be been are do does not no i we my our me us their they he she here there what when how why than
        then also about would could should can may might will shall your you whose whom these those such just one am
        i'm i've i'd i'll we're we've we'd we'll it's that's don't doesn't didn't won't can't couldn't isn't aren't
        wasn't haven't hasn't hadn't up down out over off back through today now currently own other same very since
        while because although though during before after until onto upon per via
        """,
    )
)

OWN_DOING: Final = frozenset(
    re.findall(
        r"\S+",
        """
        write writing wrote ask asking asked reach reaching look looking looked see seeing saw notice noticed
        wonder wondering wondered curious came come across learn learned learnt find finding found read reading
        think thought want wanted hope hoping like share sharing mention mentioning get touch contact grateful
        glad happy thank thanks point tell reason why eye caught forgive please let quick question
        """,
    )
)
"""What senders say of themselves in any letter: it claims nothing about the reader."""

RELATED: Final[tuple[frozenset[str], ...]] = tuple(
    frozenset(line.split())
    for line in """
        built build construct constructed erected dates dating dated went goes back year old completed finished
        seats seat seating holds hold capacity room fans spectators accommodates
        stadium field venue facility ground grounds home
        plays play playing played hosts games
        competes compete competing member program programme plays play division conference league
        surface turf
        undergraduates undergraduate students student enrollment enrolment enrolls
        employees employee people staff headcount workers
        opening openings role roles position positions job jobs posting post title vacancy hiring hire hires
        lights light lighting lit lamps lamp fixtures fixture floodlights
    """.strip().splitlines()
)
"""Words of one line may stand for each other: the ways to say what a fact of one kind says."""

UNITS: Final = (RELATED[1], *RELATED[6:9])
"""What a number may count. One that counts seats does not count students."""

SENTENCE_STARTERS: Final = frozenset(
    re.findall(
        r"\S+",
        """
        I I'm I've I'd I'll I’m I’ve I’d I’ll We We're We’re We've We'd Our My Is Are Do Does Did Would Could Should
        Can Will Have Has What When Where Who Why How Which If It It's The A An This That These Those There Most Many
        Some Older New In On At By For From With Without And But Or So Then Best Thanks Thank Hi Hello Dear Regards
        Hey
        Not No Yes Let Worth Any After Before While Since Until Every Each Field Metal Teams Test Happy Please Perhaps
        Just Even Knowing Given Whatever Whenever Whichever Either Neither Both All Another Other Others Few Several
        Though Although Because Whether During Between Within Over Under Unless Glad Sorry You Your They He She Its
        Their Maybe Sometimes Often Usually Today Tomorrow Later Next Last Once First Second Finally Also Still Only
        Really Looking Hope Hoping Wishing Let's Here's There's That's What's Feel Tell Call Write Reply See Take Keep
        Make Think Say Ask Send Show Get Give Way As To Too Of Out Up Off Well Now Always Never Nothing Something
        Anything Shall Might Must May Been Nobody Somebody Anybody Everyone Everything
        """,
    )
)

NEUTRAL_WORDS: Final = frozenset(
    re.findall(
        r"\S+",
        """
    page site website blog says say said according news post list lists listed careers career article summary
    announced announce public local plan plans paper list record records year years month months week weeks day days
    spring summer fall winter autumn last recent recently ago long early late first second next new one part
    congratulations congrats good great nice big small small lot lots kind much many more most few also well
    happen happens happening mean means put set take takes took make makes making made come comes go goes going
    work works working address note notes email message line call calls all both each every any still just only
        later already
        report reports show shows showed mention mentions thing things way ways place somebody anybody people
        """,
    )
)
"""What letters say of sources, times and wishes: no claim about anybody."""

NEGATIVE_WORDS: Final = frozenset(
    re.findall(
        r"\S+",
        """
    fail fails failed failing failure broke broken break old outdated aging ageing obsolete poor bad
    complain complained complaint complaints dangerous unsafe lose lost losing missed miss late behind struggle
        struggles
    struggling painful pain problem problems trouble slow worst worse wasted waste wasting flickering flicker
        lawsuit sued
    violation failing layoffs layoff fired resigned crisis scandal bankrupt breach outage outages injured injury
    expensive costly deficit delayed unhappy frustrated tired
        """,
    )
)
"""What nobody says of a reader without a fact, not even in one word."""

COMMON_NAMES: Final = frozenset(
    re.findall(
        r"\S+",
        """
        january february march april may june july august september october november december jan feb mar apr jun jul
        aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur
        thurs fri sat sun english american us usa north south east west midwest director manager head chief officer
        vp president vice athletic athletics facilities engineering quality department board trustees division
        engineer lead senior led qa sdet ci cd api ui it roi hvac k-12 p.s ps pdf faq ceo cfo cto coo
        mr mrs ms dr coach prof professor internet web congratulations congrats thanks
        """,
    )
)
"""Capitalised words that name nobody in particular."""
