"""What a reply wants, by its meaning: a small multilingual sentence encoder, and a classifier trained on our replies.

Nothing is loaded before the first text; needs no network and no service.
"""

from tools.intents.classifier import Guess, guess, guesses

__all__ = ["Guess", "guess", "guesses"]
