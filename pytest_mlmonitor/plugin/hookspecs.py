"""Hooks by which a conftest or another plugin adds to mlmonitor; both are called once, before the first artifact is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_mlmonitor.core.check import Check
    from pytest_mlmonitor.links.platform import ArtifactKind


@pytest.hookspec
def pytest_mlmonitor_kinds(config: pytest.Config) -> list[ArtifactKind]:  # type: ignore[empty-body]
    """Return further artifact kinds: how they are recognised and read."""


@pytest.hookspec
def pytest_mlmonitor_checks(config: pytest.Config) -> list[Check]:  # type: ignore[empty-body]
    """Return further checks, of built-in or added kinds."""


@pytest.hookspec
def pytest_mlmonitor_contracts(config: pytest.Config) -> dict[str, object]:  # type: ignore[empty-body]
    """Return pandera schemas or models by the dataset or family that they are bound to, in place of built-in contracts."""
