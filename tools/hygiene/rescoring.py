"""Scores prospects anew outside of a run, with all that hygiene does beside it, so that nothing is passed by."""

from collections import Counter
from collections.abc import Collection

from sqlalchemy.orm import Session

from playbooks import Playbook
from tools.hygiene.tidy import raise_flags, settle_people, tidy
from tools.scoring import score_prospects

CHUNK = 200


def rescore(session: Session, playbook: Playbook, ids: Collection[str], run_id: str) -> Counter[str]:
    """Tidies, scores and flags a chunk of prospects. Counts `looked_at`, `rescored`, `moved` and `flags`.

    Nobody is taken out of a running sequence: where the new tier is not written to, a flag says so.
    """
    tidy(session, playbook, ids)
    settle_people(session, playbook, ids)
    scored = score_prospects(session, playbook, ids, run_id, "hygiene")
    flagged = raise_flags(session, playbook, ids, run_id)
    return Counter(looked_at=scored.looked_at, rescored=scored.rescored, moved=scored.moved, flags=flagged.flags)
