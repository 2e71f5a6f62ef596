"""What a kind of definition is made of: one for each file of this room that defines one, listed in `kinds`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from rules.definitions.checking.fault import Fault
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.saved import Saved
from rules.rulebook.programs import Programs

Document = Mapping[str, object]


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of definition, or a type of activity.

    `name`: what the document's `kind` says, or an activity's `type`. `shape`: the Struct that the document has the shape of; the `Any`
    of the functions are of it.

    `faults`: what makes a definition of the right shape unsound, of itself alone. A rulebook leaves such a version out, so nothing may
    be added here that a definition may have which was published by an older release: that goes to `set_faults`.
    `set_faults`: what else keeps it from being published: references that lead nowhere in the whole set, and what harms nobody else.
    `changed`: the field that a later version would change, and must not; None for none (spec 2.5).
    `compile`: what orders are judged by, of a definition, the version that it was saved as, its ref, the ref of the first version, and
    the programs; it has a method `hold(from_us, until_us)`, which is told when it is in force. `link`: tells the versions in force, oldest
    first, of each other.
    """

    name: str
    shape: type[Struct]
    faults: Callable[[Any, Document], Iterator[Fault]]
    set_faults: Callable[[Any, WholeSet], Iterator[Fault]]
    compile: Callable[[Any, Saved, int, int, Programs], Any]
    changed: Callable[[Any, Any], str | None] = lambda _, __: None
    link: Callable[[Sequence[Any]], None] = lambda _: None
