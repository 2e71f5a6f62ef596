"""`tidemark quote CART` (spec 3.10, 6)."""

from __future__ import annotations

import asyncio
import getpass
import sys
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from rules.benefits.best import TooMany
from rules.benefits.cart import Cart
from rules.rulebook.rulebook import Rulebook
from tidemark.definitions.files import sound_documents
from tidemark.definitions.proposals import first_versions
from tidemark.logs import configure_logging
from tidemark.quoting.choosing import NoSuchChoice, allow, choice_of
from tidemark.quoting.files import NotReadable, check_levels, read_cart, read_member
from tidemark.quoting.pins import PinRefused, PinsUnreadable
from tidemark.quoting.quoting import Choice, NoSuchMember, Quoted, quote_running, quoted
from tidemark.settings.settings import Settings
from tidemark.terminal import complain, give_up, say, say_json, say_table

CartFile = Annotated[Path, Parameter(name="CART")]
Json = Annotated[bool, Parameter(negative="", help="JSON, an object, in place of a table")]


def quote(
    cart: CartFile,
    /,
    *,
    member_file: Path | None = None,
    definitions: Path | None = None,
    choose: int | None = None,
    by: str | None = None,
    json: Json = False,
) -> None:
    """Say which benefits are best used with a cart, and the others to choose from.

    Parameters
    ----------
    cart
        YAML or JSON: channel, currency, lines, and member_id, fees, codes, store_id, terminal_id, at.
    member_file
        The member as a file has him, in place of the running system's: levels, paid, birthday, organization, issued. With --definitions.
    definitions
        The folder of definitions to go with it.
    choose
        Take this choice: 1 is the best. Another one at a till needs --by, and the PIN, asked for on the terminal or read from standard
        input; it is recorded on `choices`.
    by
        Who allows it: a name of TIDEMARK_PINS_FILE.
    """
    settings = Settings()
    configure_logging(settings.log_level)
    try:
        asked = read_cart(cart)
        found = _quoted(settings, asked, member_file, definitions)
        chosen = None if choose is None else choice_of(found, choose)
        if chosen is not None and chosen.n > 1 and asked.at_till:
            _allow(settings, asked, found, chosen, by)
    except NotReadable as error:
        give_up(*error.lines)
    except (NoSuchMember, TooMany, NoSuchChoice, PinsUnreadable, PinRefused) as error:
        give_up(error)
    if json:
        say_json(msgspec.json.encode(found if chosen is None else chosen))
    else:
        _show(found, found.choices() if chosen is None else [chosen])


def _quoted(settings: Settings, cart: Cart, member_file: Path | None, definitions: Path | None) -> Quoted:
    if (member_file is None) != (definitions is None):
        give_up("--member-file and --definitions go together: the one says what the member has, the other what that means")
    if member_file is None or definitions is None:
        return asyncio.run(quote_running(settings, cart))
    member, issued = read_member(member_file)
    documents, problems = sound_documents(definitions)
    for problem in problems:
        complain(problem)
    if documents is None:
        give_up("mend these first")
    check_levels(member_file, member, documents)
    return quoted(cart, member, issued, Rulebook(first_versions(documents)))


def _allow(settings: Settings, cart: Cart, found: Quoted, chosen: Choice, by: str | None) -> None:
    if by is None:
        give_up("--by: at a till another choice than the best needs the name of who allows it, and the PIN")
    pin = getpass.getpass(f"PIN of {by}: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    asyncio.run(allow(settings, cart, found, chosen, by, pin))


def _show(found: Quoted, choices: list[Choice]) -> None:
    say(f"{found.currency} {found.amount} and fees {found.fees}")
    rows = [(str(each.n), str(each.total), str(each.off), str(each.delivery), _used(each)) for each in choices]
    say_table(("choice", "total", "off lines", "off fees", "used"), rows)
    for code in found.codes:
        say(f"code {code.code}: {code.state.replace('_', ' ')}")


def _used(choice: Choice) -> str:
    return ", ".join(f"{each.name} ({each.code or each.id})" for each in choice.used) or "nothing"
