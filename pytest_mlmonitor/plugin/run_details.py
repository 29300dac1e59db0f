"""What is told of a run beside its results: gathered once, when it is over."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.plugin.again import commands_again
from pytest_mlmonitor.plugin.run_plan import RunPlan


def note_details(record: RunRecord, config: pytest.Config, plan: RunPlan, platform: Artifacts, home: Path) -> None:
    """Note in the record of a run where it comes from, what its artifacts are, and how to run a check of one again.

    Args:
        record: of the run, which has its results.
        config: of the run.
        plan: its roots.
        platform: that it read.
        home: directory of the policy.
    """
    from pytest_mlmonitor.outputs.run_details.lineage_edges import edges_of
    from pytest_mlmonitor.outputs.run_details.run_origin import run_origin
    from pytest_mlmonitor.outputs.run_details.told_facts import facts_of
    from pytest_mlmonitor.outputs.run_details.told_models import models_of

    record.again = commands_again(config, platform)
    record.origin = run_origin(platform.settings, home, plan.shown, config.invocation_params.args, os.environ)
    record.facts = facts_of(record, platform)
    with suppress(Exception):  # a kind of somebody else that breaks its links: each check says so
        record.edges = edges_of(record, platform)
    with suppress(Exception):
        record.models = models_of(record.facts, platform)
