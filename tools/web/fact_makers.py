"""What the rules make of a match: a plain sentence, whom it is about, and its values."""

import re
from dataclasses import dataclass, field

from tools.web.fact_words import DOUBTFUL_TOOLS, NO_PERSON, PRODUCT, TESTING, TOOLS, VENUE, YEAR
from tools.wording import article

Values = dict[str, str | int | list[str]]


@dataclass(frozen=True)
class Hit:
    """What a rule made of a match. `sentence` None takes the page's own sentence; '{org}' in it is the subject."""

    sentence: str | None
    org: str = ""
    venue: str = ""
    values: Values = field(default_factory=dict)


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _about(match: re.Match[str]) -> str:
    return f"{match['roughly']} " if match["roughly"] else ""


def _venue(match: re.Match[str]) -> str:
    """The venue's name without a word that only began the sentence."""
    return re.sub(
        r"^(?:The|At|In|Inside|Historic|Home|Its|New|And|From|While|When)\s+", "", " ".join(match["venue"].split())
    )


def built(match: re.Match[str], _sentence: str) -> Hit | None:
    venue, verb = _venue(match), "opened" if "open" in match["verb"].lower() else "was built"
    return Hit(f"{venue} {verb} in {match['year']}.", venue=venue, values={"year_built": int(match["year"])})


def renovated(match: re.Match[str], _sentence: str) -> Hit | None:
    venue = _venue(match)
    return Hit(f"{venue} was renovated in {match['year']}.", venue=venue, values={"year_renovated": int(match["year"])})


def seats(match: re.Match[str], _sentence: str) -> Hit | None:
    venue, seats = _venue(match), _number(match["number"])
    if not 100 <= seats <= 120_000:
        return None
    return Hit(f"{venue} seats {_about(match)}{match['number']}.", venue=venue, values={"seats": seats})


def lights(_match: re.Match[str], sentence: str) -> Hit | None:
    """Lights of a venue, by the sentence as a whole; a year is theirs only where it is the sentence's one year."""
    venue = re.search(VENUE, sentence)
    generic = re.search(r"\b(?:stadium|field|ballpark|arena)\b", sentence)
    if venue is None and generic is None:
        return None
    where = _venue(venue) if venue else "the stadium"
    years = set(re.findall(rf"\b{YEAR}\b", sentence))
    year = years.pop() if len(years) == 1 else None
    led, halide = re.search(r"\bLEDs?\b", sentence), re.search(r"\bmetal[- ]halide\b", sentence, re.IGNORECASE)
    when = f" in {year}" if year else ""
    values: Values = {"lighting_year": int(year)} if year else {}
    org, place = ("", where) if venue else ("The school", "")
    if led and re.search(r"\b(?:install|add|replac|convert|upgrad|switch|equip|fitted|retrofit)\w*", sentence):
        return Hit(f"LED lights were installed at {where}{when}.", org, place, {**values, "lighting": "led"})
    if halide and not led and not re.search(r"\b(?:replac|remov|retir|former|convert)\w*", sentence):
        text = f"The lights at {where} are metal halide{f', installed{when}' if year else ''}."
        return Hit(text, org, place, {**values, "lighting": "metal_halide"})
    if (
        year
        and re.search(r"\b(?:lights|lighting)\b[^.;]{0,40}\b(?:install|add|erect)ed\b", sentence)
        and not led
        and not halide
    ):
        return Hit(f"Lights were installed at {where}{when}.", org, place, values)
    return None


def students(match: re.Match[str], _sentence: str) -> Hit | None:
    kind = f"{match['kind']} " if match["kind"] else ""
    text = f"{{org}} has {_about(match)}{match['number']} {kind}students."
    return Hit(text, match["org"], values={"students": _number(match["number"])})


def employees(match: re.Match[str], _sentence: str) -> Hit | None:
    text = f"{{org}} has {_about(match)}{match['number']} employees."
    return Hit(text, match["org"], values={"employees": _number(match["number"])})


def funding(match: re.Match[str], sentence: str) -> Hit | None:
    if not re.search(r"\b(?:Series [A-H]|[Ss]eed|[Ff]unding|[Ii]nvestors?|[Vv]enture|[Ff]inancing|led by)\b", sentence):
        return None
    series = re.search(r"\b(?:Series [A-H]|[Pp]re-[Ss]eed|[Ss]eed)\b", sentence)
    round_ = f" in {article(series[0])} {series[0]} round" if series else ""
    money = " ".join(match["money"].split())
    return Hit(f"{{org}} raised {money}{round_}.", match["org"], values={"money": money})


def _person(match: re.Match[str]) -> str | None:
    person = " ".join(match["person"].split())
    return None if NO_PERSON.search(person) or "’s " in person or "'s " in person else person


def leader(match: re.Match[str], _sentence: str) -> Hit | None:
    person, title = _person(match), _job(match["title"])
    if person is None or title is None:
        return None
    return Hit(f"{{org}} named {person} {title}.", match["org"], values={"person": person, "title": title})


def leaves(match: re.Match[str], _sentence: str) -> Hit | None:
    person, title = _person(match), _job(match["title"])
    if person is None or title is None:
        return None
    return Hit(None, match["org"], values={"person": person, "title": title})


def _job(text: str) -> str | None:
    title = re.sub(
        r"^(?:(?:as|to|its|the|a|an|our|their|be|new|next|first|newest|permanent)\s+)+", "", text.strip(" ,")
    )
    return title if len(title) <= 70 and not re.search(r"\b(?:former|ex|was|has|his|her)\b", title) else None


def whole(match: re.Match[str], _sentence: str) -> Hit | None:
    """The sentence as it stands, about the organisation that the match names."""
    return Hit(None, match["org"])


def launched(match: re.Match[str], sentence: str) -> Hit | None:
    """A launch of something that is sold; letters, campaigns and transcripts are released too."""
    return Hit(None, match["org"]) if PRODUCT.search(sentence[match.end() - 1 : match.end() + 90]) else None


def role(match: re.Match[str], sentence: str) -> Hit | None:
    person, title = _person(match), _job(match["title"])
    before = sentence[: match.start()].rstrip().rpartition(" ")[2].lower()
    if person is None or title is None or before in ("former", "ex", "then", "incoming", "acting", "interim", "late"):
        return None
    groups = match.groupdict()
    first = f"{groups['article']} " if groups.get("article") else ""
    text = f"{person} is {first}{title} {groups.get('place') or 'of'} {groups.get('the') or ''}{{org}}."
    return Hit(text, match["org"], values={"person": person, "title": title})


def founded(match: re.Match[str], _sentence: str) -> Hit | None:
    return Hit(f"{{org}} was founded in {match['year']}.", match["org"], values={"founded": int(match["year"])})


def counted(match: re.Match[str], _sentence: str) -> Hit | None:
    count = f"{match['number']}{match['scale'] or ''} {match['what']}"
    return Hit(f"{{org}} has {_about(match)}{count}.", match["org"], values={"count": count})


def personal(match: re.Match[str], _sentence: str) -> Hit | None:
    person = _person(match)
    return Hit(None, match["org"], values={"person": person}) if person else None


_WITH = ("test", "build", "automate")


def uses_tools(match: re.Match[str], sentence: str) -> Hit | None:
    tail = sentence[match.end("verb") :]
    sure = [tool for tool in TOOLS if re.search(rf"(?<!\w){re.escape(tool)}(?!\w)", tail)]
    more = [tool for tool in DOUBTFUL_TOOLS if re.search(rf"(?<!\w){re.escape(tool)}(?!\w)", tail)]
    tools = sorted({*sure, *(more if sure or TESTING.search(sentence) else ())}, key=tail.find)
    if not tools:
        return None
    named = tools[0] if len(tools) == 1 else f"{', '.join(tools[:-1])} and {tools[-1]}"
    # In the page's own word: a fact whose words its quote does not have is refused (tools.research.facts).
    said = match["verb"].rstrip("s")
    verb = "relies on" if said.startswith("rel") else f"{said}s with" if said in _WITH else "uses"
    return Hit(f"{{org}} {verb} {named}.", match["org"], values={"tools": list(tools)})


def approved(match: re.Match[str], sentence: str) -> Hit | None:
    venue = re.search(VENUE, sentence)
    return Hit(None, match["org"] or "", _venue(venue) if venue else "", {"project": "approved"})


def hiring(match: re.Match[str], _sentence: str) -> Hit | None:
    title = match["title"].strip()
    return Hit(
        f"{{org}} is {' '.join(match['verb'].split())} {article(title)} {title}.", match["org"], values={"title": title}
    )
