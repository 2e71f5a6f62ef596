"""A copy of the program in .build/compiled whose hot modules mypyc has compiled: python -m devtools.compiled_tree

Whatever is run with PYTHONPATH=.build/compiled runs compiled, as that comes before the checkout; the checkout stays as it is.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from tidemark.compiled_copy import COPY, STAMP

ROOT = Path(__file__).resolve().parent.parent
TREE = ROOT / COPY
_QUICKLY = ROOT / ".build" / "compiled-quickly"
LOG = ROOT / ".build" / "mypyc.log"
LOG_TAIL_BYTES = 3_000
# What the compiler is to read before all that mypyc writes.
FIRST = Path(__file__).with_name("fast_attributes.h")
# Held by who makes the tree: several processes of the tests ask for it at once.
LOCK = ROOT / ".build" / "compiled.lock"

# Where an order spends its time; the same files run as they are, only slower. None that has a Struct which is decoded: of a compiled class
# msgspec sees neither its keywords (array_like) nor what its fields are annotated with (limits), so that it would take other documents.
HOT = (
    "agents/fold/fold.py",
    "agents/fold/found.py",
    "agents/fold/handlers.py",
    "agents/fold/incoming.py",
    "agents/fold/members.py",
    "agents/fold/nobody.py",
    "agents/fold/orders.py",
    "agents/fold/purchases.py",
    "agents/fold/reading.py",
    "agents/fold/refunds.py",
    "agents/fold/refusing.py",
    "agents/fold/rekeying.py",
    "agents/replaying/in_process.py",
    "agents/replaying/line_types.py",
    "agents/replaying/partitions.py",
    "agents/replaying/places.py",
    "agents/replaying/reading_ahead.py",
    "agents/turns/committer.py",
    "agents/turns/due.py",
    "agents/turns/due_together.py",
    "agents/turns/keepers.py",
    "agents/turns/run_together.py",
    "agents/turns/sweep.py",
    "agents/turns/together.py",
    "agents/turns/turn.py",
    "broker/wire/batch_header.py",
    "broker/wire/batches.py",
    "broker/wire/parse.py",
    "broker/wire/record_walk.py",
    "broker/wire/transactions.py",
    "rules/bulk/giving.py",
    "rules/bulk/made.py",
    "rules/bulk/runs.py",
    "rules/clock.py",
    "rules/documents/accepting.py",
    "rules/documents/content.py",
    "rules/documents/dates.py",
    "rules/documents/items.py",
    "rules/documents/purchase_rules.py",
    "rules/documents/validity.py",
    "rules/figures/counted.py",
    "rules/figures/figuring.py",
    "rules/figures/first_counted.py",
    "rules/figures/given_out.py",
    "rules/finer.py",
    "rules/gifts/grounds.py",
    "rules/gifts/making.py",
    "rules/gifts/releasing.py",
    "rules/levels/calendar.py",
    "rules/levels/counting.py",
    "rules/levels/each.py",
    "rules/levels/ends.py",
    "rules/levels/held.py",
    "rules/levels/history.py",
    "rules/levels/late.py",
    "rules/levels/ledger.py",
    "rules/levels/lock_in.py",
    "rules/levels/noting.py",
    "rules/levels/past.py",
    "rules/levels/period.py",
    "rules/levels/reaching.py",
    "rules/levels/refunds.py",
    "rules/levels/settling.py",
    "rules/levels/since_upgrade.py",
    "rules/levels/spending.py",
    "rules/levels/standing.py",
    "rules/levels/terms.py",
    "rules/levels/upgrade.py",
    "rules/levels/upgrades.py",
    "rules/limits/limiting.py",
    "rules/limits/worth.py",
    "rules/local_days.py",
    "rules/members.py",
    "rules/rulebook/candidates.py",
    "rules/rulebook/compiled/activity.py",
    "rules/rulebook/compiled/level.py",
    "rules/rulebook/compiled/program.py",
    "rules/rulebook/compiled/tier_upgrade.py",
    "rules/rulebook/conditions.py",
    "rules/rulebook/epochs.py",
    "rules/rulebook/missed.py",
    "rules/rulebook/program_changes.py",
    "rules/rulebook/rulebook.py",
    "rules/spending/ordinals.py",
    "rules/spending/purchase.py",
    "rules/spending/refund.py",
    "rules/spending/sums.py",
    "rules/times.py",
    "sinks/topics/cloudevents.py",
    "sinks/topics/events.py",
    "sinks/topics/outputs.py",
    "sinks/topics/values.py",
    "streams/routing.py",
    "tables/layout.py",
    "tables/member/prune.py",
    "tables/member/record.py",
    "tables/orders/chunk.py",
    "tables/orders/day.py",
    "tables/orders/index.py",
    "tables/orders/slots.py",
    "tables/orders/store.py",
    "tables/partition.py",
    "tables/timers.py",
)


def missing() -> str | None:
    """What compiling needs and this machine lacks, with how to get it; None when all is there."""
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")[0]
    if shutil.which(compiler) is None:
        return f"there is no C compiler ({compiler}) here: install one (Debian: apt-get install gcc)"
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return "Python's C headers are not here: install them (Debian: apt-get install python3-dev)"
    return None


def compiled_tree() -> Path:
    """The tree, made anew where a file of the program, Python or mypyc has changed since; takes a minute or two.

    Raises RuntimeError when something that it needs is missing, or mypyc fails.
    """
    with _locked():
        return _current(TREE) or _compile(TREE, optimized=True)


def tree_for_tests() -> Path:
    """The tree if it is there, else one that is made in half of the time: it does the same, and is slow. Raises as `compiled_tree`."""
    with _locked():
        return _current(TREE) or _current(_QUICKLY) or _compile(_QUICKLY, optimized=False)


@contextmanager
def _locked() -> Iterator[None]:
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _current(tree: Path) -> Path | None:
    """A tree if it is of the files as they are."""
    stamp = tree / STAMP
    return tree if stamp.exists() and stamp.read_text() == _digest() else None


def _compile(tree: Path, *, optimized: bool) -> Path:
    """Makes it anew, in the place of the one that is there."""
    if lack := missing():
        raise RuntimeError(lack)
    print("compiling the hot modules with mypyc", flush=True)
    of, new = _digest(), tree.with_name(f"{tree.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    for package in _packages():
        shutil.copytree(ROOT / package, new / package, ignore=shutil.ignore_patterns("__pycache__"))
    # mypyc checks types as it compiles, by the settings of the checkout.
    shutil.copy(ROOT / "pyproject.toml", new)
    with LOG.open("wb") as log:
        command = [sys.executable, "-m", "mypyc", "--ignore-missing-imports", *HOT]
        flags = {**os.environ, "CFLAGS": f"{os.environ.get('CFLAGS', '')} -include {shlex.quote(str(FIRST))}"}
        # By where others are to be found mypy looks at modules before those that they import.
        flags.pop("PYTHONPATH", None)
        if not optimized:
            flags |= {"MYPYC_OPT_LEVEL": "0", "MYPYC_DEBUG_LEVEL": "0"}
        done = subprocess.run(command, cwd=new, env=flags, stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise RuntimeError(f"mypyc failed; {LOG} ends with:\n{LOG.read_bytes()[-LOG_TAIL_BYTES:].decode(errors='replace')}")
    (new / "pyproject.toml").unlink()
    shutil.rmtree(new / ".mypy_cache")
    shutil.rmtree(new / "build")
    (new / STAMP).write_text(of)
    shutil.rmtree(tree, ignore_errors=True)
    new.rename(tree)
    return tree


def _packages() -> list[str]:
    """The program's, as it is installed."""
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    return [pattern.removesuffix("*") for pattern in setuptools["packages"]["find"]["include"]]


def _digest() -> str:
    """Of all that the tree is made of."""
    digest = hashlib.sha256(f"{sys.version} {version('mypy')} {HOT}".encode() + FIRST.read_bytes())
    for package in _packages():
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(ROOT)} {path.stat().st_size} ".encode() + path.read_bytes())
    return digest.hexdigest()


def main() -> None:
    """Make the tree, and say how a worker is run from it."""
    try:
        tree = compiled_tree().relative_to(ROOT)
    except RuntimeError as error:
        raise SystemExit(str(error)) from None
    print(f"compiled: PYTHONPATH={tree} .venv/bin/tidemark aggregate")


if __name__ == "__main__":
    main()
