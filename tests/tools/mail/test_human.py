"""What a person wrote is told from what they quote and how they sign."""

import pytest

from tools.mail import asks_to_stop, human_text, own_lines

CASES = {
    "gmail": "Sounds good.\n\nOn Mon, Mar 2, 2026 at 9:00 AM Dana <dana@seller.example> wrote:\n> Hello\n> there",
    "gmail folded": "Sounds good.\n\n"
    "On Mon, Mar 2, 2026 at 9:00 AM Dana Whitfield\n<dana@seller.example> wrote:\n\n> Hello",
    "outlook": "Sounds good.\n\n"
    "________________________________\nFrom: Dana\nSent: Monday\nTo: Bob\nSubject: Lights\n\nHello",
    "outlook plain": "Sounds good.\n\nFrom: Dana <d@seller.example>\nSent: Monday\nTo: Bob\nSubject: Lights\n\nHello",
    "german": "Sounds good.\n\nAm 02.03.2026 um 09:00 schrieb Dana <dana@seller.example>:\n> Hallo",
    "original": "Sounds good.\n\n-----Original Message-----\nFrom: Dana\n\nHello",
    "device": "Sounds good.\n\nSent from my iPhone\n\n> Hello",
    "delimiter": "Sounds good.\n\n-- \nBob Miller\nAthletic Director",
    "valediction": "Sounds good.\n\nBest regards,\nBob Miller\nAthletic Director\n555-0101",
    "no date": "Sounds good.\n\nOn Monday, Dana Whitfield wrote:\n> Hello",
    "below the quote": "On 2 March 2026, Dana wrote:\n> Hello\n> there\n\nSounds good.",
    "french": "Sounds good.\n\nLe lun. 2 mars 2026 à 09:00, Dana <dana@seller.example> a écrit :\n> Bonjour",
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_human_text(text: str) -> None:
    assert human_text(text) == "Sounds good."


def test_a_sentence_below_a_greeting_stays() -> None:
    assert "take me off" in human_text("Thanks,\nBob\nPlease take me off your list right away.")


def test_own_lines_keeps_the_signature() -> None:
    assert own_lines("Hi\n-- \nBob\n> quoted") == "Hi\n--\nBob"


@pytest.mark.parametrize(
    "text",
    [
        "No thanks.", "no thank you", "STOP", "Please unsubscribe me", "take me off your list", "Remove me please",
        "Nice note, but please stop emailing me.", "Don't contact me again.", "u\u200bnsubscribe", "Nein danke",
        "Bitte keine weiteren E-Mails.", "Merci de me désabonner", "Por favor, denme de baja", "cancellami",
        "отпишите меня", "退订", "I do not wish to receive these", "Love the idea. Not for us. Opt me out.",
    ],
)  # fmt: skip
def test_opt_outs_are_heard(text: str) -> None:
    assert asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "Sounds good, call me Tuesday.", "Not interested.", "Not right now, try in March.",
        "No thanks to the contractor, our poles are crooked.", "Please don't unsubscribe me, I want this.",
        "Can you remove this week from the options?", "When does the season stop?",
    ],
)  # fmt: skip
def test_other_words_are_no_opt_out(text: str) -> None:
    assert not asks_to_stop(text)


def test_an_opt_out_by_subject_or_alone_below_the_signature_counts() -> None:
    assert asks_to_stop("", "unsubscribe")
    assert asks_to_stop("Hello", below="Hello\nBest,\nBob\nremove me")
    assert not asks_to_stop(
        "Hello", "Re: stop the dark corners", below="Hello\nBob\nTo unsubscribe from our news click here"
    )
