"""Policies for the tests, and what is generated from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pytest_mlmonitor.commands.monitoring.generate_monitoring import context_of
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.outputs.generated.monitoring_files import RULES, MonitoringFiles, monitoring_files


def generated(directory: Path, policy: str = "") -> MonitoringFiles:
    """Return the files of a policy, which is written into a directory."""
    file = directory / "mlmonitor.toml"
    file.write_text(policy)
    return monitoring_files(context_of(load(file)))


def rules(files: MonitoringFiles) -> dict[str, Any]:
    """Return the rules by the names of their alerts."""
    groups = yaml.safe_load(files.files[RULES])["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}
