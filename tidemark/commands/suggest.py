"""`tidemark suggest ORDERS… --levels N` (spec 3.12, 6)."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number

from rules.currencies import CURRENCIES
from rules.documents.change import Change
from rules.times import moment
from streams.topics import DEFINITIONS
from tidemark.definitions.proposals import user_name
from tidemark.definitions.publishing import publish_change, read_rulebook
from tidemark.logs import configure_logging
from tidemark.replay.lines import lines_of
from tidemark.settings.settings import Settings
from tidemark.suggesting.ladder import LEVELS_MAX, Assumed, Suggestion, weigh
from tidemark.suggesting.ladder import suggest as suggested
from tidemark.suggesting.measured import Measured, measure_orders
from tidemark.suggesting.plot import bars, svg_plot, text_plot
from tidemark.suggesting.programs import Asked, NotSuggested, check_program, of_document, of_file, with_levels, write
from tidemark.suggesting.running import measure_running
from tidemark.suggesting.words import HEADS, all_lines, rows
from tidemark.terminal import counted, give_up, say, say_json, say_table

_Input = Annotated[Path, Parameter(allow_leading_hyphen=True)]
_Part = Annotated[float, Parameter(validator=Number(gte=0, lte=1))]
_Rate = Annotated[float | None, Parameter(validator=Number(gte=0, lte=0.99))]
_Levels = Annotated[int, Parameter(validator=Number(gte=1, lte=LEVELS_MAX))]
_DEFAULTS = Assumed()


def suggest(
    *orders: _Input,
    levels: _Levels = 3,
    program: str | None = None,
    sample: Annotated[bool, Parameter(negative="")] = False,
    currency: str | None = None,
    average_order: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    repurchase_rate: _Rate = None,
    cost_share: _Part = _DEFAULTS.cost_share,
    margin: _Part = _DEFAULTS.margin,
    pull: _Part = _DEFAULTS.pull,
    uplift: _Part = _DEFAULTS.uplift,
    plot: Path | None = None,
    apply: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="", help="JSON, an object, in place of tables and words")] = False,
) -> None:
    """Suggest a ladder of basic levels, with thresholds and benefits, and say what it would cost and bring, and how that was reckoned.

    It is measured of orders in files; else of the members of a program that runs (--program CODE); where there are none, give
    --average-order, --repurchase-rate and --currency.

    Parameters
    ----------
    orders
        Files of orders and refunds, a JSON document a line; `-`: standard input.
    levels
        How many.
    program
        The program that it is for: its file, or the code of one that runs; its standard says what counts. Left out: all that was spent.
    sample
        The orders of the sample that comes along, in place of files.
    currency
        Of the orders; left out: the program's, or the one that most are in.
    average_order
        In minor units, in place of what was measured.
    repurchase_rate
        The part of the members who buy again, from 0 to 0.99, in place of what was measured.
    cost_share
        Assumed: of the members' spending, what benefits may cost at most.
    margin
        Assumed: what is left of what more is bought.
    pull
        Assumed: of those who lack at most one average order to a level, how many place it for that.
    uplift
        Assumed: by how much the highest level's members buy more.
    plot
        Write the plot as SVG here, too.
    apply
        Put the levels into the program, where it has none: into its file, or as its next version where it runs.
    """
    settings = Settings()
    configure_logging(settings.log_level)
    assumed = Assumed(cost_share, margin, pull, uplift)
    try:
        if plot is not None and (plot.is_dir() or not plot.parent.is_dir()):
            raise NotSuggested(f"--plot {plot}: cannot be written: name a file in a folder that there is")
        asked = None if program is None else _asked(settings, program)
        if asked is not None:
            check_program(asked.program, levels)
        if apply and asked is None:
            raise NotSuggested("--apply needs the program: --program FILE, or the code of one that runs")
        standard = "history" if asked is None else asked.program.standard.name
        measured = _measured(settings, _lines(orders, sample), asked, currency)
        _check_enough(measured, average_order, repurchase_rate)
        found = suggested(measured, levels, standard, assumed, average_order, repurchase_rate)
        document = with_levels(asked, found) if apply and asked is not None else None
    except NotSuggested as error:
        give_up(error)
    _show(found, measured, standard, repurchase_rate is not None, plot, json)
    if asked is not None and document is not None:
        _apply(settings, asked, document, found)


def _show(found: Suggestion, measured: Measured, standard: str, rate_given: bool, plot: Path | None, json: bool) -> None:
    weighed = weigh(measured, found.average_order, found.repurchase_rate, rate_given)
    drawn = bars(weighed, found.rungs, found.currency)
    if json:
        say_json(msgspec.json.encode(found))
    else:
        say_table(HEADS, rows(found))
        for line in all_lines(found, measured, standard, text_plot(drawn, found.rungs, found.currency)):
            say(line)
    if plot is not None:
        plot.write_text(svg_plot(drawn, found.rungs, found.currency, "Members by what counts, and where levels begin"), "utf-8")


def _asked(settings: Settings, program: str) -> Asked:
    path = Path(program)
    if path.suffix or path.exists():
        if not path.is_file():
            raise NotSuggested(f"there is no file {path}")
        return of_file(path)
    rulebook = asyncio.run(read_rulebook(settings.connection(), settings.prefix + DEFINITIONS))
    chain = rulebook.chain("program", program)
    if chain is None or chain.newest is None:
        raise NotSuggested(f"there is no file {program}, and no program with this code runs")
    return of_document(dict(chain.newest.document), None)


def _lines(orders: Sequence[Path], sample: bool) -> Iterable[bytes] | None:
    if sample and orders:
        raise NotSuggested("either files of orders, or --sample")
    if sample:
        from tidemark.sample import documents

        return documents()
    for path in orders:
        if str(path) != "-" and not path.is_file():
            raise NotSuggested(f"there is no file {path}")
    return lines_of(orders, sys.stdin.buffer) if orders else None


def _measured(settings: Settings, lines: Iterable[bytes] | None, asked: Asked | None, currency: str | None) -> Measured:
    of_program = None if asked is None else asked.program.currency
    if currency is not None and (currency not in CURRENCIES or of_program not in (None, currency)):
        raise NotSuggested(f"--currency {currency}: expected {of_program or 'a currency of ISO 4217, such as GBP'}")
    if lines is not None:
        standard = "history" if asked is None else asked.program.standard.name
        period = None if asked is None else asked.program.standard.period
        days, months = (0, 0) if period is None else period.of()
        return measure_orders(lines, currency or of_program, standard, days + months * 30)
    if asked is not None and asked.path is None:
        return asyncio.run(measure_running(settings.connection(), settings.prefix, asked.program.code, time.time_ns() // 1_000_000))
    return Measured("nothing", currency or of_program or "", 0, [], [])


def _check_enough(measured: Measured, average_order: int | None, repurchase_rate: float | None) -> None:
    if measured.buyers and (average_order or measured.average_order):
        return
    if average_order is None or repurchase_rate is None or not measured.currency:
        raise NotSuggested(
            f"there are no orders of members to measure{_others(measured)}: name files of orders, or a program that runs; or give "
            "--average-order, --repurchase-rate and --currency"
        )


def _others(measured: Measured) -> str:
    """What the lines are of which nothing was measured."""
    currency = f", or in another currency than {measured.currency}" if measured.currency else ""
    passed_over, anonymous = counted(measured.passed_over, "line"), counted(measured.anonymous, "order")
    found = [f"{passed_over} of no order or refund{currency}"] if measured.passed_over else []
    found += [f"{anonymous} of nobody"] if measured.anonymous else []
    return f" ({'; '.join(found)})" if found else ""


def _apply(settings: Settings, asked: Asked, document: dict[str, object], found: Suggestion) -> None:
    off = "" if asked.program.enabled is not False else "; it is still off: enabled: true turns it on"
    if asked.path is not None:
        write(asked.path, document, document["levels"])  # type: ignore[arg-type]
        say(
            f"written    {asked.path}: {len(found.rungs)} levels{off}. `tidemark check` and `tidemark publish` come next",
            sys.stderr,
        )
        return
    now_ms = time.time_ns() // 1_000_000
    code = asked.program.code
    change = Change(change="save", kind="program", code=code, saved_at=moment(now_ms), saved_by=user_name(), document=document)
    published = asyncio.run(publish_change(settings.connection(), settings.prefix + DEFINITIONS, change, settings.keep_orders_ms()))
    say(f"saved      program/{code} version {published.saved.version}: {len(found.rungs)} levels{off}", sys.stderr)
