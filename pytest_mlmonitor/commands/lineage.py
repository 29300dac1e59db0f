"""Lineage events: ``emit-lineage-dataset-build`` and ``emit-lineage-training-run``."""

from __future__ import annotations

import typer

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
from pytest_mlmonitor.training.adapters import bundle, flat
from pytest_mlmonitor.training.anchors import BUNDLE_FILES
from pytest_mlmonitor.training.kind import TRAINING_RUN


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("emit-lineage-dataset-build")(emit_lineage_dataset_build)
    app.command("emit-lineage-training-run")(emit_lineage_training_run)


def emit_lineage_dataset_build(metadata_path: MetadataPath) -> None:
    """Print the lineage event of a dataset build."""
    from pytest_mlmonitor.outputs.lineage import dataset_event

    try:
        print_json(dataset_event(dataset_at(metadata_path, settings_of())))
    except ValueError as error:
        raise BadInput(f"{metadata_path}: {error}") from None


def emit_lineage_training_run(metadata_path: MetadataPath) -> None:
    """Print the lineage event of a training run: a bundle directory, its metadata.json, or training_metadata.json."""
    from pytest_mlmonitor.outputs.lineage import training_event

    path = existing(metadata_path)
    if path.is_dir() or path.name in BUNDLE_FILES:
        directory = path if path.is_dir() else path.parent
        run = bundle.read(ref_of(TRAINING_RUN.name, directory / "metadata.json"))
    else:
        run = flat.read(ref_of(TRAINING_RUN.name, path))
    refuse_broken(run, metadata_path)
    try:
        print_json(training_event(run))
    except ValueError as error:
        raise BadInput(f"{metadata_path}: {error}") from None
