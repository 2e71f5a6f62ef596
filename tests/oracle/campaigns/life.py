"""Definitions as chains of versions, and what may be changed of them (spec 2.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..definitions import prepare
from ..values import Refused

Document = dict[str, Any]
EVER = -(10**18)
DELAY_US = 10_000_000
STATES = {"pause": "paused", "resume": "running", "archive": "archived"}


@dataclass
class Version:
    """`holds`: from when on; `known`: from when on, of the first one too, runs start by it (spec 2.9)."""

    number: int
    state: str
    document: Document
    holds: int
    known: int


@dataclass
class Chain:
    """`versions`: oldest first."""

    kind: str
    code: str
    versions: list[Version] = field(default_factory=list)

    def at(self, at_us: int) -> Version | None:
        """The version that holds then."""
        holding = [version for version in self.versions if version.holds <= at_us]
        return holding[-1] if holding else None

    @property
    def launched(self) -> bool:
        return any(not version.document.get("draft", False) for version in self.versions)

    def append(self, state: str, document: Document, saved_us: int) -> None:
        """Or nothing, where nothing changes."""
        if self.versions:
            newest = self.versions[-1]
            if (newest.state, newest.document) == (state, document):
                return
            self.versions.append(
                Version(newest.number + 1, state, document, max(newest.holds, saved_us + DELAY_US), saved_us + DELAY_US)
            )
        else:
            self.versions.append(Version(1, state, document, EVER, saved_us + DELAY_US))


class Definitions:
    def __init__(self, documents: list[Document]) -> None:
        self.chains: dict[tuple[str, str], Chain] = {}
        self._prepared: dict[tuple[int, tuple[int, ...]], Document] = {}  # by the identities of the document and the organizations
        for document in documents:
            self._save(document, EVER)

    def _save(self, document: Document, saved_us: int) -> None:
        key = document["kind"], document["code"]
        chain = self.chains.setdefault(key, Chain(*key))
        chain.append(chain.versions[-1].state if chain.versions else "running", document, saved_us)

    def change(self, change: Document, saved_us: int) -> None:
        """Raises Refused."""
        kind, code, what = change["kind"], change["code"], change["change"]
        self._prepared.clear()
        chain = self.chains.get((kind, code), Chain(kind, code))
        newest = chain.versions[-1] if chain.versions else None
        same = newest is not None and (newest.document if what == "save" else "archive") == change.get("document", what)
        if newest is not None and newest.state == "archived" and not same:
            raise Refused("invalid", "archived")
        if "version" in change and change["version"] != len(chain.versions) + 1:
            raise Refused("conflict", "another came first")
        if what == "save":
            condition = change["document"].get("condition")
            if condition is not None and not {"threshold", "steps"} & condition.keys():
                raise Refused("invalid", "no threshold")
            if newest is not None and kind == "activity":
                self._check_stays(chain, newest.document, change["document"])
            self._save(change["document"], saved_us)
            return
        if newest is None or kind != "activity":
            raise Refused("invalid", "there is none")
        chain.append(STATES[what], newest.document, saved_us)

    def _check_stays(self, chain: Chain, old: Document, new: Document) -> None:
        if not chain.launched:
            return
        if new.get("draft", False) or _stays(old) != _stays(new):
            raise Refused("invalid", "what stays as it is")

    def of(self, kind: str) -> Iterator[Chain]:
        return (chain for (each, _), chain in self.chains.items() if each == kind)

    def document(self, kind: str, code: str, at_us: int) -> Document | None:
        chain = self.chains.get((kind, code))
        version = None if chain is None else chain.at(at_us)
        return None if version is None else version.document

    def prepared(self, activity: Document, at_us: int | None = None) -> Document:
        """A cumulative_spend or tier_upgrade as `tests.oracle.qualifying` takes it, with the programs of now, and the organizations as of a
        time, or of now.
        """
        # Organizations hold from whole milliseconds on (docs/definitions.md).
        organizations = [c.versions[-1] if at_us is None else c.at(at_us // 1000 * 1000) for c in self.of("organization")]
        key = id(activity), tuple(id(each) for each in organizations)
        if key in self._prepared:
            return self._prepared[key]
        around = [c.versions[-1].document for c in self.of("program")]
        around += [each.document for each in organizations if each is not None]
        found = prepare([*around, {**activity, "draft": False}])
        (prepared,) = found["spend"] + found["upgrades"]
        self._prepared[key] = dict(prepared)
        return self._prepared[key]


def _stays(document: Document) -> list[Any]:
    condition = document.get("condition", {})
    schedule = document.get("schedule", {})
    steps = condition.get("steps")
    return [
        document["type"],
        condition.get("items"),
        condition.get("mode"),
        condition.get("measure"),
        document.get("currency"),
        None if steps is None else [step["threshold"] for step in steps],
        schedule.get("every", "once"),
    ]
