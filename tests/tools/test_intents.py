"""What a reply wants is told by its meaning, in several languages, from files in the tree alone."""

import numpy as np
import pytest

from db.enums import ReplyIntent
from tools.intents import guess, guesses
from tools.intents.encoder import MOST_PIECES, encoder
from tools.intents.pieces import END, START, UNKNOWN, Pieces


def test_the_likeliest_pieces_are_chosen() -> None:
    pieces = Pieces(["<s>", "<pad>", "</s>", "<unk>", "▁a", "▁ab", "b", "c", "▁"], [0, 0, 0, 0, -1, -1.5, -1, -2, -3])
    assert pieces.numbers("ab c", 10) == [START, 5, 8, 7, END]
    assert pieces.numbers("aß", 10) == [START, 4, UNKNOWN, END]
    assert pieces.numbers("a a a a a", 4) == [START, 4, 4, END]


def test_a_vector_has_length_one_and_is_the_same_again() -> None:
    one, again = encoder().sentence("Call me on Tuesday."), encoder().sentence("Call me on Tuesday.")
    assert one.vector.shape == (384,)
    assert float(np.linalg.norm(one.vector)) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(one.vector, again.vector)


def test_what_means_the_same_lies_nearer_than_what_does_not() -> None:
    english, german, other = (
        encoder().sentence(text).vector
        for text in ("Please take me off your list.", "Bitte streichen Sie mich von der Liste.", "Call me on Tuesday!")
    )
    assert english @ german > english @ other


def test_a_long_text_is_read_to_its_limit() -> None:
    assert len(encoder().pieces.numbers("field lighting " * 5000, MOST_PIECES)) == MOST_PIECES
    assert guess("field lighting " * 5000) is not None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("That would help us, can you show us on Thursday?", ReplyIntent.POSITIVE),
        ("Könnten Sie uns ein Angebot machen?", ReplyIntent.POSITIVE),
        ("Our money is spent until the summer, ask again then.", ReplyIntent.NOT_NOW),
        ("Nous avons déjà tout ce qu'il nous faut.", ReplyIntent.NEGATIVE),
        ("I would rather not get any more letters from you.", ReplyIntent.UNSUBSCRIBE),
        ("My colleague in facilities deals with that, talk to her.", ReplyIntent.REFERRAL),
    ],
)
def test_plain_wordings(text: str, intent: ReplyIntent) -> None:
    found = guess(text)
    assert found is not None
    assert found.best is intent
    assert sum(found.shares.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ["", "?!", "Здравствуйте, нам это неинтересно", "不需要,谢谢"])
def test_what_it_cannot_read_it_does_not_guess(text: str) -> None:
    assert guess(text) is None


def test_several_texts_in_one_pass_are_what_each_is_alone() -> None:
    texts = ["Call me on Tuesday.", "?!", "Bitte streichen Sie mich von der Liste, ich bin im Ruhestand.", "No."]
    together = guesses(texts)
    assert together[1] is None
    for text, found in zip(texts, together, strict=True):
        alone = guess(text)
        assert (alone is None) == (found is None)
        if alone is not None and found is not None:
            assert found.shares == pytest.approx(alone.shares, abs=1e-5)
    assert guesses([]) == []
