"""A page as the rest of the program sees it; made by `page` in a child process."""

from dataclasses import dataclass
from datetime import date

from tools.web.people import Person


@dataclass(frozen=True)
class Link:
    """A page of the same site that this one links to; `number` is how a model picks it."""

    number: int
    url: str
    text: str


@dataclass(frozen=True)
class Page:
    """A page as research sees it.

    `text` is what quotes are checked against: the main text (`text_from` 'main'), or everything a visitor sees where
    there is no main text or the page is a list of people ('visible'). `published` is the date that the page states.
    `cut` says that the text was longer than is kept.
    """

    url: str | None
    title: str
    text: str
    text_from: str
    published: date | None
    site_name: str
    links: tuple[Link, ...] = ()
    people: tuple[Person, ...] = ()
    cut: bool = False
