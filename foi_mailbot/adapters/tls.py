"""How a mail connection is protected: the certificate is always checked, and plain text never leaves this machine."""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path
from typing import Literal

from foi_mailbot.errors import Fatal

TlsMode = Literal["implicit", "starttls", "none"]


def client_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that checks certificate and host name, trusting `ca_file` alone, else the system.

    Raises Fatal if `ca_file` cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as exc:
        raise Fatal(f"The file of trusted certificates {ca_file} cannot be read: {exc}.") from exc
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def is_loopback(host: str) -> bool:
    """Say whether that host is this machine by its name or number alone; DNS is not asked, it can lie."""
    if host.lower() in {"localhost", "localhost."}:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refuse_plain_text(host: str, tls: TlsMode) -> None:
    """Raise Fatal if letters or a password would cross a network unprotected."""
    if tls == "none" and not is_loopback(host):
        raise Fatal(f'tls = "none" is allowed only on this machine (127.0.0.1), not for {host}. Use "implicit".')


def tls_failure(exc: ssl.SSLError, host: str, port: int) -> Fatal | None:
    """Return the operator's sentence if only a person can mend this TLS failure, else None (a lost connection)."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return Fatal(
            f"The certificate of {host}:{port} was not accepted: {exc.verify_message or exc.reason}. "
            "If the server uses the council's own certificate authority, name its file in ca_file; "
            "if the host name does not match, write the name that stands in the certificate."
        )
    if exc.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}:
        return Fatal(f'{host}:{port} does not speak TLS from the start. Use tls = "starttls", or the right port.')
    return None
