"""The event loop: polls mailboxes, dispatches the outbox, feeds the watchdog, and ends after the step in hand."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from foi_mailbot.adapters.scheduler import Timetable
from foi_mailbot.adapters.service_manager import notify, watchdog_seconds
from foi_mailbot.bootstrap import App, Desk
from foi_mailbot.errors import Fatal, FoiMailbotError

DISPATCH_SECONDS = 5


@dataclass(slots=True)
class Tally:
    """What one pass did."""

    read: int = 0
    sent: int = 0
    doubtful: int = 0
    faults: list[str] = field(default_factory=list)


async def run_once(app: App) -> Tally:
    """Drain everything new in every mailbox, dispatch what is approved, and return what was done."""
    tally = Tally()
    with app.exclusive():
        app.started("once")
        await one_pass(app, tally)
        app.stopped()
        await app.close()
    return tally


async def one_pass(app: App, tally: Tally) -> None:
    """Look once into every mailbox and once into the outbox."""
    for desk in app.desks:
        await _guarded(app, desk.council.mailbox, partial(_drain, desk, tally), tally)
    await _guarded(app, "outbox", partial(_dispatch, app, tally), tally)


async def run(app: App) -> Tally:
    """Poll and dispatch until SIGTERM or SIGINT; finish the step in hand, then return."""
    tally = Tally()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with app.exclusive():
        app.started("daemon")
        timetable = Timetable()
        for desk in app.desks:
            job = _job(app, desk.council.mailbox, partial(_drain, desk, tally), tally)
            timetable.every(desk.poll_seconds, job, name=desk.council.mailbox)
        timetable.every(DISPATCH_SECONDS, _job(app, "outbox", partial(_dispatch, app, tally), tally), name="outbox")
        watchdog = watchdog_seconds()
        if watchdog:
            timetable.every(watchdog / 2, _feed_watchdog, name="watchdog")
        timetable.start()
        notify("READY=1\nSTATUS=" + f"Watching {len(app.desks)} mailbox(es)")
        await stop.wait()
        app.stop()
        notify("STOPPING=1")
        await timetable.stop()
        app.stopped()
        await app.close()
    return tally


async def _drain(desk: Desk, tally: Tally) -> None:
    for folder in desk.folders:
        tally.read += await asyncio.to_thread(desk.intake.drain, folder)


async def _dispatch(app: App, tally: Tally) -> None:
    tally.doubtful += await asyncio.to_thread(app.dispatch.recover)
    tally.sent += await app.dispatch.run()


async def _feed_watchdog() -> None:
    notify("WATCHDOG=1")


def _job(app: App, name: str, work: Callable[[], Awaitable[None]], tally: Tally) -> Callable[[], Awaitable[None]]:
    async def job() -> None:
        await _guarded(app, name, work, tally)

    return job


async def _guarded(app: App, name: str, work: Callable[[], Awaitable[None]], tally: Tally) -> None:
    """One mailbox's failure never stops another's: log it, count it, go on."""
    try:
        await work()
    except FoiMailbotError as fault:
        tally.faults.append(f"{name}: {fault}")
        app.log.error(
            "step.failed", what=name, fault=type(fault).__name__, why=str(fault), again=not isinstance(fault, Fatal)
        )
    except Exception as fault:
        tally.faults.append(f"{name}: {fault!r}")
        app.log.exception("step.failed", what=name, fault=type(fault).__name__)
