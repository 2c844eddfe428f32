"""One daemon a state directory: an flock(2) that the kernel drops with the process, so a kill leaves nothing stale."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foi_mailbot.errors import Fatal


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file. Raises Fatal, naming the other process, if another daemon holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise Fatal(
                f"Another foi-mailbot (process {owner}) already runs on {path.parent}. "
                "Stop it first, or give this one its own state_dir."
            ) from fault
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
