"""An EIR letter waits until somebody finds the other body's postal address; then it is drafted anew and leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.council import council, mail
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix

pytestmark = pytest.mark.servers

DRAINS = "1. How many highway drains in Mill Lane were cleared?\n2. How many reports of flooding of the road came?"


def test_an_eir_letter_is_blocked_without_the_postal_address_and_leaves_once_it_was_added(
    dovecot: Dovecot, postfix: Postfix, tmp_path: Path
) -> None:
    overlay = tmp_path / "etc"
    office = council(
        tmp_path / "office",
        imap_port=dovecot.port,
        smtp_port=postfix.port,
        password=dovecot.password(),
        imap_user=dovecot.user,
        rules=(overlay,),
    )
    dovecot.append(mail(DRAINS, subject="Drains FI14329"))
    office.call("run", "--once")
    refused = office.call("approve", "FI14329", "--actor", "officer", code=1)
    assert "postal address of Kent County Council is missing" in " ".join(refused.split())

    said = ("--by", "B. Officer", "--how", "phone", "--post", "County Hall, Testtown")
    office.call("contacts", "verify", "KEN", *said)
    office.call("redraft", "FI14329", "--actor", "officer")
    office.call("approve", "FI14329", "--actor", "officer")
    assert office.call("run", "--once").startswith("0 read, 1 sent")
    (letter,) = postfix.wait_for(1)
    assert b"12(4)(a)" in letter
    assert b"County Hall" in letter
