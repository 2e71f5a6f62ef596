"""What every benefit of a level, or of an organization, has: its names, and the rules by which it is had and used (spec 3.8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct

from rules.benefits.issue import Issue
from rules.benefits.worth import Worth
from rules.definitions.fields import Amount, Code, Text


class Requires(Struct, frozen=True, forbid_unknown_fields=True):
    """What a cart's lines must come to, fees left out: an amount in minor units, or a number of pieces. One of these."""

    min_amount: Amount | None = None
    min_quantity: Amount | None = None


class Stack(Struct, frozen=True, forbid_unknown_fields=True):
    """With what it may be combined: benefits that apply by themselves, and those that were issued with a code. Two are combined where each
    allows the other.
    """

    automatic: bool = False
    codes: bool = False


class Benefit(Struct, frozen=True, kw_only=True):
    """The definition, of whatever kind. `issue`: None: it is had for as long as the level is held, or is issued as its kind is.
    `paid_only`: of a dual level, for those who paid.
    """

    code: Code
    name: Text
    icon: str | None = None
    description: str = ""
    requires: Literal["none"] | Requires = "none"
    issue: Literal["on_upgrade"] | Issue | None = None
    stack: Stack = Stack()
    paid_only: bool = False


class BenefitKind(Struct, frozen=True, kw_only=True):
    """A kind of benefit: one for each file of this room that defines one, listed in `kinds`; the `Any` of the functions are of its `shape`.

    `worth`: what it takes off a cart; None: nothing, it is text. `coded`: it is issued, when the level is gained unless `issue` says when
    else. `lacks`: what must be added before it means anything, None where it does.
    """

    shape: type[Struct]
    worth: Callable[[Any], Worth] | None = None
    coded: bool = False
    lacks: Callable[[Any], str | None] = lambda _: None

    @property
    def name(self) -> str:
        """What its document's `kind` says."""
        tag = self.shape.__struct_config__.tag
        assert isinstance(tag, str), "every kind has a tag"
        return tag
