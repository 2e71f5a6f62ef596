"""A URL as it may be shown: what lets somebody in is left out."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

_HIDDEN = "***"


def without_secrets(text: str) -> str:
    """A URL without its password, its query and its fragment. What is no URL is as it was.

    Of one that cannot be taken apart for certain (a password that holds `/`, `?` or `#` as they are) only the scheme is left.
    """
    scheme, mark, _ = text.partition("://")
    if not mark:
        return text
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 — raises ValueError where it is none
    except ValueError:
        return f"{scheme}://{_HIDDEN}"
    if "@" in parts.path + parts.query + parts.fragment:
        return f"{scheme}://{_HIDDEN}"
    query = f"?{_HIDDEN}" if parts.query else ""
    return f"{scheme}://{_login(parts)}{parts.netloc.rpartition('@')[2]}{parts.path}{query}"


def _login(parts: SplitResult) -> str:
    """Who, without what lets them in."""
    login, at, _ = parts.netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    return f"{user + colon if colon else ''}{_HIDDEN}@" if at else ""
