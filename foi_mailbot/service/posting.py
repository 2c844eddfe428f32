"""A letter becomes the outbox row that will leave: rendered to bytes once, under a Message-ID that never changes."""

from __future__ import annotations

from datetime import datetime

from foi_mailbot.core.case import State
from foi_mailbot.core.outgoing import compose
from foi_mailbot.ports import ACKNOWLEDGEMENT, LETTER, CaseRow, LetterRow, OutboxRow
from foi_mailbot.service.assess import Council


def outbox_row(case: CaseRow, letter: LetterRow, council: Council, at: datetime, purpose: str = LETTER) -> OutboxRow:
    """Return the row, ready to send. Raises Parked (from compose) if an address cannot stand in a header."""
    sending = council.sending
    domain = sending.address.rpartition("@")[2]
    part = "ack" if purpose == ACKNOWLEDGEMENT else str(letter.version)
    message_id = f"<{case.id}.{part}.{letter.content_sha256[:24]}@{domain}>"
    content = compose(
        letter,
        message_id=message_id,
        sender_address=sending.address,
        sender_name=sending.name,
        date=at,
        automatic=purpose == ACKNOWLEDGEMENT,
    )
    return OutboxRow(
        case_id=case.id,
        purpose=purpose,
        mailbox=case.mailbox,
        message_id=message_id,
        sender=sending.address,
        recipient=letter.recipient,
        content=content,
        content_sha256=letter.content_sha256,
        state=State.APPROVED,
    )
