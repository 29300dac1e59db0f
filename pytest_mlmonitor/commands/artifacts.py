"""Artifacts looked at: ``describe``, ``serving-health``, ``compute-freshness`` and ``run-checks``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pytest_mlmonitor.commands.answer import print_json
from pytest_mlmonitor.commands.described.artifact_facts import described, files_of
from pytest_mlmonitor.commands.described.described_text import nothing_here, text_of
from pytest_mlmonitor.commands.described.left_over_files import as_marker, left_over
from pytest_mlmonitor.commands.described.version_positions import put_in_order
from pytest_mlmonitor.commands.roots import (
    BadInput,
    MetadataPath,
    dataset_at,
    evaluation_time,
    existing,
    platform_at,
    settings_beside,
)
from pytest_mlmonitor.core.artifact import ArtifactRef, NotChecked
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.datasets.checks.freshness import compute_freshness
from pytest_mlmonitor.datasets.checks.metadata import metadata_report
from pytest_mlmonitor.kinds import Platform
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
    file: Annotated[
        Path | None, typer.Argument(help="a file below that directory: what it is taken for, or why not")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json/--text", help="JSON, or lines to read")] = False,
    now: Now = None,
) -> None:
    """Say what is at or below PATH: every artifact with its files, fields, age and policy, and every other file with the reason."""
    platform, wanted = platform_at(path, now)
    if file is not None:
        wanted = existing(file if file.exists() or file.is_absolute() else path / file)
    known = [(ref, a) for ref, a in platform.artifacts if _is_at(platform, ref, a, wanted)]
    entries = [(ref, a, described(platform, ref, a)) for ref, a in known]
    put_in_order(platform, entries)
    found = [facts for _, _, facts in entries]
    others, more = left_over(platform, wanted)
    if not found and wanted.is_file():
        unknown = "no contract or metadata speaks of it"
        reason = others[0]["reason"] if others else as_marker(platform, wanted) or unknown
        raise BadInput(f"{file or path}: belongs to no artifact: {reason}")
    if as_json:
        print_json([*found, *others])
        return
    for line in text_of(found, others, more) if found or others else [nothing_here(path)]:
        print(line)


def _is_at(platform: Platform, ref: ArtifactRef, artifact: Any, wanted: Path) -> bool:
    """Return whether an artifact is at or below a path, or a file is one of its own."""
    if platform.kinds[ref.kind].covers(wanted, ref):
        return True
    return not wanted.is_dir() and wanted in files_of(ref, artifact, platform.found_as.get(ref))


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
