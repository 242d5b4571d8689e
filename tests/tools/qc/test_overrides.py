"""A person overrides a warning, with a reason; a block never, an agent never."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import MessageDraft
from tests.tools.qc.test_rows import written
from tools.qc import Flag
from tools.qc.overrides import NotOverridden, override_warning, with_overrides

WARNS = Flag("style.asks", 1, "warn", "It asks 2 things.", "Keep one.", "body", "Or three?", 3, 12)
BLOCKS = Flag("greeting.name", 2, "block", "It greets 'Morgan'.", "Greet Dana.", "body", "Hi Morgan,", 0, 10)


def override(url: str, rule: str, *, reason: str = "She asked for both", by: str = "user:kim") -> Any:
    def work(session: Session) -> Any:
        draft = written(session, email="dana@indiana.example")
        draft.qc_flags = [WARNS.as_json(), BLOCKS.as_json()]
        session.flush()
        count = override_warning(session, draft.id[:8], rule, reason=reason, by=by)
        return count, session.get_one(MessageDraft, draft.id).qc_flags

    with Database(url) as db, acting_as("user:kim"):
        return db.write_sync(work)


def test_the_reason_stays_with_the_warning(database_url: str) -> None:
    count, flags = override(database_url, "style.asks")
    assert count == 1
    assert (flags[0]["overridden"]["by"], flags[0]["overridden"]["reason"]) == ("user:kim", "She asked for both")
    again = with_overrides([WARNS, BLOCKS], flags)
    assert ("overridden" in again[0], "overridden" in again[1]) == (True, False)
    other = Flag("style.asks", 1, "warn", "It asks 2 things.", "Keep one.", "body", "Or four?", 3, 11)
    assert "overridden" not in with_overrides([other], flags)[0]


def test_an_id_that_is_none_is_refused_in_words(sqlite_url: str) -> None:
    with Database(sqlite_url) as db, acting_as("user:kim"):
        for reference in ("", "%", "no id"):
            with pytest.raises(NotOverridden, match="outreach approve list"):
                db.write_sync(lambda s, r=reference: override_warning(s, r, "style.asks", reason="so", by="user:kim"))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("rule", "more", "says"),
    [
        ("greeting.name", {}, "never overridden"),
        ("style.spam", {}, "no warning of 'style.spam'"),
        ("style.asks", {"reason": "  "}, "needs a reason"),
        ("style.asks", {"by": "agent:" + "a" * 32}, "Only a person"),
    ],
)
def test_what_is_refused(sqlite_url: str, rule: str, more: dict[str, str], says: str) -> None:
    with pytest.raises(NotOverridden, match=says):
        override(sqlite_url, rule, **more)
