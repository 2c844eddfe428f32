"""Fixtures every test may ask for: private mail servers, started once a run and only where somebody asks."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import ServersMissing
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.postfix import Postfix, running_postfix
from tests.servers.sink import SmtpSink, running_sink

# A slow or busy machine is no finding; in CI the examples are the same each time, so that red means changed code.
settings.register_profile(
    "project", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("project")


@pytest.fixture(scope="session")
def dovecot_server() -> Iterator[Dovecot]:
    try:
        with running_dovecot() as server:
            yield server
    except ServersMissing as exc:
        pytest.fail(str(exc), pytrace=False)


@pytest.fixture
def dovecot(dovecot_server: Dovecot) -> Dovecot:
    """A real IMAP server with an empty mailbox."""
    dovecot_server.wipe()
    return dovecot_server


@pytest.fixture(scope="session")
def postfix_server() -> Iterator[Postfix]:
    try:
        with running_postfix() as server:
            yield server
    except ServersMissing as exc:
        pytest.fail(str(exc), pytrace=False)


@pytest.fixture
def postfix(postfix_server: Postfix) -> Postfix:
    """A real SMTP server that has delivered nothing yet."""
    postfix_server.wipe()
    return postfix_server


@pytest.fixture(scope="session")
def smtp_sink_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpSink]:
    with running_sink(tmp_path_factory.mktemp("sink") / "letters.jsonl") as sink:
        yield sink


@pytest.fixture
def smtp_sink(smtp_sink_server: SmtpSink) -> SmtpSink:
    """An SMTP server that does as it is told, with nothing kept yet."""
    smtp_sink_server.forget()
    return smtp_sink_server
