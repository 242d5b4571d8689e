"""The nine templates of SB stand in a new database to the letter."""

from hashlib import sha256

from sqlalchemy import select

from db.engine import make_engine
from db.models import OutreachTemplate
from db.seeds import OUTREACH_TEMPLATES, PLAYBOOK

# SHA-256 over id, name, tier, step, subject, body and days, joined by the unit separator, computed from the
# specification's own INSERT statements (its \n are line breaks, its '' are apostrophes).
HASHES = {
    "a1-1": "ab64f1aaf235531eac2597bd8952d4a353b4f27b1585a43ae610909d0a60292f",
    "a1-2": "4cd38ef47ecabb5e6207991e432d24a75250e8baa50e5fad22cc3cc66b337b22",
    "a1-3": "ae9f9dcc8d4a06982abfe241d8df09a3c1263c38d36dbfecf98212bdf36f5449",
    "a1-4": "727159b4836cc2d7af774a0c87e7b206e9e10a3f19cf13b29a326132c607cea1",
    "a2-1": "ad855e84ffd97ab944b8944760ae15efb1b3cff0563d068841f2157b8045adc9",
    "a2-2": "cfe00a4659f8e3ba00f836fbb61642c3af69b39ec275880cd8e77572a28e79ab",
    "a2-3": "20aadd50bf806de54b532bab1077a42b1e06205ebb114fe2cb2dd99b056f334d",
    "b-1": "d2d336ef6056c95caa6e924512581b986fe2f3140365e7aa3fdfef1313d289d5",
    "b-2": "b31bf7d9403e299c844e1c7df49cdf3478ffd03bfea64043ea4f8be484d64c20",
}


def fingerprint(row: object) -> str:
    fields = ("id", "name", "tier", "step_number", "subject_template", "body_template", "days_after_previous")
    return sha256("\x1f".join(str(getattr(row, field)) for field in fields).encode()).hexdigest()


def test_seed_rows_are_the_specifications() -> None:
    assert {row.id: fingerprint(row) for row in OUTREACH_TEMPLATES} == HASHES


def test_a_new_database_holds_them(database_url: str) -> None:
    engine = make_engine(database_url, "owner")
    with engine.connect() as connection:
        rows = connection.execute(select(OutreachTemplate.__table__)).all()
    engine.dispose()

    assert {row.id: fingerprint(row) for row in rows} == HASHES
    assert {row.playbook for row in rows} == {PLAYBOOK}
    assert all(row.is_active for row in rows)
    assert all(row.created_at is not None for row in rows)
