"""A password in a URL is not shown."""

import pytest

from outreach.urls import hide_password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////srv/outreach.db", "sqlite:////srv/outreach.db"),
        ("sqlite:///outreach.db", "sqlite:///outreach.db"),
        ("postgresql://localhost/outreach", "postgresql://localhost/outreach"),
        ("postgresql+psycopg://me:s3cret@db.example:5432/o", "postgresql+psycopg://me:***@db.example:5432/o"),
        ("postgresql://me:a@b:c@db.example/o", "postgresql://me:***@db.example/o"),
        ("postgresql://db.example/o?user=me&password=s3cret", "postgresql://db.example/o?user=me&password=***"),
        ("postgresql:///o?host=/run/pg&sslpassword=s3cret", "postgresql:///o?host=/run/pg&sslpassword=***"),
        ("https://me@api.example/v1", "https://me@api.example/v1"),
        ("postgresql://me:s3cret@db.example:port/o", "***"),
        ("me:s3cret@db.example", "***"),
        ("rubbish", "rubbish"),
    ],
)
def test_hide_password(url: str, shown: str) -> None:
    assert hide_password(url) == shown
