"""The text of an attached file; PDF and DOCX are read in a child process with bounded memory, time and output."""

from __future__ import annotations

import io
import json
import re
import resource
import subprocess
import sys
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import ParseError

import docx
from docx.document import Document
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from foi_mailbot.core.charset import MALFORMED, clean, decode, html_to_text
from foi_mailbot.core.message import REQUEST_LIMIT, Attachment, Extracted, Origin, parse, with_texts

MEMORY = 1 << 30  # bytes of address space of the child
CPU_SECONDS = 15
WALL_SECONDS = 20
TEXT_LIMIT = REQUEST_LIMIT  # characters; more would be cut anyway
FILE_LIMIT = 30_000_000  # bytes of one attachment that are looked at
UNPACKED_LIMIT = 150_000_000  # bytes a DOCX may unpack to
PAGE_LIMIT = 500
MAX_NESTING = 3  # mails attached as files within mails attached as files
MAX_INNER_FILES = 4  # files within a mail attached as a file: they multiply with each level

_TOO_LONG = "its text is too long to be read automatically"
_TEXT_ENDINGS = {"txt", "csv", "tsv", "md", "text", "log"}
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def extract(attachment: Attachment) -> Extracted:
    """Return the attachment's text, or in plain English why a person has to open it. Never raises, never hangs."""
    return _extract(attachment, 0)


def _extract(attachment: Attachment, nesting: int) -> Extracted:
    content = attachment.content
    if not content.strip():
        return Extracted(problem="the file is empty")
    if len(content) > FILE_LIMIT:
        return Extracted(problem="the file is too large to be read automatically")
    kind = _kind(attachment)
    if kind in _READERS:
        return _in_child(kind, content)
    if kind == "html":
        text, problem = html_to_text(decode(content).text)
        return _bounded(text, problem)
    if kind == "text":
        text, _ = decode(_without_mark(content))
        return _bounded(text, "" if text.isprintable() or _mostly_text(text) else "the file is not text")
    if kind == "mail":
        return _mail(content, nesting)
    if kind == "picture":
        return Extracted(problem="it is a picture")
    return Extracted(problem=f"files of type {attachment.content_type} are not read automatically")


def _kind(attachment: Attachment) -> str:
    """Tell the kind by the bytes first: senders' declared types are often wrong."""
    declared = attachment.content_type.lower()
    ending = attachment.name.lower().rpartition(".")[2]
    if b"%PDF-" in attachment.content[:1024]:
        return "pdf"
    if attachment.content.startswith(b"PK") and (ending in {"docx", "docm"} or declared == _WORD_TYPE):
        return "docx"
    if declared.startswith("image/"):
        return "picture"
    by_name = {"pdf": "pdf", "docx": "docx", "htm": "html", "html": "html", "eml": "mail"}
    by_type = {"application/pdf": "pdf", _WORD_TYPE: "docx", "text/html": "html", "message/rfc822": "mail"}
    if found := by_type.get(declared) or by_name.get(ending):
        return found
    return "text" if declared in {"text/plain", "text/csv"} or ending in _TEXT_ENDINGS else ""


def _bounded(text: str, problem: str) -> Extracted:
    text = clean(text).strip("\n")
    if problem:
        return Extracted(problem=problem)
    if not text.strip():
        return Extracted(problem="it holds no text")
    return Extracted(text=text) if len(text) <= TEXT_LIMIT else Extracted(problem=_TOO_LONG)


def _without_mark(content: bytes) -> bytes:
    """Bring UTF-16 and UTF-8 with a byte-order mark, as Windows Notepad saves them, to plain UTF-8."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content.removeprefix(b"\xef\xbb\xbf")


def _mostly_text(text: str) -> bool:
    return sum(char < " " and char not in "\n\r\t\f" for char in text) * 50 < len(text)


def _mail(content: bytes, nesting: int) -> Extracted:
    if nesting >= MAX_NESTING:
        return Extracted(problem="mails are attached to one another too deeply")
    message = parse(content)
    if len(message.attachments) > MAX_INNER_FILES:
        return Extracted(problem="it is a mail that has many attachments itself")
    message = with_texts(message, lambda attachment: _extract(attachment, nesting + 1))
    if message.problems:
        return Extracted(problem="; ".join(message.problems))
    text = message.text_of(Origin.BODY, Origin.FORWARDED, Origin.ATTACHMENT)
    return _bounded(f"{message.subject}\n\n{text}" if text.strip() else "", "")


# ── the parent's side of the child process ───────────────────────────────────────────────────────
def _in_child(kind: str, content: bytes) -> Extracted:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", __spec__.name, kind],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8"},  # the daemon's environment may hold secrets: a hostile file gets none
            timeout=WALL_SECONDS,
            check=False,
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return Extracted(problem="reading it took too long")
    except OSError as fault:
        return Extracted(problem=f"its reader could not be started ({fault.strerror})")
    except ValueError:
        return Extracted(problem="the file made its reader give up; it may be damaged or harmful")
    return _bounded(str(answer["text"]), str(answer["problem"]))


# ── the child's side ─────────────────────────────────────────────────────────────────────────────
def _pdf_text(content: bytes) -> str:
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise ValueError("the PDF is locked with a password")
    if len(reader.pages) > PAGE_LIMIT:
        raise ValueError("the PDF has too many pages to be read automatically")
    pages: list[str] = []
    for number, page in enumerate(reader.pages, 1):
        text = page.extract_text()
        if not text.strip() and page.get("/Resources", {}).get_object().get("/XObject"):
            raise ValueError(f"page {number} is a picture without text, as scanners make them")
        pages.append(text)
        if sum(map(len, pages)) > TEXT_LIMIT:
            raise ValueError(_TOO_LONG)
    return "\n\n".join(pages)


def _docx_text(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        if sum(entry.file_size for entry in package.infolist()) > UNPACKED_LIMIT:
            raise ValueError("the file unpacks to an absurd size")
    document = docx.Document(io.BytesIO(content))
    return "\n".join(_blocks(document))


def _blocks(document: Document) -> Iterator[str]:
    counts: Counter[tuple[str, str]] = Counter()
    for block in document.iter_inner_content():
        if isinstance(block, Paragraph):
            yield _number(document, block, counts) + block.text
        elif isinstance(block, Table):
            for row in block.rows:
                yield "\t".join(dict.fromkeys(cell.text for cell in row.cells))


def _number(document: Document, paragraph: Paragraph, counts: Counter[tuple[str, str]]) -> str:
    """Return an automatic list number as Word shows it: without it the asks of a list could not be told apart."""
    found = paragraph._p.xpath("./w:pPr/w:numPr") or (
        paragraph.style.element.xpath("./w:pPr/w:numPr") if paragraph.style is not None else []
    )
    if not found or not paragraph.text.strip():
        return ""
    list_id = next(iter(found[0].xpath("./w:numId/@w:val")), "")
    level = next(iter(found[0].xpath("./w:ilvl/@w:val")), "0")
    counts[list_id, level] += 1
    for deeper in [key for key in counts if key[0] == list_id and key[1] > level]:
        del counts[deeper]
    shape = _number_format(document, list_id, level)
    count = counts[list_id, level]
    if shape == "lowerLetter" and count <= 26:
        return f"{chr(96 + count)}) "
    return f"{count}. " if shape == "decimal" else "• "


def _number_format(document: Document, list_id: str, level: str) -> str:
    if not (list_id.isdigit() and level.isdigit()):
        return ""
    numbering = document.part.numbering_part.element
    abstract = next(iter(numbering.xpath(f'./w:num[@w:numId="{list_id}"]/w:abstractNumId/@w:val')), "")
    if not abstract.isdigit():
        return ""
    path = f'./w:abstractNum[@w:abstractNumId="{abstract}"]/w:lvl[@w:ilvl="{level}"]/w:numFmt'
    return next((str(node.get(qn("w:val"))) for node in numbering.xpath(path)), "")


_READERS: dict[str, Callable[[bytes], str]] = {"pdf": _pdf_text, "docx": _docx_text}
_DAMAGED = (*MALFORMED, PyPdfError, OpcError, zipfile.BadZipFile, ParseError, SyntaxError, EOFError, OSError)


def _read_bounded(kind: str, content: bytes) -> dict[str, str]:
    try:
        return {"text": _READERS[kind](content)[: TEXT_LIMIT + 1], "problem": ""}
    except MemoryError:
        return {"text": "", "problem": "reading it takes too much memory"}
    except ValueError as fault:
        return {"text": "", "problem": re.sub(r"\s+", " ", str(fault))[:200] or "the file is damaged"}
    except _DAMAGED as fault:
        return {"text": "", "problem": f"the file is damaged ({type(fault).__name__})"}


def main() -> None:
    """Read one file of the kind in argv from standard input, within bounds, and write JSON: text and problem."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    json.dump(_read_bounded(sys.argv[1], sys.stdin.buffer.read()), sys.stdout)


if __name__ == "__main__":
    main()
