"""One small block markup is the single source of a letter's plain text and of its HTML, so that they never differ.

A block is set apart by blank lines: `# heading`, `- list item`, `> quotation`, `| line kept as a line`, else a
paragraph. `[[address or link]]` becomes a link in the HTML. Values are shielded: nothing in them can be markup.
"""

from __future__ import annotations

import html
import re
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

WIDTH = 76

_START, _NEWLINE, _OPEN, _CLOSE = "\ue000", "\ue001", "\ue002", "\ue003"
_SHIELD = str.maketrans({"\n": _NEWLINE, "[": _OPEN, "]": _CLOSE})
_UNSHIELD = str.maketrans({_START: None, _NEWLINE: "\n", _OPEN: "[", _CLOSE: "]"})
_LINK = re.compile(r"\[\[([^\[\]]*)\]\]")


class Style(StrEnum):
    """What a block is."""

    HEADING = "# "
    ITEM = "- "
    QUOTE = "> "
    LINES = "| "
    PARAGRAPH = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One block; `lines` are its source lines without their mark, still shielded."""

    style: Style
    lines: tuple[str, ...]


def shield(value: str) -> str:
    """Return a value so that it can only ever be text: no block mark, no link, no invisible or reordering character."""
    return _START + visible(value).translate(_SHIELD)


def visible(value: str) -> str:
    """Return text without control, private-use and reordering characters; every line end is a plain newline."""
    lined = "\n".join(value.expandtabs(1).splitlines())
    return "".join(c for c in lined if c in _KEPT or unicodedata.category(c) not in _INVISIBLE)


# Cc controls, Cf format characters (bidirectional overrides among them), Co private use, Cs lone surrogates.
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs"})
_KEPT = "\n\u200c\u200d"  # joiners: several scripts cannot be written without them


def parse(source: str) -> tuple[Block, ...]:
    """Split rendered template source into its blocks, in order; blocks without any text are left out."""
    found: list[Block] = []
    for chunk in re.split(r"\n[ \t]*\n", source):
        lines = [line.strip(" \t") for line in chunk.split("\n") if line.strip(" \t")]
        for style, group in groupby(lines, key=_style):
            texts = tuple(line[len(style) :] for line in group)
            found += _blocks(style, texts)
    return tuple(found)


def _style(line: str) -> Style:
    return next((s for s in Style if s and (line + " ").startswith(s)), Style.PARAGRAPH)


def _blocks(style: Style, lines: tuple[str, ...]) -> Iterator[Block]:
    worded = tuple(line for line in lines if plain(line).strip())
    if style in (Style.HEADING, Style.ITEM):
        yield from (Block(style, (line,)) for line in worded)
    elif worded:
        yield Block(style, lines if style is Style.QUOTE else worded)  # a quotation's paragraphs stay apart


def plain(text: str) -> str:
    """Return shielded text as it reads, with links shown as their address."""
    return _LINK.sub(r"\1", text).translate(_UNSHIELD)


def as_text(blocks: Sequence[Block]) -> str:
    """Write plain text, wrapped at 76 columns; headings are underlined, quotations start with `> `."""
    parts: list[str] = []
    for style, group in groupby(blocks, key=lambda b: b.style):
        written = [_text_of(block) for block in group]
        parts.append("\n".join(written) if style is Style.ITEM else "\n\n".join(written))
    return "\n\n".join(parts) + "\n"


def _text_of(block: Block) -> str:
    match block.style:
        case Style.HEADING:
            title = " ".join(plain(block.lines[0]).split())
            return f"{title}\n{'-' * min(len(title), WIDTH)}"
        case Style.ITEM:
            return _wrap(" ".join(plain(block.lines[0]).split()), "- ", "  ")
        case Style.QUOTE:
            return "\n".join(_wrap(line, "> ", "> ") for line in _lines(block))
        case Style.LINES:
            return "\n".join(_wrap(line, "", "  ") for line in _lines(block) if line)
        case _:
            return _wrap(" ".join(" ".join(_lines(block)).split()), "", "")


def _lines(block: Block) -> list[str]:
    return [line.strip() for source in block.lines for line in plain(source).split("\n")]


def _wrap(line: str, first: str, rest: str) -> str:
    wrapped = textwrap.fill(
        line, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return wrapped or first.rstrip()


def as_html(blocks: Sequence[Block], title: str) -> str:
    """Write one accessible page: language, title and headings set; no image, script, style sheet or remote content."""
    body: list[str] = []
    for style, group in groupby(blocks, key=lambda b: b.style):
        written = [_html_of(block) for block in group]
        body += ["<ul>", *written, "</ul>"] if style is Style.ITEM else written
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en-GB">',
            f'<head><meta charset="utf-8"><title>{html.escape(title)}</title></head>',
            '<body style="font-family: Arial, sans-serif; font-size: 1rem; line-height: 1.5; max-width: 42em">',
            *body,
            "</body>",
            "</html>",
            "",
        ]
    )


def _html_of(block: Block) -> str:
    if block.style is Style.QUOTE:
        paragraphs = re.split(r"\n{2,}", "\n".join(_lines(block)).strip("\n"))
        written = "".join(f"<p>{html.escape(text)}</p>" for text in paragraphs).replace("\n", "<br>")
        return f"<blockquote>{written}</blockquote>"
    if block.style is Style.LINES:
        return f"<p>{'<br>'.join(_inline(line) for line in block.lines)}</p>"
    element = {Style.HEADING: "h2", Style.ITEM: "li"}.get(block.style, "p")
    return f"<{element}>{' '.join(_inline(line, ' ') for line in block.lines)}</{element}>"


def _inline(text: str, newline: str = "<br>") -> str:
    """Escape one source line; a `[[…]]` becomes a link only if it is an https address or an e-mail address."""
    parts = _LINK.split(text)
    written = [_escape(part, newline) if i % 2 == 0 else _link(plain(part)) for i, part in enumerate(parts)]
    return "".join(written).strip()


def _escape(text: str, newline: str) -> str:
    return html.escape(plain(text)).replace("\n", newline)


def _link(target: str) -> str:
    shown = html.escape(target)
    if re.fullmatch(r"https://[^\s<>\"']+", target):
        return f'<a href="{shown}">{shown}</a>'
    if re.fullmatch(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+", target):
        return f'<a href="mailto:{shown}">{shown}</a>'
    return shown


def html_of_text(text: str, title: str) -> str:
    """Write the HTML of a letter whose plain text a person edited, so that both parts still say the same.

    Reads what `as_text` writes: underlined headings, `- ` items, `> ` quotations; short lines stay lines.
    """
    bare = shield(text)[1:].replace(_NEWLINE, "\n")
    source = re.sub(r"(?m)^(\S.*)\n-{3,}[ \t]*$", r"# \1\n", bare)
    return as_html(tuple(_reread(block) for block in parse(_joined_items(source))), title)


def _joined_items(source: str) -> str:
    return re.sub(r"(?m)^(- .*(?:\n  \S.*)+)$", lambda m: re.sub(r"\n +", " ", m[1]), source)


def _reread(block: Block) -> Block:
    kept = block.style is Style.PARAGRAPH and any(len(line) < WIDTH // 2 for line in block.lines[:-1])
    return Block(Style.LINES if kept else block.style, block.lines)
