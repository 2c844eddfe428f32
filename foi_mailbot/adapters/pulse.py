"""Signs of life of the work in hand, so that the watchdog is fed for progress and not for a loop that merely turns."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_JOB: ContextVar[str] = ContextVar("foi_mailbot_job", default="")


class Pulse:
    """Which jobs run, and when each last got on. A thread started with asyncio.to_thread belongs to its job."""

    def __init__(self) -> None:
        """Start with nothing running."""
        self._last: dict[str, float] = {}

    @contextmanager
    def running(self, job: str) -> Iterator[None]:
        """Watch a job from here on until it ends."""
        token = _JOB.set(job)
        self._last[job] = time.monotonic()
        try:
            yield
        finally:
            del self._last[job]
            _JOB.reset(token)

    def beat(self) -> None:
        """Say that the job in hand got on; without a job, nothing."""
        if (job := _JOB.get()) in self._last:
            self._last[job] = time.monotonic()

    def stuck(self, seconds: float) -> list[str]:
        """Return the jobs that have run for so many seconds without a sign of life."""
        before = time.monotonic() - seconds
        return sorted(job for job, last in list(self._last.items()) if last < before)
