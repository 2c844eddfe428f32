"""Tells systemd that the service is ready, alive and stopping (sd_notify(3)); silent where there is no systemd."""

from __future__ import annotations

import contextlib
import os
import socket


def notify(state: str) -> None:
    """Send a state such as "READY=1" to the service manager, if one listens; a deaf one is no reason to stop."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel,
    ):
        channel.connect(address)
        channel.sendall(state.encode())


def watchdog_seconds() -> float | None:
    """Return how often systemd wants to hear WATCHDOG=1 at the least, or None."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1_000_000 if microseconds.isdigit() and int(microseconds) else None
