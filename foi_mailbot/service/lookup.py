"""Finds the one case an officer means by an id or a reference, and everything there is to know about it."""

from __future__ import annotations

from dataclasses import dataclass

from foi_mailbot.errors import Parked
from foi_mailbot.ports import ACKNOWLEDGEMENT, CaseRow, LetterRow, OutboxRow, Transaction


@dataclass(frozen=True, slots=True)
class Dossier:
    """A case with its current letter and what became of all that was sent for it."""

    case: CaseRow
    letter: LetterRow | None
    outbox: OutboxRow | None
    acknowledgement: OutboxRow | None


def find_case(tx: Transaction, key: str) -> CaseRow:
    """Return the case of that id or reference.

    Raises Parked if there is none, or if mail that joined a case shares its reference: nobody should hold or approve
    another case than the one they mean.
    """
    case = tx.cases.get(key)
    if case is None:
        raise Parked(f"There is no case {key}. `foi-mailbot queue --all` lists every case.")
    same = tx.cases.find(reference=key) if case.id != key else []
    if len(same) > 1:
        lines = "\n".join(f"  {c.id}  {_words(c.kind)}, {_words(c.state)}, received {c.received_on}" for c in same)
        raise Parked(f"{len(same)} cases have the reference {key}. Say which one by its own id:\n{lines}")
    return case


def dossier(tx: Transaction, key: str) -> Dossier:
    """Return everything about the case of that id or reference. Raises Parked as `find_case` does."""
    case = find_case(tx, key)
    return Dossier(case, tx.letters.current(case.id), tx.outbox.get(case.id), tx.outbox.get(case.id, ACKNOWLEDGEMENT))


def _words(value: str) -> str:
    return value.replace("_", " ")
