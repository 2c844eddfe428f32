"""Bytes in any declared, wrong or absent charset become clean text: bodies, encoded headers and HTML."""

from __future__ import annotations

import binascii
import codecs
import re
from typing import NamedTuple

from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml import etree, html  # type: ignore[import-untyped]

# What the standard library's email package raises on malformed input, met by fuzzing and in real mail.
MALFORMED = (ValueError, LookupError, AttributeError, TypeError, RecursionError, OverflowError, AssertionError)

HEADER_LIMIT = 100_000  # characters of one header that are looked at
HTML_LIMIT = 5_000_000  # characters
_PYTHON_ONLY = {"unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined", "mbcs", "oem", "utf-7"}
_ALIASES = {"iso8859-1": "cp1252", "ascii": "utf-8", "gb2312": "gb18030", "gbk": "gb18030"}
_SURROGATES = re.compile("[\ud800-\udfff]")
# Bounded repeats keep `=?x?q?=?x?q?…` linear; some senders leave a bare "?" within the encoded text.
_WORD = re.compile(r"=\?([^?\s*]{1,64})(?:\*[^?\s]{0,20})?\?([bBqQ])\?((?:[^?]|\?(?!=)){0,600}?)\?=")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class Decoded(NamedTuple):
    """Text, and what was wrong with it in plain English ("" if nothing)."""

    text: str
    problem: str


def clean(text: str) -> str:
    """Bring line ends to LF, no-break spaces to spaces, and drop what no database can store."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").replace("\x00", "")
    return _SURROGATES.sub("\ufffd", text)


def decode(content: bytes, charset: str = "") -> Decoded:
    """Decode by the declared charset; without one UTF-8, failing that windows-1252, as British mail is."""
    name = charset.strip().strip("\"'").lower()
    if not name or name in {"us-ascii", "ascii"}:
        return _undeclared(content)
    try:
        codec = codecs.lookup(name).name
        codec = _ALIASES.get(codec, codec)
        if codec.replace("_", "-") in _PYTHON_ONLY:
            return _unknown(content, name)
        return Decoded(content.decode(codec), "")
    except UnicodeDecodeError:
        problem = f"some characters are not valid {_shown(name)}: shown as \ufffd"
        return Decoded(content.decode(codec, "replace"), problem)
    except MALFORMED:
        return _unknown(content, name)


def _undeclared(content: bytes) -> Decoded:
    try:
        return Decoded(content.decode("utf-8"), "")
    except UnicodeDecodeError:
        return Decoded(content.decode("cp1252", "replace"), "text without a valid charset: read as windows-1252")


def _unknown(content: bytes, name: str) -> Decoded:
    guess = _undeclared(content)
    read_as = "windows-1252" if guess.problem else "utf-8"
    return Decoded(guess.text, f"unknown charset {_shown(name)}: read as {read_as}")


def _shown(name: str) -> str:
    return re.sub(r"[^\x21-\x7e]", "?", name)[:40]


def header_text(value: str, problems: list[str] | None = None) -> str:
    """Decode a raw header value (RFC 2047) onto one line; trouble is noted in `problems` if given."""
    noted: list[str] = []
    if len(value) > HEADER_LIMIT:
        value = value[:HEADER_LIMIT]
        noted.append("a header is absurdly long: cut short")
    raw, problem = decode(value.encode("utf-8", "surrogateescape"))
    noted += [problem] if problem else []
    unfolded = " ".join(raw.split("\r\n")) if "\r\n" in raw else raw
    unfolded = re.sub(r"\n[ \t]*", " ", unfolded)
    text = decode_words(unfolded, noted) if "=?" in unfolded else unfolded
    if problems is not None:
        problems += noted
    return _CONTROL.sub(" ", clean(text)).strip()


def decode_words(text: str, problems: list[str] | None = None) -> str:
    """Decode RFC 2047 encoded words; adjacent ones of a charset are joined first, as some split characters."""
    out: list[str] = []
    pending: tuple[str, bytes] | None = None
    position = 0
    for match in _WORD.finditer(text):
        between = text[position : match.start()]
        charset, content = match[1].lower(), _word_bytes(match[2].lower(), match[3])
        if pending and (between.strip() or pending[0] != charset):
            out.append(_flush(pending, problems))
            pending = None
        if between.strip() or position == 0:
            out.append(between)
        pending = (charset, (pending[1] if pending else b"") + content)
        position = match.end()
    if pending:
        out.append(_flush(pending, problems))
    return "".join(out) + text[position:]


def _flush(pending: tuple[str, bytes], problems: list[str] | None) -> str:
    text, problem = decode(pending[1], pending[0])
    if problem and problems is not None:
        problems.append(problem)
    return text


def _word_bytes(encoding: str, encoded: str) -> bytes:
    raw = encoded.encode("utf-8", "replace")
    if encoding == "q":
        return binascii.a2b_qp(raw, header=True)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    letters = letters[: len(letters) - 1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def html_to_text(source: str) -> Decoded:
    """Return the HTML's text with its layout; styles are ignored, as they can hide words or demand vast margins."""
    problem = ""
    if len(source) > HTML_LIMIT:
        source, problem = source[:HTML_LIMIT], "the HTML text is very long: cut short"
    source = re.sub(r"\A\s*<\?xml[^>]{0,500}>", "", source.replace("\x00", ""))
    if not source.strip():
        return Decoded("", problem)
    try:
        # Without huge_tree the parser silently drops whatever is nested deeper than 255 elements.
        tree = html.document_fromstring(source, parser=html.HTMLParser(huge_tree=True))
        for element in tree.iter():
            if isinstance(element.tag, str):
                element.attrib.pop("style", None)
        text = Inscriptis(tree, ParserConfig(css=CSS_PROFILES["strict"])).get_text()
    except (etree.LxmlError, *MALFORMED):
        return Decoded("", "the HTML text could not be read")
    if not text.strip() and re.search(r">\s*[^\s<&]", source):
        problem = "the HTML text could not be read"
    return Decoded(text, problem)
