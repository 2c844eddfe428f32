"""Every reference of ours in a request, by the council's named patterns, with where each stands."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReferencePattern:
    """A named pattern of this council's references; `regex` matches one reference, case-insensitively."""

    name: str
    regex: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference found: `value` as written, `pattern` its name, `place` subject|body|attachment name, span in it."""

    value: str
    pattern: str
    place: str
    start: int
    end: int
