"""What a person reads on a terminal: text that came from outside is shown, and never does anything there.

An id, a name, a server's answer or a document may hold escape sequences that move the cursor or name the window, and marks that turn
the direction of what follows. Every command speaks through here, and every line of a log passes here.
"""

from __future__ import annotations

import sys
import traceback
import unicodedata
from collections.abc import Sequence
from types import TracebackType
from typing import NoReturn, TextIO

# Written as they are though Python calls them unprintable: spaces of other scripts, as in names.
_SPACE = "Zs"


def shown(text: str, keep: str = "") -> str:
    """Text with everything visible: what is no letter, mark, figure, sign or space as Python writes it (`\\x1b`, `\\u202e`, `\\n`).

    Those are control characters, formats (turns of direction, joiners, zero widths), halves of characters, and what Unicode has not
    given a meaning. `keep`: such characters that stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(each if _harmless(each) or each in keep else _escaped(each) for each in text)


def shown_json(text: str) -> str:
    """JSON on one line that says the same, with those characters as escapes: only texts within it can hold them."""
    if text.isprintable():
        return text
    return "".join(each if _harmless(each) else _json_escaped(each) for each in text)


def say(text: str = "", to: TextIO | None = None) -> None:
    """A line on standard output, or `to` another."""
    print(shown(text), file=to or sys.stdout)


def counted(number: int, noun: str) -> str:
    """`1 member`, `2,000 members`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def say_json(line: bytes) -> None:
    """A JSON value on a line of standard output."""
    print(shown_json(line.decode()))


def say_table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """Lines in columns; the last is as wide as it is."""
    widths = [max(len(line[at]) for line in (heads, *lines)) for at in range(len(heads) - 1)]
    for line in (heads, *lines):
        say("  ".join([*(text.ljust(width) for text, width in zip(line, widths, strict=False)), line[-1]]).rstrip())


def put_document(data: bytes) -> None:
    """A document's bytes on standard output, just as they are; on a terminal its lines and tabs only, the rest visible."""
    if sys.stdout.isatty():
        print(shown(data.decode(errors="backslashreplace"), keep="\n\t"))
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()


def complain(text: object) -> None:
    """A line on standard error that says who speaks."""
    say(f"tidemark: {text}", sys.stderr)


def give_up(*lines: object) -> NoReturn:
    """Says what a user can mend, and ends with exit 1."""
    for line in lines:
        complain(line)
    sys.exit(1)


def show_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Of a fault of ours: as Python shows it, visibly."""
    print(shown("".join(traceback.format_exception(kind, error, trace)), keep="\n\t"), end="", file=sys.stderr)


def _harmless(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == _SPACE


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _json_escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
