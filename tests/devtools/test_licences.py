"""The licences of what the locks bring: what is allowed, what is refused, and that none is passed over."""

from __future__ import annotations

from email.message import Message

import pytest

from devtools.check_licences import ALLOWED_BY_NAME, ALLOWED_IN_DEVELOPMENT, REQUIREMENTS, Locked, fault, faults, locked


def says(**fields: str | list[str]) -> Message:
    """A package's metadata with these fields; License_Expression for License-Expression."""
    message = Message()
    for name, values in fields.items():
        for value in [values] if isinstance(values, str) else values:
            message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    "said",
    [
        says(License_Expression="MIT"),
        says(License_Expression="Apache-2.0 AND MIT"),
        says(License_Expression="GPL-3.0-only OR Apache-2.0"),
        says(Classifier=["License :: OSI Approved :: BSD License", "Programming Language :: Python"]),
        says(Classifier=["License :: OSI Approved"], License="MIT"),
        says(License="BSD-3-Clause"),
    ],
)
def test_a_permissive_licence_is_allowed(said: Message) -> None:
    assert fault(Locked("runtime.lock", "some-package"), said) is None


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (says(License_Expression="LGPL-2.1-only"), "LGPL-2.1-only"),
        (says(License_Expression="Apache-2.0 AND GPL-3.0-only"), "Apache-2.0 and GPL-3.0-only"),
        (says(License_Expression="MIT AND (GPL-3.0-only OR MIT)"), "GPL-3.0-only"),
        (
            says(Classifier=["License :: OSI Approved :: GNU Lesser General Public License v2 (LGPLv2)"], License="MIT"),
            "Lesser General",
        ),
        (says(Classifier=["License :: OSI Approved :: MIT License", "License :: Other/Proprietary License"]), "Proprietary"),
        (says(License="SSPLv1"), "SSPLv1"),
        (says(License="Copyright (c) 2015\nAll rights reserved."), "no licence that can be read"),
        (says(), "no licence that can be read"),
    ],
)
def test_any_other_is_refused_by_package_and_licence(said: Message, named: str) -> None:
    found = fault(Locked("runtime.lock", "some-package"), said)
    assert found is not None and "runtime.lock: some-package: " in found and named in found


@pytest.mark.parametrize(("name", "licence"), [(name, licence) for name, (licence, _) in ALLOWED_IN_DEVELOPMENT.items()])
def test_an_exception_of_development_holds_in_its_lock_only_and_for_its_licence_only(name: str, licence: str) -> None:
    said = says(Classifier=f"License :: OSI Approved :: {licence}")
    assert fault(Locked("dev.lock", name), said) is None
    assert fault(Locked("runtime.lock", name), said) is not None
    assert fault(Locked("dev.lock", name), says(License="AGPL-3.0")) is not None


def test_every_exception_is_of_a_package_that_is_locked() -> None:
    assert {package.name for package in locked(REQUIREMENTS)} >= {*ALLOWED_BY_NAME, *ALLOWED_IN_DEVELOPMENT}


def test_no_locked_package_is_passed_over() -> None:
    for lock in REQUIREMENTS.glob("*.lock"):
        pinned = [line for line in lock.read_text().splitlines() if line[:1].isalnum()]
        here = [package.name for package in locked(REQUIREMENTS) if package.lock == lock.name]
        # What markers leave out: the other of two versions, and what is for other systems.
        assert {line.split("==")[0] for line in pinned} - set(here) <= {"colorama"}
        assert len(here) == len(set(here)), "one version of each holds here"


def test_a_package_that_is_not_installed_is_not_taken_for_allowed() -> None:
    [found] = faults([Locked("dev.lock", "no-such-package-of-ours")])
    assert "is not installed" in found
