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
from foi_mailbot.errors import Fatal, FoiMailbotError, Transient

DISPATCH_SECONDS = 5
STUCK_SECONDS = 900  # longer than any server may take to answer (timeout_seconds is 600 at the most)
OUTBOX = "outbox"

Job = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Tally:
    """What one pass did."""

    read: int = 0
    sent: int = 0
    doubtful: int = 0
    faults: list[str] = field(default_factory=list)
    lasting: bool = False  # whether one of the faults will not pass by itself


async def run_once(app: App) -> Tally:
    """Drain everything new in every mailbox, dispatch what is approved, and return what was done.

    SIGTERM or SIGINT ends it after the step in hand.
    """
    tally = Tally()
    with app.exclusive():
        _on_signals(app.stop)
        app.started("once")
        await one_pass(app, tally)
        app.stopped()
        await app.close()
    return tally


async def one_pass(app: App, tally: Tally) -> None:
    """Look once into every mailbox and once into the outbox."""
    for desk in app.desks:
        await _guarded(app, desk.council.mailbox, partial(_drain, desk, tally), tally)
    await _guarded(app, OUTBOX, partial(_dispatch, app, tally), tally)


async def run(app: App, *, stuck_seconds: float = STUCK_SECONDS) -> None:
    """Poll and dispatch until SIGTERM or SIGINT; finish the step in hand, then return.

    The watchdog is fed only while no job has been without a sign of life for `stuck_seconds`.
    """
    stop = asyncio.Event()
    with app.exclusive():
        _on_signals(stop.set)
        app.started("daemon")
        timetable = Timetable()
        for desk in app.desks:
            timetable.every(desk.poll_seconds, _poll(app, desk), name=desk.council.mailbox)
        timetable.every(DISPATCH_SECONDS, _send(app), name=OUTBOX)
        if watchdog := watchdog_seconds():
            timetable.every(watchdog / 2, partial(_feed_watchdog, app, stuck_seconds), name="watchdog")
        timetable.start()
        notify("READY=1\nSTATUS=" + f"Watching {len(app.desks)} mailbox(es)")
        await stop.wait()
        app.stop()
        notify("STOPPING=1")
        await timetable.stop()
        app.stopped()
        await app.close()


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


def _poll(app: App, desk: Desk) -> Job:
    async def job() -> None:
        tally = Tally()
        await _guarded(app, desk.council.mailbox, partial(_drain, desk, tally), tally)

    return job


def _send(app: App) -> Job:
    async def job() -> None:
        tally = Tally()
        await _guarded(app, OUTBOX, partial(_dispatch, app, tally), tally)

    return job


async def _drain(desk: Desk, tally: Tally) -> None:
    for folder in desk.folders:
        tally.read += await asyncio.to_thread(desk.intake.drain, folder)


async def _dispatch(app: App, tally: Tally) -> None:
    tally.doubtful += await asyncio.to_thread(app.dispatch.recover)
    tally.sent += await app.dispatch.run()


async def _feed_watchdog(app: App, stuck_seconds: float) -> None:
    stuck = app.pulse.stuck(stuck_seconds)
    if stuck:
        app.log.error("step.stuck", what=stuck, seconds=stuck_seconds)
    else:
        notify("WATCHDOG=1")


async def _guarded(app: App, name: str, work: Job, tally: Tally) -> None:
    """One mailbox's failure never stops another's: log it, count it, go on."""
    try:
        with app.pulse.running(name):
            await work()
    except FoiMailbotError as fault:
        tally.faults.append(f"{name}: {fault}")
        tally.lasting = tally.lasting or not isinstance(fault, Transient)
        app.log.error(
            "step.failed", what=name, fault=type(fault).__name__, why=str(fault), again=not isinstance(fault, Fatal)
        )
    except Exception as fault:
        tally.faults.append(f"{name}: {fault!r}")
        tally.lasting = True
        app.log.exception("step.failed", what=name, fault=type(fault).__name__)
