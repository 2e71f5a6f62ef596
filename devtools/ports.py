"""Free ports on the loopback, for servers that must come back on the same port."""

from __future__ import annotations

import random
import socket

# Below Linux's ephemeral range (32768 up): a client that keeps trying the port of a server that is down may otherwise be
# given that same port as its own end, connect to itself, and keep the server from coming back.
FIRST_PORT, LAST_PORT = 20_000, 31_999
MAX_TRIES = 200

_random = random.SystemRandom()


def free_ports(count: int) -> list[int]:
    """That many different ports of 127.0.0.1 that nothing listens on now.

    Raises RuntimeError when none is found in a bounded number of tries.
    """
    found: list[int] = []
    for _ in range(MAX_TRIES):
        if len(found) == count:
            return found
        port = _random.randint(FIRST_PORT, LAST_PORT)
        if port not in found and _is_free(port):
            found.append(port)
    raise RuntimeError(f"no {count} free ports between {FIRST_PORT} and {LAST_PORT} on 127.0.0.1")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
