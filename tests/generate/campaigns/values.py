"""What activities and documents of a life have in common."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2023, 2, 20, 7, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
SKUS, STORES, TAGS = ["x", "y", "z"], ["s1", "s2", "s3"], ["vip", "tea"]
COUPONS = {"cup": 300, "mug": 500, "hat": 1200}


def text(time: datetime) -> str:
    return time.isoformat()
