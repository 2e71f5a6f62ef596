"""Every package in requirements/*.lock has a licence that Tidemark may be used and passed on with: python -m devtools.check_licences

Read from what is installed: License-Expression where a package has one, else its classifiers, else the License field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path
from typing import NamedTuple

from packaging.markers import Marker

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"

# Permissive: they ask for no more than that their text goes along. By SPDX's names, by PyPI's classifiers, and as License fields
# have it.
ALLOWED = {
    *(
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "PSF-2.0",
        "Unlicense",
        "Zlib",
    ),
    *("Apache Software License", "BSD License", "ISC License (ISCL)", "MIT License", "Public Domain"),
    "Python Software Foundation License",
}
# What Tidemark neither imports nor passes on.
_DEVELOPMENT = "copyleft of its own files only, and no part of what runs"
ALLOWED_IN_DEVELOPMENT = {
    "hypothesis": ("MPL-2.0", _DEVELOPMENT),
    "pathspec": ("Mozilla Public License 2.0 (MPL 2.0)", f"{_DEVELOPMENT}; mypy's"),
}
ALLOWED_BY_NAME = {
    "venusian": ("Repoze Public License", "a BSD licence under another name, with a clause on trade marks; faust-streaming's"),
}

_LOCKED = re.compile(r"^([A-Za-z0-9][\w.-]*)==\S+(?: ; ([^\\]+?))?(?: \\)?$", re.MULTILINE)
_NO_LICENCE = {"OSI Approved", "DFSG approved"}
_LONGEST_NAME = 60


class Locked(NamedTuple):
    """A package in a lock, where its marker lets it in on this machine."""

    lock: str
    name: str


def locked(folder: Path) -> list[Locked]:
    """What the locks in a folder would install here."""
    found = []
    for lock in sorted(folder.glob("*.lock")):
        for name, marker in _LOCKED.findall(lock.read_text(encoding="utf-8")):
            if not marker or Marker(marker).evaluate():
                found.append(Locked(lock.name, name))
    return found


def fault(package: Locked, said: PackageMetadata) -> str | None:
    """Why a package with this metadata may not be in its lock; None where it may."""
    named = licences(said)
    if any(alternative and ALLOWED.issuperset(alternative) for alternative in named):
        return None
    exceptions = ALLOWED_BY_NAME | ({} if package.lock == "runtime.lock" else ALLOWED_IN_DEVELOPMENT)
    licence, _ = exceptions.get(package.name, ("", ""))
    if [licence] in named:
        return None
    shown = " or ".join(" and ".join(alternative) for alternative in named) or "no licence that can be read"
    return f"requirements/{package.lock}: {package.name}: {shown}: not allowed (devtools/check_licences.py says what is, and why)"


def licences(said: PackageMetadata) -> list[list[str]]:
    """The licences that a package is under: of the alternatives one, and all that it lists; none where it says none."""
    for expression in said.get_all("License-Expression") or ():
        return [re.split(r"\s+AND\s+", part.strip()) for part in re.split(r"\s+OR\s+", expression)]
    classified = [each.split(" :: ") for each in said.get_all("Classifier") or () if each.startswith("License :: ")]
    if names := [each[-1] for each in classified if each[-1] not in _NO_LICENCE]:
        # Several may be a choice or a sum: all must do.
        return [names]
    field = "".join(said.get_all("License") or ()).strip()
    return [[field]] if field and "\n" not in field and len(field) <= _LONGEST_NAME else []


def faults(packages: Iterable[Locked]) -> list[str]:
    """Of all, a line each."""
    found = []
    for package in packages:
        try:
            wrong = fault(package, metadata(package.name))
        except PackageNotFoundError:
            wrong = f"requirements/{package.lock}: {package.name}: is not installed, so its licence cannot be read: make check installs it"
        if wrong:
            found.append(wrong)
    return found


def main() -> None:
    """Print every package that may not be in its lock; exit 1 if there is one."""
    packages = locked(REQUIREMENTS)
    if found := faults(packages):
        print(*found, sep="\n")
        raise SystemExit(1)
    print(f"check-licences: {len({package.name for package in packages})} packages, all of them permissive or allowed by name")


if __name__ == "__main__":
    main()
