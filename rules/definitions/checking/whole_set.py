"""The codes of a whole set of definitions, to which they refer among each other (spec 1.8, 2.1, 2.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rules.definitions.checking.fault import NAMED_MAX, Fault, meant, shown, some_listed


class WholeSet:
    """Those of the wrong shape are in it too, so that one mistake is said once.

    `places`: by kind and code, the positions of the documents that have it. `stores`: those that an organization has.
    `default_programs`: the codes of those that say so; `programs_are_read`: that none of the others may be one.
    """

    def __init__(self, kinds: Sequence[str], documents: Sequence[Mapping[str, object]], parsed: Sequence[object]) -> None:
        """`parsed`: the definition of each document, None for one of the wrong shape."""
        self.parsed = parsed
        self.places: dict[str, dict[str, list[int]]] = {kind: {} for kind in kinds}
        for position, document in enumerate(documents):
            kind, code = document.get("kind"), document.get("code")
            if isinstance(kind, str) and kind in self.places and isinstance(code, str):
                self.places[kind].setdefault(code, []).append(position)
        organizations = [self.definition("organization", code) for code in self.places["organization"]]
        self.stores = {store for each in organizations for store in getattr(each, "stores", ())}
        programs = [self.definition("program", code) for code in self.places["program"]]
        self.default_programs = [str(getattr(each, "code", "")) for each in programs if getattr(each, "default", False)]
        self.programs_are_read = None not in programs
        self._circles = self._find_circles()

    def definition(self, kind: str, code: str) -> object | None:
        """The first definition with the code; None when there is none, or it has the wrong shape."""
        positions = self.places[kind].get(code)
        return None if positions is None else self.parsed[positions[0]]

    def missing(self, kind: str, code: str, field: str) -> Iterator[Fault]:
        """A fault unless there is a definition of the kind with the code."""
        known = self.places[kind]
        if code not in known:
            yield Fault(field, f"there is no {kind} with the code {shown(code)}{meant(code, known)}")

    def circle(self, code: str) -> list[str]:
        """The way up from an organization back to itself, itself at both ends; empty where there is none such."""
        return self._circles.get(code, [])

    def twice(self, position: int, document: Mapping[str, object], names: Sequence[str]) -> Iterator[Fault]:
        """A fault when another document has this one's kind and code; `names` says which."""
        kind, code = document.get("kind"), document.get("code")
        if isinstance(kind, str) and kind in self.places and isinstance(code, str):
            positions = self.places[kind][code]
            others = [names[other] for other in positions[: NAMED_MAX + 1] if other != position]
            if others:
                yield Fault("code", f"another {kind} has the code {shown(code)}: {some_listed(others, len(positions) - 1)}")

    def _find_circles(self) -> dict[str, list[str]]:
        """Every organization is walked from once."""
        parents = {code: getattr(self.definition("organization", code), "parent", None) for code in self.places["organization"]}
        circles: dict[str, list[str]] = {}
        walked: set[str] = set()
        for start in parents:
            way: list[str] = []
            place: dict[str, int] = {}
            at: str | None = start
            while at is not None and at in parents and at not in walked:
                walked.add(at)
                place[at] = len(way)
                way.append(at)
                at = parents[at]
            if at is not None and at in place:
                circle = way[place[at] :]
                for number, code in enumerate(circle[:_CIRCLES_SHOWN]):
                    circles[code] = [*circle[number:], *circle[:number], code]
        return circles


# Organizations of one circle that are told of it.
_CIRCLES_SHOWN = 100
