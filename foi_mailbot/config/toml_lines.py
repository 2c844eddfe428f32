"""Finds the line of each key in a TOML text, so that a problem can name the line to mend."""

from __future__ import annotations

import re

Path = tuple[str | int, ...]
"""Where a value stands: ("mailbox", 0, "imap", "host"); numbers count an array's tables from 0."""

_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?")
_ASSIGNMENT = re.compile(rf"\s*({_DOTTED})\s*=")


def line_of(lines: dict[Path, int], path: Path) -> int:
    """Return the line (from 1) of `path` or of its nearest known parent; 1 if none is known."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


def key_lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) of every table header and assignment; keys inside inline tables are not listed."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    quote, depth = "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        if quote or depth:
            quote, depth = _after(line, quote, depth)
            continue
        if header := _HEADER.match(line):
            table = _table(_parts(header[2]), counts, array=header[1] == "[[")
            lines.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            lines.setdefault(table + _parts(assignment[1]), number)
            quote, depth = _after(line[assignment.end() :], "", 0)
    return lines


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_KEY, dotted))


def _table(parts: tuple[str, ...], counts: dict[Path, int], *, array: bool) -> Path:
    """Return the header's full path: an array met on the way stands for its newest table."""
    path: Path = ()
    for index, part in enumerate(parts):
        path += (part,)
        if array and index == len(parts) - 1:
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path += (counts[path] - 1,)
    return path


def _after(line: str, quote: str, depth: int) -> tuple[str, int]:
    """Return the open multi-line quote ("" if none) and the depth of open brackets after `line`."""
    at = 0
    while at < len(line):
        three = line[at : at + 3]
        if quote:
            if line[at] == "\\" and quote[0] == '"':
                at += 2
                continue
            if line.startswith(quote, at):
                at += len(quote)
                quote = ""
                continue
        elif three in {'"""', "'''"}:
            quote = three
            at += 3
            continue
        elif line[at] in "\"'":
            quote = line[at]
        elif line[at] == "#":
            break
        elif line[at] in "[{":
            depth += 1
        elif line[at] in "]}":
            depth = max(0, depth - 1)
        at += 1
    return (quote if len(quote) == 3 else ""), depth  # a one-line string cannot outlive its line
