"""The kind a mail was told for, with the words that counted and what an officer reads about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from foi_mailbot.core.kinds import TABLE, Kind
from foi_mailbot.core.wording import ENOUGH


@dataclass(frozen=True, slots=True)
class Sign:
    """Words that counted towards a kind: `text[start:end]` of the request; `rule` is an id of config/kinds.toml."""

    start: int
    end: int
    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class Told:
    """The kind of a mail. With `also` set both kinds fit: a person decides, and nothing is answered by itself."""

    kind: Kind
    rule: str = ""  # the weightiest rule, "" where nothing spoke against a request
    because: str = ""  # completes "because": "it asks …"
    also: Kind | None = None
    signs: tuple[Sign, ...] = ()
    points: int = 0  # what spoke for `kind` in all
    anew: bool = False  # whether it calls itself a new request

    @property
    def why(self) -> str:
        """Say for an officer what this is, why it is taken for that, and what else it may be."""
        says = TABLE[self.kind].says
        if self.also is not None:
            either = [TABLE[kind].says for kind in self.kinds if kind is not Kind.REQUEST]
            both = f"{_named(self.kind)} and {_named(self.also)}"
            says = " ".join([f"This fits two kinds of mail, {both}: a person decides.", *either])
        return f"{says} Why: {self.because}." if self.because else says

    def in_thread(self) -> Told:
        """Return it as told of mail that stands in a case's thread: a request follows up, unless it says it is new."""
        if self.kind is not Kind.REQUEST:
            return self
        if self.anew:
            return replace(self, also=Kind.FOLLOW_UP)
        also = Kind.REQUEST if self.points >= ENOUGH - 1 else None
        because = f"it belongs to that case, and {self.because}" if also else "it belongs to that case"
        return replace(self, kind=Kind.FOLLOW_UP, rule="in-thread", because=because, also=also)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Return the one kind, or both that fit."""
        return (self.kind,) if self.also is None else (self.kind, self.also)


NEW_REQUEST = Told(Kind.REQUEST)
"""A request against which nothing speaks."""


def _named(kind: Kind) -> str:
    return kind.value.replace("_", " ")
