"""The text of a request is split into its asks, their details and the preamble they share."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Ask:
    """One numbered question, `text[start:end]` of the request; `details` are spans of its own sub-items."""

    label: str  # "1", "2a", "" when the request is one ask
    start: int
    end: int
    text: str
    details: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """The asks of a text and the spans of context that belong to all of them."""

    asks: tuple[Ask, ...]
    preamble: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Marker:
    kind: str  # num, alpha, roman or bullet
    value: int
    label: str
    start: int
    end: int
    at_line: bool


_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}
_BULLET = re.compile(r"^[ \t]*(?P<mark>[•●▪◦‣·*–—-]|o(?=\s{2,}))[ \t]+(?=\S)", re.MULTILINE)
_INLINE_BULLET = re.compile(r"(?P<mark>[•●▪◦‣])[ \t]*(?=\S)|(?<=[:;.?!\n] )(?P<dash>[*–—-])[ \t]+(?=\S)")
_NUMBER = re.compile(
    r"(?P<lead>^[ \t>]*|(?<=[\s:;,.?!)(]))"
    r"(?:(?:question|request|part|item)[ \t]*(?P<n1>\d{1,2})[ \t]*[).:–-]?|q[ \t]?\.?(?P<n2>\d{1,2})[ \t]*[).:–-]?"
    r"|\((?P<n3>\d{1,2})\)"
    r"|(?P<n4>\d{1,2})[ \t]*(?:\.?\)|\.(?!\d)|,(?=[ \t]+[A-Z])|:(?!\d)|[ \t][–-](?=[ \t])))(?=\s|[A-Z(“\"])",
    re.IGNORECASE | re.MULTILINE,
)
_LETTER = re.compile(
    r"(?P<lead>^[ \t]*|(?<=[\s:;,.?!]))(?:\((?P<l1>[a-z]|[ivx]{1,4})\)|(?P<l2>[a-z]|[ivx]{1,4})(?P<dot>[).]))(?=\s)",
    re.IGNORECASE | re.MULTILINE,
)
_CLOSING = re.compile(
    r"^[ \t]*(?:yours (?:faithfully|sincerely|truly)|kind(?:est)? regards|many thanks|best wishes|with thanks|"
    r"(?:best |warm )?regards|thank you(?: very much| in advance| for your (?:help|time|assistance))?)\b[^\n]{0,60}$",
    re.IGNORECASE | re.MULTILINE,
)
_PLATFORM_FOOTER = re.compile(
    r"^(?:-{5,}\s+)?please use this email address for all replies to this request", re.IGNORECASE | re.MULTILINE
)  # WhatDoTheyKnow's; in mail it is set apart before, in a file of requests it is not
_OPENS = re.compile(r"[.?!:;)]\s+[A-Za-z]\.\s[A-Z]$")  # a letter that opens a sentence, behind the end of another
_ITEM = re.compile(r"\(?(?:\d{1,2}|[a-z])[.)]\s|[•●▪◦‣]")  # a list's item asks, whether or not its list makes a run
_CHUNK = re.compile(
    r"[;,][ \t\n]+(?:and[ \t\n]+)?(?=(?:the[ ])?(?:total[ ]|average[ ]|annual[ ])?"
    r"(?:numbers?|cost|amount|list|price|value|names?|copies|copy)[ ](?:of|paid)\b|how[ ](?:many|much|often|long)\b"
    r"(?![ ](?:of[ ](?:them|these|those)|were|was|are|is|did|do|has|have)\b))",
    re.IGNORECASE,
)
LEAST_CHUNKS = 2
"""So many further questions in one sentence, each opened anew, make it a list: one "and how many" goes on with it."""
MAX_MARKERS = 1000  # no request has so many questions; finding a run takes quadratic time
_SENTENCE_END = re.compile(
    r"(?<=[.?!])[\"”’')]*\s+(?=[A-Z0-9“\"'(])|\n\s*\n|\n(?=[ \t]*[•●▪◦*–-])"
    r"|\n(?=[ \t]*\(?(?:\d{1,2}|[a-z])[.)]\s)"
    r"|\n(?=(?:Please|How|What|Which|Could you|Can you|I would like|I request)\b)"
)
_ASKING = re.compile(
    r"\?|^\W*(?:(?:and|also|finally|firstly|secondly|additionally|in addition|if so|if not)\W+)*"
    r"(?:please\b|(?:how (?:many|much|often|long|is|are|do|does)|what|which|when|where|who|why)\b|"
    r"(?:can|could|would|will|may) (?:you|i)\b|provide\b|list\b|confirm\b|state\b|supply\b|copies of\b|"
    r"(?:(?:a|the|any|all) )?(?:[a-z]+ ){0,2}(?:copy|copies|list|number|numbers|total|breakdown|amount|cost|value|"
    r"tonnage|names?|dates?|details|figures|reports?|results?|percentage|proportion) (?:of|from|on|for)\b|"
    r"(?:a|the) (?:copy|copies|list|number|total|breakdown|amount|cost)\b|"
    r"(?:under|pursuant to)[^.]{0,80}\b(?:please|i (?:request|ask|would like|wish|want))\b|"
    r"i (?:would|'d|also|am|wish|want|request|ask|seek|require|hereby|write)\b)",
    re.IGNORECASE,
)
_NOT_AN_ASK = re.compile(
    r"^\W*(?:(?:(?:can|could|would|will) you )?(?:please )?(?:kindly )?(?:answer|provide|supply|send me|give me)"
    r"(?: me)?(?: with)?(?: (?:answers? to|information (?:on|about)))? (?:all )?(?:of )?the following"
    r"(?: \d+)?(?: (?:questions?|information|data|details|figures)\b[^?:]{0,90})?[.:]?$|"
    r"please (?:treat|acknowledge|note|let me know|do not|don[’']t|contact|reply|respond|quote|feel free|"
    r"send (?:it|your|the reply)|interpret|accept this|find)\b|i am (?:a|an|the)\b|"
    r"i (?:(?:am )?ask(?:ing)? (?:this |you )?because\b|look forward|would be grateful for (?:a|an|your))|"
    r"(?:if|should|where) (?:you|your|this|it|any|the|a|some|figures|there|possible)\b[^?]*$|"
    r"[^?]*\b(?:appropriate limit|cost limit|section 12|section 45 code|duty (?:under section 16 )?to "
    r"(?:advise|assist))\b[^?]*$|"
    r"i am (?:happy|content|not asking)\b|"
    r"please (?:send|answer|provide) (?:(?:this|these|it|the reply|your reply|them) )?(?:by|under|via|through) [^?]*$|"
    r"i would (?:prefer|like) (?:the|to receive|this)[^?]{0,40}\b(?:format|email|electronic)|"
    r"(?:under|pursuant to|in accordance with)[^?:]{0,120}\bplease (?:answer|respond|reply|help)\b[^?:]{0,40}$)",
    re.IGNORECASE,
)


@lru_cache(maxsize=4)
def split(text: str, start: int = 0) -> Split:
    """Split `text` into asks; everything before `start` (a subject line) is preamble whatever it says.

    The top level is the first kind of marker that forms a run; deeper markers become details. Without a run the
    asking sentences are the asks; without those the whole text is one ask labelled "".
    """
    end = _body_end(text, start)
    markers = _markers(text, start, end)
    top = _top_level(_of_one_list(markers)) if len(markers) <= MAX_MARKERS else []
    if top and not _within_a_sentence(text, top, start, end):
        asks = [_ask_at(text, here, nxt, end, markers) for here, nxt in zip(top, [*top[1:], None], strict=True)]
        return Split(tuple(asks), _spans(text, (0, start), (start, top[0].start)))
    return _by_sentences(text, start, end)


def _within_a_sentence(text: str, run: Sequence[_Marker], start: int, end: int) -> bool:
    """Say whether letters only part one of several asking sentences: "how many were (i) refused or (ii) granted"."""
    if run[0].kind not in ("alpha", "roman") or any(marker.at_line for marker in run):
        return False
    around = next(((a, b) for a, b in sentences(text, start, end) if a <= run[0].start < b), (start, end))
    others = [(a, b) for a, b in sentences(text, start, end) if (a, b) != around and is_asking(text[a:b])]
    return run[-1].start < around[1] and len(others) >= 2


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of the sentences of `text[start:end]`, without surrounding blanks."""
    gaps, stops = _gaps(text)
    cuts, at = [], start
    for left, right in gaps[bisect_right(stops, start) :]:
        if left >= end:
            break
        cuts.append((at, left))
        at = right
    return list(_spans(text, *cuts, (at, end)))


@lru_cache(maxsize=16)
def _gaps(text: str) -> tuple[list[tuple[int, int]], list[int]]:
    """Return where the sentences of a text part, and the ends of those gaps."""
    gaps = [m.span() for m in _SENTENCE_END.finditer(text)]
    return gaps, [right for _, right in gaps]


def is_asking(sentence: str) -> bool:
    """Say whether a sentence asks for something rather than explaining, greeting or stating conditions."""
    return bool(_ASKING.search(sentence)) and not _NOT_AN_ASK.search(sentence)


def _body_end(text: str, start: int) -> int:
    footer = _PLATFORM_FOOTER.search(text, start)
    end = footer.start() if footer else len(text)
    closings = [m.start() for m in _CLOSING.finditer(text, start, end)]
    # a closing formula high up is a greeting or a forwarded mail's; only one after real text ends the request
    late = [at for at in closings if at - start > 0.5 * (end - start)]
    return late[0] if late else end


def _spans(text: str, *spans: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    trimmed = []
    for start, end in spans:
        piece = text[start:end]
        left = start + len(piece) - len(piece.lstrip())
        right = start + len(piece.rstrip())
        if right > left:
            trimmed.append((left, right))
    return tuple(trimmed)


def _markers(text: str, start: int, end: int) -> list[_Marker]:
    found = [*_numbers(text, start, end), *_letters(text, start, end), *_bullets(text, start, end)]
    return sorted(found, key=lambda m: (m.start, m.end))


def _numbers(text: str, start: int, end: int) -> list[_Marker]:
    found = []
    for m in _NUMBER.finditer(text, start, end):
        digits = m["n1"] or m["n2"] or m["n3"] or m["n4"]
        found.append(_Marker("num", int(digits), digits, m.end("lead"), m.end(), _at_line(text, m.end("lead"), start)))
    return found


def _letters(text: str, start: int, end: int) -> list[_Marker]:
    found = []
    for m in _LETTER.finditer(text, start, end):
        letter = m["l1"] or m["l2"]
        at_line = _at_line(text, m.end("lead"), start)
        if m["dot"] == "." and not at_line and not _OPENS.search(text, max(0, m.end("lead") - 3), m.end() + 2):
            continue  # "e.g. a. b." inside a sentence, initials
        low = letter.lower()
        if low in _ROMAN:
            found.append(_Marker("roman", _ROMAN[low], letter, m.end("lead"), m.end(), at_line))
        if len(low) == 1:
            found.append(_Marker("alpha", ord(low) - 96, letter, m.end("lead"), m.end(), at_line))
    return found


def _bullets(text: str, start: int, end: int) -> list[_Marker]:
    lines = [_Marker("bullet", 0, "", m.start("mark"), m.end(), True) for m in _BULLET.finditer(text, start, end)]
    opening = {marker.start for marker in lines}
    inside = [m for m in _INLINE_BULLET.finditer(text, start, end) if m.start() not in opening]
    return [*lines, *(_Marker("bullet", 0, "", m.start(), m.end(), False) for m in inside)]


def _of_one_list(markers: Sequence[_Marker]) -> list[_Marker]:
    """Leave out bullets inside a line behind one that opens a line: the first may follow its introduction."""
    opening = next((m.start for m in markers if m.kind == "bullet" and m.at_line), None)
    return [m for m in markers if m.kind != "bullet" or m.at_line or opening is None or m.start < opening]


def _at_line(text: str, at: int, start: int) -> bool:
    return at <= start or not text[text.rfind("\n", 0, at) + 1 : at].strip()


def _top_level(markers: Sequence[_Marker]) -> list[_Marker]:
    runs = []
    for kind in ("num", "alpha", "roman"):
        own = [m for m in markers if m.kind == kind]
        run = _run([m for m in own if m.at_line]) or _run(own)
        if run:
            runs.append(run)
    bullets = [m for m in markers if m.kind == "bullet"]
    if len(bullets) >= 2:
        runs.append([_Marker("bullet", i, str(i), m.start, m.end, m.at_line) for i, m in enumerate(bullets, 1)])
    numbered = [run for run in runs if run[0].kind == "num"]
    if numbered and (len(numbered[0]) >= 3 or numbered[0][0].at_line):
        first_bullet = bullets[0].start if bullets else numbered[0][0].start
        # numbers that restart below each bullet are the bullets' details
        if first_bullet >= numbered[0][0].start or len(numbered[0]) >= 3:
            return numbered[0]
    return min(runs, key=lambda run: run[0].start) if runs else []


def _run(markers: Sequence[_Marker]) -> list[_Marker]:
    """Return the longest ascending run from 1 (gaps of one allowed: lists lose a number in editing)."""
    best: list[_Marker] = []
    for first in (i for i, m in enumerate(markers) if m.value == 1):
        run = [markers[first]]
        for marker in markers[first + 1 :]:
            step = marker.value - run[-1].value
            if step == 1 or (step == 2 and not _comes_later(markers, marker, marker.value - 1)):
                run.append(marker)
        if len(run) > len(best):
            best = run
    return best if len(best) >= 2 else []


def _comes_later(markers: Sequence[_Marker], after: _Marker, value: int) -> bool:
    return any(m.value == value and m.start > after.start for m in markers)


def _ask_at(text: str, here: _Marker, following: _Marker | None, end: int, markers: Sequence[_Marker]) -> Ask:
    stop = following.start if following else end
    ((left, right),) = _spans(text, (here.start, stop))
    within = [m for m in markers if here.end <= m.start and m.end <= right]
    opening = [replace(m, at_line=m.at_line or not text[here.end : m.start].strip()) for m in within]
    inner = [m for m in _of_one_list(opening) if m.kind != here.kind or m.at_line]
    return Ask(here.label, left, right, text[left:right], _details(text, inner, right))


def _details(text: str, markers: Sequence[_Marker], end: int) -> tuple[tuple[int, int], ...]:
    starts = [m for m in markers if m.at_line or m.kind == "bullet"]
    if len(starts) < 2:
        inline = [_run([m for m in markers if m.kind == kind]) for kind in ("alpha", "roman", "num")]
        starts = next((run for run in inline if run), starts)
    kept: list[_Marker] = []
    for marker in starts:
        if not kept or marker.start >= kept[-1].end:
            kept.append(marker)
    stops = [*(m.start for m in kept[1:]), end][: len(kept)]
    # a paragraph after the last item belongs to the ask again, not to that item
    cut = [_first_gap(text, m.start, stop) for m, stop in zip(kept, stops, strict=True)]
    return _spans(text, *((m.end, stop) for m, stop in zip(kept, cut, strict=True)))


def _first_gap(text: str, start: int, stop: int) -> int:
    gap = re.compile(r"\n[ \t]*\n").search(text, start, stop)
    return gap.start() if gap else stop


def _chunk_starts(text: str, start: int, end: int) -> list[int]:
    """Return where the questions of one sentence begin: "the number of A; the number of B, and how many C"."""
    chunks = [m.end() for m in _CHUNK.finditer(text, start, end)]
    return [start, *chunks] if len(chunks) >= LEAST_CHUNKS and not text.find(":", chunks[0], end) >= 0 else [start]


def _by_sentences(text: str, start: int, end: int) -> Split:
    parts = sentences(text, start, end)
    asking = [i for i, (a, b) in enumerate(parts) if is_asking(text[a:b]) or _ITEM.match(text, a, b)]
    if not asking:
        body = _spans(text, (start, end)) or _spans(text, (0, len(text)))
        asks = tuple(Ask("", a, b, text[a:b]) for a, b in body)
        return Split(asks, _spans(text, (0, start)) if start and body[:1] != ((0, len(text)),) else ())
    preamble = _spans(text, (0, start), (start, parts[asking[0]][0]))
    starts = [at for i in asking for at in _chunk_starts(text, *parts[i])]
    edges = [*starts, parts[-1][1]]
    labels = [str(n) for n in range(1, len(starts) + 1)] if len(starts) > 1 else [""]
    spans = list(pairwise(edges))
    asks = tuple(
        Ask(label, a, b, text[a:b])
        for label, (lo, hi) in zip(labels, spans, strict=True)
        for a, b in _spans(text, (lo, hi))
    )
    return Split(asks, preamble)
