"""The lock files install the same packages for ever: pinned, hashed, from no named address."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
INSTALLED = ("requirements.lock", "requirements-dev.lock")
LOCKS = (*INSTALLED, "requirements-bench.lock")


def lines(lock: str) -> list[str]:
    return (ROOT / lock).read_text("utf-8").replace("\\\n", " ").splitlines()


def requirement(line: str) -> Requirement:
    return Requirement(line.split("--hash")[0])


@pytest.mark.parametrize("lock", LOCKS)
def test_each_package_is_pinned_to_one_version_with_its_hashes_and_no_address(lock: str) -> None:
    for line in lines(lock):
        assert [pin.operator for pin in requirement(line).specifier] == ["=="], line
        assert "--hash=sha256:" in line
        assert "://" not in line


@pytest.mark.parametrize("lock", INSTALLED)
def test_each_extra_that_a_package_asks_for_is_pinned_too(lock: str) -> None:
    """Pip takes the newest release of an extra it does not find pinned, and then misses that release's hash."""
    pins = {canonicalize_name(pin.name): pin for pin in map(requirement, lines(lock))}
    for name, pin in pins.items():
        if pin.marker is not None and not pin.marker.evaluate():
            continue
        for needed in map(Requirement, metadata.requires(name) or []):
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in ("", *pin.extras)):
                found = pins[canonicalize_name(needed.name)]
                assert needed.extras <= found.extras, f"{name} asks for {needed}"
