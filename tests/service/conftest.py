"""The office each service test works in."""

from __future__ import annotations

from pathlib import Path

import pytest

from foi_mailbot import bootstrap
from foi_mailbot.service.assess import Assessor
from tests.service.office import Office, dover


@pytest.fixture(scope="session")
def assessor() -> Assessor:
    return bootstrap.build_assessor()


@pytest.fixture
def office(tmp_path: Path, assessor: Assessor) -> Office:
    return Office(assessor, dover(tmp_path, assessor))
