"""Artifacts looked at: ``describe``, ``serving-health``, ``compute-freshness`` and ``run-checks``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pytest_mlmonitor.commands.answer import described, print_json, print_text
from pytest_mlmonitor.commands.roots import (
    BadInput,
    MetadataPath,
    dataset_at,
    evaluation_time,
    platform_at,
    settings_beside,
)
from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.datasets.checks.freshness import compute_freshness
from pytest_mlmonitor.datasets.checks.metadata import metadata_report
from pytest_mlmonitor.serving.checks.health import compute_health
from pytest_mlmonitor.serving.kind import DEPLOYMENT

Now = Annotated[str | None, typer.Option("--now", metavar="ISO", help="evaluate at this time instead of now")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("describe")(describe)
    app.command("serving-health")(serving_health)
    app.command("compute-freshness")(freshness)
    app.command("run-checks")(run_checks)


def describe(
    path: Annotated[Path, typer.Argument(help="an artifact, or a directory that holds some")],
    as_json: Annotated[bool, typer.Option("--json/--text", help="JSON, or lines to read")] = True,
) -> None:
    """Print every artifact at or below PATH: its fields after mapping, warnings, and who set each key of its policy."""
    platform, wanted = platform_at(path, None)
    kinds = platform.kinds
    found = [described(platform, ref, a) for ref, a in platform.artifacts if kinds[ref.kind].covers(wanted, ref)]
    if not found and wanted.is_file():
        raise BadInput(f"{path}: belongs to no artifact: no contract or metadata speaks of it")
    if as_json:
        print_json(found)
    else:
        print_text(found)


def serving_health(
    path: Annotated[Path, typer.Argument(help="a serving tree, or a directory above one")], now: Now = None
) -> None:
    """Print the health of every deployment at or below PATH."""
    platform, wanted = platform_at(path, now)
    healths = []
    deployments = [found for found in platform.deployments() if DEPLOYMENT.covers(wanted, found.ref)]
    if not deployments:
        raise BadInput(f"{path}: no serving tree here")
    for deployment in sorted(deployments, key=lambda d: d.ref.name):
        try:
            healths.append(
                compute_health(deployment, platform.now, platform.settings_of(deployment.ref).serving).to_dict()
            )
        except NotChecked as reason:
            print(f"mlmonitor: {safe(deployment.ref.name)}: {safe(str(reason))}", file=sys.stderr)
    print_json(healths)


def freshness(
    metadata_path: MetadataPath,
    threshold: Annotated[
        float, typer.Option("--threshold", min=0, help="seconds; an age from here on is STALE")
    ] = 1800.0,
    now: Now = None,
) -> None:
    """Print the freshness of a dataset; exits 0 also when it is STALE."""
    settings = settings_beside(metadata_path)
    dataset = dataset_at(metadata_path, settings)
    try:
        print_json(compute_freshness(dataset, evaluation_time(now), threshold, settings.clock_skew_seconds).to_dict())
    except NotChecked as reason:
        raise BadInput(f"{metadata_path}: {reason}") from None


def run_checks(metadata_path: MetadataPath) -> None:
    """Print the five metadata checks of a dataset; exits 1 when one fails."""
    report = metadata_report(metadata_path)
    print_json(report)
    if not report["all_passed"]:
        raise typer.Exit(1)
