"""Hooks by which a conftest or another plugin adds to mlmonitor; each is called once, before the first artifact is read.

Outside pytest (the ``mlmonitor`` command with ``plugins`` in the policy) ``config`` is None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_mlmonitor.core.adapter import Adapter
    from pytest_mlmonitor.core.check import Check
    from pytest_mlmonitor.core.decoder import Decoder
    from pytest_mlmonitor.core.kind import Kind


@pytest.hookspec
def pytest_mlmonitor_kinds(config: pytest.Config | None) -> list[Kind]:  # type: ignore[empty-body]
    """Return further artifact kinds: how they are recognised and read."""


@pytest.hookspec
def pytest_mlmonitor_adapters(config: pytest.Config | None) -> list[Adapter]:  # type: ignore[empty-body]
    """Return further formats of built-in or added kinds: how they are recognised and read; they are asked first."""


@pytest.hookspec
def pytest_mlmonitor_decoders(config: pytest.Config | None) -> list[Decoder]:  # type: ignore[empty-body]
    """Return further formats of files that declared sources read: ``format = "its-name"``, or by their suffix."""


@pytest.hookspec
def pytest_mlmonitor_checks(config: pytest.Config | None) -> list[Check]:  # type: ignore[empty-body]
    """Return further checks, of built-in or added kinds."""


@pytest.hookspec
def pytest_mlmonitor_contracts(config: pytest.Config | None) -> dict[str, object]:  # type: ignore[empty-body]
    """Return pandera schemas or models by the dataset or family that they are bound to, in place of built-in contracts."""
