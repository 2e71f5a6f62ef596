"""What the spec has and this version has not: never ignored silently, always refused by name (spec 2.9, 2.10, 3.1, 3.2).

Values that are the spec's defaults ask for nothing and are accepted; `rules.definitions.shapes` has a place for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rules.definitions.checking.fault import Fault

_BULK_ONLY = ("segment", "schedule")
_LEVEL_FIELDS = {
    "lock_in_amount": "lock-in (spec 3.1)",
    "price": "levels that are paid for (spec 3.2)",
    "prices": "levels that are paid for (spec 3.2)",
    "paid_validity": "levels that are paid for (spec 3.2)",
}


def unsupported(document: Mapping[str, object]) -> list[Fault]:
    """What a raw document without nulls asks for that this version does not do, by field."""
    match document.get("kind"):
        case "activity":
            return list(_of_activity(document))
        case "program":
            return [*_of_program(document), *_of_levels(document.get("levels"))]
        case _:
            return []


def _refused(field: str, what: str, instead: str) -> Fault:
    return Fault(field, f"{what} is not supported yet: {instead}")


def _of_activity(document: Mapping[str, object]) -> Iterator[Fault]:
    if document.get("type") == "bulk":
        yield _refused("type", "bulk (spec 2.9)", "use cumulative_spend or tier_upgrade")
    else:
        for field in _BULK_ONLY:
            if field in document:
                yield _refused(field, f"{field}, which is for bulk only (spec 2.9),", "leave it out")
    if "limits" in document:
        yield _refused("limits", "limiting what an activity gives (spec 2.10)", "leave it out")


def _of_program(document: Mapping[str, object]) -> Iterator[Fault]:
    if document.get("measure") == "points":
        yield _refused("measure", "levels by points (spec 3.1)", "use amount, the default")
    standard = document.get("standard")
    if isinstance(standard, Mapping):
        if standard.get("mode") == "each":
            yield _refused("standard.mode", "each (spec 3.1)", "use total, the default")
        window = standard.get("window")
        if window in ("since_upgrade", "period"):
            yield _refused("standard.window", f"{window} (spec 3.1)", "use history, the default")
        if "period" in standard:
            yield _refused("standard.period", "a period (spec 3.1)", "leave it out")
    if isinstance(document.get("validity"), Mapping):
        yield _refused("validity", "a limited validity (spec 3.1)", "use permanent, the default")
    if document.get("spending_downgrade") is True:
        yield _refused(
            "spending_downgrade",
            "true, which is for mode each and the windows since_upgrade and period only (spec 3.1),",
            "use false, the default; in history a refund always lowers the level that it undoes (spec 3.5)",
        )
    if "lock_in" in document:
        yield _refused("lock_in", "lock-in (spec 3.1)", "leave it out")
    paid = document.get("paid")
    if isinstance(paid, Mapping) and paid.get("pricing") == "per_level":
        yield _refused("paid.pricing", "per_level (spec 3.1)", "use unified, the default")


def _of_levels(levels: object) -> Iterator[Fault]:
    if not isinstance(levels, list):
        return
    for position, level in enumerate(levels):
        if not isinstance(level, Mapping):
            continue
        if level.get("type") in ("paid", "dual"):
            yield _refused(f"levels[{position}].type", f"{level['type']} (spec 3.2)", "use basic, the default")
        for field, what in _LEVEL_FIELDS.items():
            if field in level:
                yield _refused(f"levels[{position}].{field}", what, "leave it out")
