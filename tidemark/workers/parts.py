"""Parts that run without what makes them fast: a worker does not start on them."""

from __future__ import annotations

import google_crc32c


def slow_part() -> str | None:
    """What a worker must not run on, and what to do; None where all is as it should be."""
    if google_crc32c.implementation == "c":
        return None
    return (
        "google-crc32c runs without its C library here, some thousands of times slower, and every batch's checksum is looked at. "
        "Install it from a wheel (pip install --force-reinstall --only-binary :all: google-crc32c), or where there is none for "
        "this machine with a C compiler and the library's headers (Debian: apt-get install gcc libcrc32c-dev; "
        "CRC32C_PURE_PYTHON=0 pip install --force-reinstall --no-cache-dir --no-binary google-crc32c google-crc32c)"
    )
