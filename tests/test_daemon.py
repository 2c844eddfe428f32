"""The service as systemd sees it: ready, alive, stopping; one at a time; ended after the step in hand, with code 0."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foi_mailbot import bootstrap, daemon
from foi_mailbot.adapters.memory_mail import MemoryMailbox
from foi_mailbot.adapters.pulse import Pulse
from tests.council import Council, council, mail

pytestmark = pytest.mark.slow


@pytest.fixture
def office(tmp_path: Path) -> Council:
    return council(tmp_path, imap_port=1, smtp_port=1, password="x", mailbox="poll_seconds = 1")


class Manager:
    """systemd's end of the notification socket."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._channel.bind(str(path))
        self._channel.settimeout(30)

    def hear(self) -> str:
        return self._channel.recv(4096).decode()

    def heard(self) -> list[str]:
        """Return everything that waits, without waiting for more."""
        self._channel.setblocking(False)
        found = []
        try:
            while True:
                found.append(self.hear())
        except BlockingIOError:
            return found

    def close(self) -> None:
        self._channel.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    listening = Manager(tmp_path / "notify")
    yield listening
    listening.close()


@contextmanager
def running(office: Council, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        office.command("run"),
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_it_says_ready_alive_and_stopping_and_ends_with_zero(office: Council, manager: Manager) -> None:
    with running(office, NOTIFY_SOCKET=str(manager.path), WATCHDOG_USEC="400000") as process:
        said = manager.hear()
        while not said.startswith("READY=1\nSTATUS="):  # the first sign of life may come before
            assert said == "WATCHDOG=1"
            said = manager.hear()
        assert [manager.hear(), manager.hear()] == ["WATCHDOG=1", "WATCHDOG=1"]
        process.send_signal(signal.SIGTERM)
        while (said := manager.hear()) == "WATCHDOG=1":
            pass
        assert said == "STOPPING=1"
        assert process.wait(30) == 0, "an unreachable mail server is no reason to end badly"
    started, stopped = office.lines("audit", "log")
    assert (started["event"], stopped["event"]) == ("service.started", "service.stopped")
    assert started["details"].keys() == {"mode", "version", "rulebook_sha256", "auto_send"}


@pytest.mark.slow
def test_a_manager_that_went_away_does_not_stop_the_service(office: Council, tmp_path: Path) -> None:
    with running(office, NOTIFY_SOCKET=str(tmp_path / "nobody"), WATCHDOG_USEC="200000") as process:
        _wait_until_it_runs(office, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.slow
def test_a_second_daemon_is_refused_in_one_clear_line(office: Council) -> None:
    with running(office) as process:
        _wait_until_it_runs(office, process)
        said = office.call("run", "--once", code=2)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert f"Another foi-mailbot (process {process.pid}) already runs" in said
    assert len(said.splitlines()) == 1


def test_a_run_that_only_met_silent_servers_asks_to_be_tried_again(office: Council) -> None:
    said = office.call("run", "--once", code=75)
    assert said.startswith("0 read, 0 sent, 0 uncertain, 1 faults")
    assert "fault: dover: " in said


class Interrupted(MemoryMailbox):
    """A mailbox in whose opening the service is told to end."""

    def open(self, folder: str) -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.3)
        return super().open(folder)


def test_a_single_run_that_is_told_to_end_begins_no_further_batch_and_leaves_the_rest_for_the_next(
    office: Council,
) -> None:
    tallies = []
    for kind in (Interrupted, MemoryMailbox):
        app = bootstrap.build(bootstrap.load_settings(office.settings))
        box = kind()
        box.deliver(mail("How many bins did you collect?"), received=datetime(2026, 11, 23, tzinfo=UTC))
        (desk,) = app.desks
        app.desks = (replace(desk, intake=replace(desk.intake, mailbox=box)),)
        tallies.append(asyncio.run(daemon.run_once(app)))
    assert [(tally.read, tally.faults) for tally in tallies] == [(0, []), (1, [])]


class Hanging(MemoryMailbox):
    """A mailbox whose server holds the line and never says a word, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let_go = threading.Event(), threading.Event()

    def open(self, folder: str) -> int:
        self.asked.set()
        self.let_go.wait(30)
        return super().open(folder)


def test_the_watchdog_starves_while_a_mailbox_hangs_though_the_loop_turns(
    office: Council, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(manager.path))
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    app = bootstrap.build(bootstrap.load_settings(office.settings))
    hanging = Hanging()
    (desk,) = app.desks
    app.desks = (replace(desk, intake=replace(desk.intake, mailbox=hanging)),)

    async def told() -> list[str]:
        service = asyncio.create_task(daemon.run(app, stuck_seconds=0.3))
        await asyncio.to_thread(hanging.asked.wait, 30)
        await asyncio.sleep(0.6)
        await asyncio.to_thread(manager.heard)
        await asyncio.sleep(0.5)
        while_stuck = manager.heard()
        hanging.let_go.set()
        await asyncio.sleep(0.5)
        afterwards = manager.heard()
        os.kill(os.getpid(), signal.SIGTERM)
        await service
        return [*while_stuck, "let go", *afterwards[:1]]

    assert asyncio.run(told()) == ["let go", "WATCHDOG=1"]


def test_a_sign_of_life_counts_for_its_own_job_only() -> None:
    pulse = Pulse()
    with pulse.running("slow"):
        with pulse.running("busy"):
            time.sleep(0.05)
            pulse.beat()
            assert pulse.stuck(0.04) == ["slow"]
        pulse.beat()
        assert pulse.stuck(0.04) == []
    pulse.beat()
    assert pulse.stuck(0) == []


def _wait_until_it_runs(office: Council, process: subprocess.Popen[str]) -> None:
    """The lock is taken, and the signal handlers set, before the start is sealed."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if any(line["event"] == "service.started" for line in office.lines("audit", "log")):
            return
        assert process.poll() is None, f"the daemon ended: {process.communicate()}"
        time.sleep(0.1)
    pytest.fail("the daemon did not start")
