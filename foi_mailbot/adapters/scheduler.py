"""APScheduler's timers: jobs are "wake up and look", never state; a job never overlaps itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler


class Timetable:
    """Runs coroutines at intervals, the first time at once."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._running: set[asyncio.Task[None]] = set()

    def every(self, seconds: float, job: Callable[[], Awaitable[None]], *, name: str) -> None:
        """Run `job` every so many seconds; a run still going when the next is due makes that one be left out."""

        async def tracked() -> None:
            task = asyncio.current_task()
            if task:
                self._running.add(task)
            try:
                await job()
            finally:
                if task:
                    self._running.discard(task)

        self._scheduler.add_job(
            tracked,
            "interval",
            seconds=seconds,
            id=name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Start nothing more and wait for what runs."""
        self._scheduler.pause()
        if self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
        self._scheduler.shutdown(wait=False)
