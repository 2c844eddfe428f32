"""What `foi-mailbot check` tells of a mail server: each step of reaching it, passed or failed, in plain words."""

from __future__ import annotations

import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProbeStep:
    """One step of reaching a server; `detail` is a sentence for the operator. Steps after a failed one are absent."""

    name: str  # "DNS", "TCP", "TLS", "login", "folder INBOX" …
    ok: bool
    detail: str


def reach(host: str, port: int, timeout: float) -> list[ProbeStep]:
    """Resolve the host and open (and close) a TCP connection: one or two steps. `timeout` is in seconds. Blocks."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        return [ProbeStep("DNS", ok=False, detail=f"The name {host} has no address: {exc.strerror or exc}.")]
    addresses = ", ".join(dict.fromkeys(str(info[4][0]) for info in found))
    steps = [ProbeStep("DNS", ok=True, detail=f"{host} is {addresses}.")]
    try:
        socket.create_connection((host, port), timeout=timeout).close()
    except OSError as exc:
        problem = f"Nothing answered on {host} port {port}: {exc.strerror or exc}. Check port and firewall."
        return [*steps, ProbeStep("TCP", ok=False, detail=problem)]
    return [*steps, ProbeStep("TCP", ok=True, detail=f"Port {port} is open.")]
