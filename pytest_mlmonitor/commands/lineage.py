"""Lineage events: ``emit-lineage-dataset-build`` and ``emit-lineage-training-run``."""

from __future__ import annotations

import typer

from pytest_mlmonitor.anchors import BUNDLE_FILES
from pytest_mlmonitor.commands.answer import print_json
from pytest_mlmonitor.commands.roots import (
    BadInput,
    MetadataPath,
    dataset_at,
    existing,
    ref_of,
    refuse_broken,
    settings_of,
)
from pytest_mlmonitor.links.platform import Platform
from pytest_mlmonitor.training.adapters.bundle import read_bundle
from pytest_mlmonitor.training.adapters.flat import read_flat


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("emit-lineage-dataset-build")(emit_lineage_dataset_build)
    app.command("emit-lineage-training-run")(emit_lineage_training_run)


def emit_lineage_dataset_build(metadata_path: MetadataPath) -> None:
    """Print the lineage event of a dataset build."""
    from pytest_mlmonitor.outputs.lineage import dataset_event

    try:
        print_json(dataset_event(dataset_at(metadata_path, Platform([], settings_of()))))
    except ValueError as error:
        raise BadInput(f"{metadata_path}: {error}") from None


def emit_lineage_training_run(metadata_path: MetadataPath) -> None:
    """Print the lineage event of a training run: a bundle directory, its metadata.json, or training_metadata.json."""
    from pytest_mlmonitor.outputs.lineage import training_event

    platform = Platform([], settings_of())
    path = existing(metadata_path)
    if path.is_dir() or path.name in BUNDLE_FILES:
        directory = path if path.is_dir() else path.parent
        run = read_bundle(ref_of("training_run", directory / "metadata.json"), platform)
    else:
        run = read_flat(ref_of("training_run", path), platform)
    refuse_broken(run, metadata_path)
    try:
        print_json(training_event(run))
    except ValueError as error:
        raise BadInput(f"{metadata_path}: {error}") from None
