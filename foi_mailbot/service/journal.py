"""One step: a durable transaction whose sealed audit entries are written to the JSON log once it is committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from foi_mailbot.core.audit import Entry, Event, Value
from foi_mailbot.ports import Clock, Store, Transaction

Announce = Callable[[Entry], None]
"""Writes one sealed entry to the structured log."""


@dataclass(slots=True)
class Step:
    """A transaction in hand and the audit entries sealed in it so far."""

    tx: Transaction
    clock: Clock
    sealed: list[Entry] = field(default_factory=list)

    def record(self, name: str, *, case: str = "", actor: str = "system", **details: Value) -> None:
        """Seal an event in this transaction. Details carry ids, codes and hashes, never personal data."""
        self.sealed.append(self.tx.audit.append(Event(name, case, actor, _without_blanks(details)), self.clock()))


@dataclass(frozen=True, slots=True)
class Journal:
    """Opens steps on a store. Nothing reaches the log unless its transaction was committed."""

    store: Store
    clock: Clock
    announce: Announce

    @contextmanager
    def step(self) -> Iterator[Step]:
        """Yield a step; commit on a clean exit, then announce what was sealed. Raises what the store raises."""
        with self.store.transaction() as tx:
            step = Step(tx, self.clock)
            yield step
        for entry in step.sealed:
            self.announce(entry)


def _without_blanks(details: Mapping[str, Value]) -> dict[str, Value]:
    return {key: value for key, value in details.items() if value not in ("", None, [])}
