#!/usr/bin/env python3
"""Prints which entries of rfc-traps a test names by number, and why no test names the others.

usage: python3 tests/traps.py            each entry with the tests that name it
       python3 tests/traps.py --check    only what is wrong; exit 1 if an entry has neither a test nor a reason, or both

A test names an entry in its own name (`trap_52_…`, `traps_300_to_309_…`, `traps_272_273_276_…`) or in a text or comment
(`trap 52`, `rfc-traps 136 to 139`). In the protocol's source and in files of the traps' own it may also stand at the head of
a row (`(52, …`, `check(52, …`, `refuse(52, …`); elsewhere such a number is a status or a count.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
NUMBERS = r"\d+(?:(?:_to_|_| to |, | and )\d+)*"
FUNCTION = re.compile(r"^\s*(?:async )?fn (\w+)")
NAMED = [re.compile(r"^\s*(?:async )?fn traps?_(" + NUMBERS + r")"), re.compile(r"(?:rfc-traps|traps?) (" + NUMBERS + r")")]
ROW = re.compile(r"^\s*(?:check|refuse|refused|becomes|same)?\(\"?(\d+)\"?,")


def entries():
    lines = (ROOT / "tests/traps.tsv").read_text().splitlines()
    for line in lines:
        number, title, *reason = line.split("\t")
        yield int(number), title, (reason or [""])[0]


def numbers(text):
    for part in re.split(r", | and |_(?!to_)(?<!to_)", text.replace(" to ", "_to_")):
        first, _, last = part.partition("_to_")
        yield from range(int(first), int(last or first) + 1)


def tests():
    """Test sources: those of tests/ folders, files called tests.rs or below a folder tests, the traps' own modules, and what
    stands behind `mod tests` elsewhere."""
    for file in sorted(ROOT.rglob("*.rs")):
        place = file.relative_to(ROOT)
        if "target" in place.parts:
            continue
        text = file.read_text()
        whole = {"tests", "traps"} & set(place.parts) or file.name in ("tests.rs", "traps.rs")
        if not whole:
            text = text.partition("mod tests {")[2]
        yield place, text


def named():
    """For each number the tests that name it, as `file::function`; a comment above a function belongs to it."""
    found = {}
    for place, text in tests():
        patterns = [*NAMED, ROW] if place.parts[:2] == ("scim", "src") or "traps" in str(place) else NAMED
        function, waiting = "", []
        for line in text.splitlines():
            if line.lstrip().startswith("//!"):
                continue
            begins = FUNCTION.match(line)
            hits = [number for pattern in patterns for hit in pattern.finditer(line) for number in numbers(hit.group(1))]
            if begins:
                function, hits, waiting = begins.group(1), hits + waiting, []
            elif line.startswith(("//", "#[")) or line.startswith(("    //", "    #[")) and not function:
                waiting, hits = waiting + hits, []
            for number in hits:
                found.setdefault(number, set()).add(f"{place}::{function}")
    return found


def main(check):
    found, wrong = named(), []
    for number, title, reason in entries():
        places = sorted(found.get(number, ()))
        if not places and not reason:
            wrong.append(f"{number}. {title}: no test names it, and tests/traps.tsv gives no reason")
        if places and reason:
            wrong.append(f"{number}. {title}: a test names it, so its reason in tests/traps.tsv is stale: {places[0]}")
        if not check:
            print(f"{number}. {title}\n    {', '.join(places) or 'no test: ' + (reason or '???')}")
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
