"""Real mail servers, started privately on free loopback ports for one test run, and ended with it."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

PACKAGES = "apt-get install --yes --no-install-recommends dovecot-imapd postfix"


class ServersMissing(Exception):
    """The server programs are not installed, or the private instance did not come up."""


def program(name: str) -> str:
    """Return the program's path, Debian's sbin included; raises ServersMissing with the line that installs it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/lib/postfix/sbin:/usr/lib/dovecot")
    if found is None:
        raise ServersMissing(f"{name} is not installed; these tests need it: {PACKAGES}")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, log: Path, seconds: float = 20) -> None:
    """Wait until something listens there; raises ServersMissing with the end of the server's log."""

    def listens() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    wait_until(listens, f"port {port} to open", seconds, log)


def wait_until(true: Callable[[], bool], what: str, seconds: float = 20, log: Path | None = None) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-2000:] if log and log.exists() else ""
            raise ServersMissing(f"waited {seconds} s for {what}\n{tail}")
        time.sleep(0.02)
