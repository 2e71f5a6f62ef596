"""No tracked file names a place on one machine or the address of a package registry: python -m devtools.check_tree"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

# Written so that no pattern matches itself.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.~*-])/(?:work|root|home|Users|tmp|private)/\w",
    "a package registry's address": r"pypi\.org|pythonhosted\.org|repo[\w.]*\.maven\.org|maven\.apache\.org/maven2|"
    r"registry\.npmjs\.|\bcrates\.io|proxy\.golang\.|deb\.debian\.org|security\.debian\.org|"
    r"(?:index-url|find-links|trusted-host)[ =]+\S*[:/]",
}
PATTERN = re.compile("|".join(f"({pattern})" for pattern in FORBIDDEN.values()))


def main() -> None:
    """Print every place that breaks the rule; exit 1 if there is one. Files that are not UTF-8 text are passed over."""
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], capture_output=True, check=True)
    found = 0
    for name in filter(None, listed.stdout.decode().split("\0")):
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):  # data, or deleted and not yet committed
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if hit := PATTERN.search(line):
                found += 1
                print(f"{name}:{number}: {list(FORBIDDEN)[(hit.lastindex or 1) - 1]}: {hit.group()}")
    if found:
        raise SystemExit(1)
    print("check-tree: no machine's paths, no registry's addresses")


if __name__ == "__main__":
    main()
