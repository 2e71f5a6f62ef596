"""No URL is shown with what lets somebody in."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.urls import without_secrets


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://me:sec:ret@host:6379/0", "redis://me:***@host:6379/0"),
        ("rediss://:secret@host", "rediss://:***@host"),
        ("redis://secret@[::1]:6379/0", "redis://***@[::1]:6379/0"),
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("redis://host:6379?password=secret&db=2", "redis://host:6379?***"),
        ("redis://host/0?username=me&p%61ssword=secret", "redis://host/0?***"),
        ("unix:///run/redis.sock?password=secret", "unix:///run/redis.sock?***"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
        ("localhost:9092,other:9092", "localhost:9092,other:9092"),
        # A password that should have been encoded: where it begins and ends cannot be told.
        ("redis://me:sec/ret@host:6379/0", "redis://***"),
        ("redis://me:6379/secret@host:6379/0", "redis://***"),
        ("redis://me:1?secret@host:6379/0", "redis://***"),
        ("redis://me:1#secret@host:6379/0", "redis://***"),
        ("redis://host:6379/0#secret", "redis://host:6379/0"),
        ("kafka://me:secret@a:9092,b:9092", "kafka://***"),
    ],
)
def test_a_url_is_shown_without_what_lets_somebody_in(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12),
    st.sampled_from(
        ["redis://me:{}@host:6379/0", "redis://:{}@host", "redis://host/0?password={}", "unix:///sock?password={}&db=1"]
    ),
    st.booleans(),
)
def test_no_password_comes_through_written_as_it_is_or_encoded(password: str, url: str, encoded: bool) -> None:
    # In the form of a password that no other part of the URL has.
    password = f"SECRET{password}SECRET"
    shown = without_secrets(url.format(quote(password, safe="") if encoded else password))
    assert "SECRET" not in shown
