"""Words that say nothing by themselves, and words that are capitalised only because a sentence begins with them."""

import re
from typing import Final

EVERYDAY: Final = frozenset(
    re.findall(
        r"\S+",
        """
        a an the and or but if so as at by for from in into is it its of on that this to was were with which where who
        has have had be been are do does not no i we my our me us their they he she here there what when how why than
        then also still about would could should can may might will your you one home saw see reading read
        """,
    )
)

SENTENCE_STARTERS: Final = frozenset(
    re.findall(
        r"\S+",
        """
        I I'm I've I'd I’m I’ve I’d We We're We’re Our My Is Are Do Does Did Would Could Should Can Will Have Has What
        When Where Who Why How Which If It It's The A An This That These Those There Most Many Some Older New In On At
        By For From With Without And But Or So Then Best Thanks Thank Hi Hello Dear Regards Hey Not No Yes Let Worth Any
        After Before While Since Until Every Each Field Metal Teams Test Happy Please Perhaps Just Even Knowing Given
        Whatever Whenever Whichever Either Neither Both All Another Other Others Few Several Though Although Because
        Whether During Between Within Over Under Unless Glad Sorry You Your They He She Its Their Maybe Sometimes Often
        Usually Today Tomorrow Later Next Last Once First Second Finally Also Still Only Really Looking Hope Hoping
        Wishing Let's Here's There's That's What's Feel Tell Call Write Reply See Take Keep Make Think Say Ask Send Show
        Get Give Way As To Too Of Out Up Off Well Now Always Never Nothing Something Anything Nobody Somebody Anybody
        Everyone Everything
        """,
    )
)
