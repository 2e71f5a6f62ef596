"""What the processes that run tests side by side have in common: made by the first that asks, gone when the last has ended."""

from __future__ import annotations

import fcntl
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

Shared = TypeVar("Shared")

_MEMORY = Path("/dev/shm")
# Many times what the tests' topics come to.
_ROOM_BYTES = 4 * 2**30


def shared_folder(folders: pytest.TempPathFactory) -> Path:
    """A folder of this run, the same in each of its processes."""
    own = folders.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def data_folder(folder: Path) -> Path:
    """For servers' data, to be removed in the end: in memory where there is room, for a topic is some hundred files; else in `folder`."""
    has_room = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES
    return Path(tempfile.mkdtemp(prefix="tidemark-tests-", dir=_MEMORY if has_room else folder))


def shared(
    config: pytest.Config,
    folder: Path,
    make: Callable[[], Shared],
    begin: Callable[[Shared], None] = lambda _: None,
    end: Callable[[Shared], None] = lambda _: None,
) -> Shared:
    """What the first process has made and begun in this folder; the others have a copy of it as it was made.

    Who began it ends it, after its own last test, once all who asked for it have ended.
    """
    folder.mkdir(exist_ok=True)
    copied = folder / "copied"
    # The system lets go of the locks of a process that ends, however it does.
    users = (folder / "users").open("w")
    fcntl.flock(users, fcntl.LOCK_SH)
    with (folder / "making").open("w") as making:
        fcntl.flock(making, fcntl.LOCK_EX)
        if copied.exists():
            found: Shared = pickle.loads(copied.read_bytes())
            config.add_cleanup(users.close)
            return found
        made = make()
        copy = pickle.dumps(made)
        begin(made)
        copied.write_bytes(copy)

    def leave() -> None:
        with users:
            fcntl.flock(users, fcntl.LOCK_EX)
            # Who comes only now makes it anew.
            copied.unlink()
            end(made)

    config.add_cleanup(leave)
    return made
