"""The text of a mail is cut into passages: what is new, forwarded, quoted, signature or footer; when in doubt, new."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailparser_reply.parser import EmailMessage


class Origin(StrEnum):
    """Where a passage of text came from."""

    SUBJECT = "subject"
    BODY = "body"  # newly written by the sender
    FORWARDED = "forwarded"  # a forwarded or attached mail: may be the request itself
    ATTACHMENT = "attachment"  # text of a PDF, DOCX or plain-text file
    QUOTED = "quoted"  # earlier mail quoted below a reply: never request text
    SIGNATURE = "signature"
    FOOTER = "footer"  # WhatDoTheyKnow's and list software's boilerplate


@dataclass(frozen=True, slots=True)
class Passage:
    """One stretch of text with its origin; `name` is the attachment's file name where there is one."""

    origin: Origin
    text: str
    name: str = ""


MAX_DEPTH = 20  # forwards within forwards
_FEW_WORDS = 40

_FORWARD_SUBJECT = re.compile(r"^\s*(?:\[[^\]]{0,40}\]\s*)?(?:fwd?|ymlaen|anfon ymlaen)\s*:", re.IGNORECASE)
_REPLY_SUBJECT = re.compile(r"^\s*(?:\[[^\]]{0,40}\]\s*)?(?:re|atb|ateb)\s*:", re.IGNORECASE)
_FORWARD_MARK = re.compile(
    r"^\s*(?:-{2,}\s*forwarded message\s*-*|begin forwarded message:?"
    r"|-{2,}\s*neges (?:wedi'i hanfon ymlaen|ymlaen)\s*-*)\s*$",
    re.IGNORECASE,
)
_ORIGINAL_MARK = re.compile(r"^\s*-{2,}\s*(?:original message|neges wreiddiol)\s*-{2,}\s*$", re.IGNORECASE)
_LABEL = re.compile(
    r"^[\s>*]*\b(from|sent|date|to|cc|subject|importance|attachments|reply-to"
    r"|oddi wrth|anfonwyd|dyddiad|at|pwnc)\s*:[\s*]*(.*)$",
    re.IGNORECASE,
)
_ENGLISH = {"oddi wrth": "from", "anfonwyd": "sent", "dyddiad": "date", "at": "to", "pwnc": "subject"}
_WROTE = re.compile(r"^\s*(?:on|ar)\b.{6,400}\b(?:wrote|ysgrifennodd)\b.{0,120}:\s*$", re.IGNORECASE | re.DOTALL)
_CLIENT_MADE = re.compile(r"\b(?:19|20)\d\d\b.*(?:\b\d{1,2}[:.]\d\d\b|<[^<>\s]+@[^<>\s]+>)", re.DOTALL)

_CLOSING = re.compile(
    r"^\s*(?:(?:with |many )?(?:kind(?:est)?|best|warm(?:est)?) (?:regards|wishes)|regards"
    r"|yours (?:faithfully|sincerely|truly)"
    r"|many thanks|thanks|thank you|cheers|cofion(?: gorau| cynnes)?|yn gywir|yn ddiffuant|diolch(?: yn fawr)?)"
    r"(?: in advance)?\s*[,.!-]*\s*(?:[A-Z][\w'’-]*\.?\s*){0,4}$",
    re.IGNORECASE,
)
_DELIMITER = re.compile(r"^-- ?$")
_DEVICE = re.compile(
    r"^\s*(?:sent from (?:my|outlook|mail|yahoo|the)\b|get outlook for\b|anfonwyd o fy\b)", re.IGNORECASE
)
_LINK = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_ASKING = re.compile(
    r"^\s*(?:(?:q(?:uestion)?\s*)?\(?\d{1,2}[.):]\s*\S|\(?(?:[a-z]|[ivx]{2,4})\)\s*\S|[•●▪*·-]\s+\S)"
    r"|\?|\bp\.?\s?p?\.?s\b[.: ]|\b(?:please|kindly) (?!notify|delete|consider|do not|don't|note|visit|find us)"
    r"|\b(?:how (?:many|much)|i (?:would|also|request|wish)"
    r"|could you|can you|a copy of|copies of|provide|supply|also)\b"
    r"|\bgwybodaeth\b|\bfaint\b|\bsawl\b",
    re.IGNORECASE | re.MULTILINE,
)
_DISCLAIMER = re.compile(
    r"^\s*(?:[*_\[]+\s*)?(?:this (?:e-?mail|message|communication)\b.{0,60}"
    r"\b(?:and any|is|may|are|contains?|has been|was)\b"
    r"|the (?:information|contents?) (?:contained )?(?:in|of) this (?:e-?mail|message)"
    r"|(?:caution|warning)\s*:\s*(?:this|external)|external e-?mail\b|confidentiality notice|to unsubscribe\b"
    r"|please consider the environment before printing)",
    re.IGNORECASE,
)
_WDTK = re.compile(
    r"please use this email address for all replies to this request"
    r"|the wrong address for (?:freedom of information|environmental information) requests"
    r"|disclaimer: this message and any reply that you make will be published on the internet"
    r"|for more detailed guidance on safely disclosing information"
    r"|if you find this service useful as an foi officer"
    r"|please note that in some cases publication of requests and responses will be delayed"
    r"|whatdotheyknow\.com/(?:change_request|help)/",
    re.IGNORECASE,
)
_RULE_LINE = re.compile(r"^\s*-{30,}\s*$")


def is_forward(subject: str) -> bool:
    """Say whether the subject marks a forwarded mail (Fw, Fwd, Welsh Ymlaen)."""
    return bool(_FORWARD_SUBJECT.match(subject))


def cut(text: str, subject: str, depth: int = 0) -> list[Passage]:
    """Cut one text part into passages in reading order; `subject` tells a forward from a reply."""
    lines = text.split("\n")
    passages: list[Passage] = []
    own: list[str] = []
    i = 0
    while i < len(lines):
        if _FORWARD_MARK.match(lines[i]) and depth < MAX_DEPTH:
            return passages + _own(own) + _forwarded(lines[i:], 1, depth)
        history = _header_block(lines, i)
        if history:
            return passages + _own(own) + _history(lines[i:], history, own, subject, depth)
        quoted = _quoted_run(lines, i)
        origin = _origin_of_quote(lines[i], passages[:20], own[:100], subject) if quoted else Origin.BODY
        if origin is Origin.BODY:
            own += lines[i : i + max(quoted, 1)]
        else:
            passages += _own(own) + _passage(origin, lines[i : i + quoted])
            own = []
        i += max(quoted, 1)
    return passages + _own(own)


def _origin_of_quote(first: str, before: Sequence[Passage], own: Sequence[str], subject: str) -> Origin:
    """Tell quoted history from marked lines that a person wrote, and from a mail forwarded by a telephone."""
    written = [*own, *(p.text for p in before if p.origin is Origin.BODY)]
    if is_forward(subject) and sum(len(text.split()) for text in written) < _FEW_WORDS:
        return Origin.FORWARDED
    introduced = not first.startswith(">") or any(p.origin is Origin.QUOTED for p in before)
    return Origin.QUOTED if introduced or _REPLY_SUBJECT.match(subject) else Origin.BODY


def _forwarded(lines: list[str], start: int, depth: int) -> list[Passage]:
    """Read what follows a forwarding mark: its header block is history, the rest the forwarded mail's own text."""
    rest = lines[start:]
    if all(line.startswith(">") for line in rest if line.strip()):
        rest = [re.sub(r"^> ?", "", line) for line in rest]
    lead = next((n for n, line in enumerate(rest) if line.strip()), 0)
    length = _labels_end(rest, lead)
    block, body = rest[: lead + length], "\n".join(rest[lead + length :])
    subject = next((m[2] for m in map(_LABEL.match, block) if m and _label(m) == "subject"), "")
    inner = cut(body, subject, depth + 1)
    turned = [Passage(Origin.FORWARDED, p.text) if p.origin is Origin.BODY else p for p in inner]
    if subject.strip():
        turned.insert(0, Passage(Origin.FORWARDED, subject.strip()))
    return _passage(Origin.QUOTED, lines[:start] + block) + turned


def _history(lines: list[str], mark: int, own: list[str], subject: str, depth: int) -> list[Passage]:
    """Decide whether a header block opens a forwarded mail or the history below a reply."""
    few = len(" ".join(own).split()) < _FEW_WORDS and not _ASKING.search(_LINK.sub("", "\n".join(own)))
    forward = is_forward(subject) or (few and not _REPLY_SUBJECT.match(subject))
    if forward and depth < MAX_DEPTH:
        return _forwarded(lines, mark - 1, depth)
    return _passage(Origin.QUOTED, lines)


def _header_block(lines: Sequence[str], i: int) -> int:
    """Return 0 if no header block starts here, else 1 + the number of marker lines above its labels."""
    line = lines[i]
    marks = 0
    if _ORIGINAL_MARK.match(line) or re.match(r"^\s*_{20,}\s*$", line):
        marks = 1
        while i + marks < len(lines) and marks < 3 and not lines[i + marks].strip():
            marks += 1
    if i + marks >= len(lines) or lines[i + marks].lstrip().startswith(">"):
        return 0
    if _labels_end(lines, i + marks):
        return 1 + marks
    return 1 + marks if _ORIGINAL_MARK.match(line) else 0


def _label(match: re.Match[str]) -> str:
    found = match[1].lower()
    return _ENGLISH.get(found, found)


def _labels_end(lines: Sequence[str], i: int) -> int:
    """Return how many lines the From/Sent/To/Subject block at `i` takes, 0 if there is none."""
    first = _LABEL.match(lines[i]) if i < len(lines) else None
    if not first or _label(first) != "from":
        return 0
    seen: set[str] = set()
    last = i
    for n in range(i, min(i + 20, len(lines))):
        match = _LABEL.match(lines[n])
        if match and _label(match) not in seen:
            seen.add(_label(match))
            last = n
        elif n - last > 2:
            break
    complete = bool(seen & {"sent", "date"}) and bool(seen & {"to", "subject"})
    return last - i + 1 if complete else 0


def _quoted_run(lines: Sequence[str], i: int) -> int:
    """Return how many lines from `i` are quoted history (an "On … wrote:" line and what it introduces)."""
    if lines[i].startswith(">"):
        end = i
        while end < len(lines) and (lines[end].startswith(">") or _blank_between_quotes(lines, end)):
            end += 1
        return end - i
    if not re.match(r"^\s*(?:on|ar)\b", lines[i], re.IGNORECASE):
        return 0
    for taken in range(1, 5):
        intro = "\n".join(line[:300] for line in lines[i : i + taken])
        if not _WROTE.match(intro):
            continue
        following = next((n for n in range(i + taken, len(lines)) if lines[n].strip()), None)
        if following is not None and lines[following].startswith(">"):
            return following - i + _quoted_run(lines, following)
        return len(lines) - i if _CLIENT_MADE.search(intro) else 0
    return 0


def _blank_between_quotes(lines: Sequence[str], i: int) -> bool:
    return not lines[i].strip() and i + 1 < len(lines) and lines[i + 1].startswith(">")


def _passage(origin: Origin, lines: Sequence[str]) -> list[Passage]:
    text = "\n".join(lines).strip("\n")
    return [Passage(origin, text)] if text.strip() else []


# ── the sender's own text: footer, disclaimer, signature ─────────────────────────────────────────
def _own(lines: Sequence[str]) -> list[Passage]:
    passages: list[Passage] = []
    done = 0
    for start, end in _footers(lines):
        passages += _written(lines[done:start]) + _passage(Origin.FOOTER, lines[start:end])
        done = end
    return passages + _written(lines[done:])


def _written(lines: Sequence[str]) -> list[Passage]:
    at = _signature_start(lines)
    return _passage(Origin.BODY, lines[:at]) + _passage(Origin.SIGNATURE, lines[at:])


def _footers(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the [start, end) of each footer, in order and without overlap."""
    done = 0
    for n, line in enumerate(lines):
        if n < done:
            continue
        if _WDTK.search(line[:1000]):
            start, end = _platform_footer(lines, n, done)
        elif _DISCLAIMER.match(line[:300]):
            start, end = n, _disclaimer_end(lines, n)
        else:
            continue
        if end > start:
            yield start, end
            done = end


def _platform_footer(lines: Sequence[str], first: int, floor: int) -> tuple[int, int]:
    """Find WhatDoTheyKnow's footer: from the ruled line above its first phrase to the ruled line below its last."""
    last = first
    for n in range(first, len(lines)):
        if n - last > 8:
            break
        if _WDTK.search(lines[n][:1000]):
            last = n
    start = next((n for n in range(first - 1, max(first - 4, floor - 1), -1) if _RULE_LINE.match(lines[n])), first)
    end = last + 1
    while end < len(lines) and lines[end].strip() and not _RULE_LINE.match(lines[end]):
        end += 1
    rule = next((n for n in range(end, min(end + 3, len(lines))) if lines[n].strip()), end)
    return start, rule + 1 if rule < len(lines) and _RULE_LINE.match(lines[rule]) else end


def _disclaimer_end(lines: Sequence[str], n: int) -> int:
    """Return the end of the disclaimer paragraph at `n`; `n` itself if it may hold request text."""
    if n and lines[n - 1].strip() and not _RULE_LINE.match(lines[n - 1]):
        return n
    end = n
    while end < min(n + 13, len(lines)) and lines[end].strip():
        end += 1
    paragraph = _LINK.sub("", "\n".join(lines[n:end]))
    return n if end - n > 12 or re.search(r"^\s*\(?\w{1,2}[.)]\s|\?", paragraph, re.MULTILINE) else end


def _signature_start(lines: Sequence[str]) -> int:
    """Return the line at which the signature starts, len(lines) if there is none that surely is one."""
    tail = max(0, len(lines) - 40)
    for n in range(tail, len(lines)):
        if _DELIMITER.match(lines[n]) and _surely_signature(lines[n + 1 :], most=25):
            return n
    for n in range(max(tail, 1), len(lines)):
        if _CLOSING.match(lines[n][:120]) and _surely_signature(lines[n + 1 :], most=12):
            return n
        if _DEVICE.match(lines[n][:120]) and _surely_signature(lines[n + 1 :], most=2):
            return n
    return _library_signature(lines, tail)


def _surely_signature(lines: Sequence[str], *, most: int) -> bool:
    written = [line for line in lines if line.strip()]
    if len(written) > most or any(len(line) > 160 for line in written):
        return False
    return not _ASKING.search(_LINK.sub("", "\n".join(lines)))


def _library_signature(lines: Sequence[str], tail: int) -> int:
    """Ask mail-parser-reply, on a short tail only: its expressions take cubic time on long lines."""
    end = len(lines)
    while end > tail and not lines[end - 1].strip():
        end -= 1
    if end - tail < 2 or any(len(line) > 160 for line in lines[tail:end]):
        return len(lines)
    message = EmailMessage(text="\n".join(lines[tail:end]), languages=["en"], keep_hyphen_lists=True).read()
    signature = message.replies[-1].signatures or ""
    start = end - len(signature.split("\n")) if signature else end
    if start > tail and start < end and _surely_signature(lines[start + 1 : end], most=12):
        return start
    return len(lines)
