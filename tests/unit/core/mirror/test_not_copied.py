"""What could not be copied is said where an artifact claims it, a declared source would take it, or it is called like one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_mlmonitor.core.mirror.not_copied import not_copied
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.sources.source_plan import plans_of
from pytest_mlmonitor.core.text.names import show_as
from pytest_mlmonitor.kinds import BUILT_IN, Platform

POLICY = {"source": {"gateway": {"kind": "deployment", "path": "logs/{date:%Y-%m-%d}.jsonl", "window": "60s"}}}


@pytest.mark.parametrize(
    ("key", "claimed", "kind"),
    [
        ("logs/2026-11-27.jsonl", False, "deployment"),
        ("logs//2026-11-27.jsonl", False, "deployment"),
        ("logs/readme.jsonl", False, None),
        ("logs/notes.txt", True, "dataset"),
        ("a//b.parquet", False, "dataset"),
        ("a/dvc.lock", False, "training_run"),
        ("a/model.bin", False, None),
    ],
)
def test_it_is_said_of_what_belongs_to_an_artifact(key: str, claimed: bool, kind: str | None, tmp_path: Path) -> None:
    root = tmp_path / "objects"
    root.mkdir()
    show_as(root, "s3://lake/gold")
    refused = {"keys": {key: "cannot be read: access denied"}, "claimed": [key] if claimed else []}
    (tmp_path / "refused.json").write_text(json.dumps(refused))
    settings = Settings.model_validate(POLICY)
    kinds = {one.name: one for one in BUILT_IN}
    adapters = [adapter for one in BUILT_IN for adapter in one.adapters]
    found = list(not_copied(root, adapters, plans_of(settings, kinds)))
    assert [ref.kind for ref, _ in found] == ([kind] if kind else [])
    assert all(key in finding.message for _, finding in found)
    # The run says so.
    platform = Platform([root], settings)
    assert any(key in finding.message for _, one in platform.artifacts for finding in one.unreadable) is bool(kind)
