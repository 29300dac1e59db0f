"""Beside other plugins of pytest the record is the one of a run without them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.services.conftest import check

PLUGINS = {
    "pytest_cov": ("--cov=.", "--cov-report="),
    "pytest_rerunfailures": ("--reruns", "1"),
    "pytest_timeout": ("--timeout", "300"),
    "pytest_randomly": (),
    "pytest_sugar": (),
    "pytest_asyncio": ("--asyncio-mode=auto",),
    "xdist": ("-n", "2"),
}


def said(outputs: Path) -> dict[str, Any]:
    """Return the record without what differs from run to run."""
    document: dict[str, Any] = json.loads((outputs / "results.json").read_text())
    for result in document["results"]:
        del result["started_at"], result["duration_seconds"]
    return {key: value for key, value in document.items() if key not in ("duration_seconds", "remembered")}


@pytest.fixture
def broken(sample: Path) -> None:
    """A failure and a warning."""
    sidecar = sample / "p2" / "dataset_metadata.json"
    sidecar.write_text(sidecar.read_text().replace('"row_count": 1076', '"surplus": 1, "row_count": 1064'))


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_record_is_the_same(pytester: pytest.Pytester, outputs: Path, plugin: str) -> None:
    pytest.importorskip(plugin)
    others = [f"-pno:{name}" for name in ("randomly", "sugar", "asyncio") if name not in plugin]
    assert check(pytester, *others, f"-pno:{plugin.removeprefix('pytest_')}").ret == 1
    alone = said(outputs)
    assert check(pytester, *others, *PLUGINS[plugin]).ret == 1
    assert said(outputs) == alone
    assert (alone["counts"]["fail"], alone["counts"]["warned"]) == (1, 1)


@pytest.mark.usefixtures("broken")
def test_shards_make_up_the_whole(pytester: pytest.Pytester, outputs: Path) -> None:
    pytest.importorskip("pytest_split")
    others = [f"-pno:{name}" for name in ("randomly", "sugar", "asyncio")]
    check(pytester, *others)
    whole = [one["nodeid"] for one in said(outputs)["results"]]
    parts = []
    for group in ("1", "2"):
        check(pytester, *others, "--splits", "2", "--group", group)
        parts += [one["nodeid"] for one in said(outputs)["results"]]
    assert sorted(parts) == whole
