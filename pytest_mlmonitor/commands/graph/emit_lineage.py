"""Lineage events: ``emit-lineage-dataset-build`` and ``emit-lineage-training-run``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pytest_mlmonitor.commands.answer import print_json
from pytest_mlmonitor.commands.roots import (
    BadInput,
    MetadataPath,
    dataset_at,
    existing,
    ref_of,
    refuse_broken,
    settings_beside,
)
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.training.adapters import bundle, flat
from pytest_mlmonitor.training.anchors import BUNDLE_FILES
from pytest_mlmonitor.training.kind import TRAINING_RUN

Output = Annotated[
    str,
    typer.Option(
        "--output", metavar="DIR", help="append the event to lineage-YYYY-MM-DD.ndjson in DIR; - prints it only"
    ),
]

LOGS = "logs/lineage"
"""Where events are appended by default: the directory of the reference implementation."""


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("emit-lineage-dataset-build")(emit_lineage_dataset_build)
    app.command("emit-lineage-training-run")(emit_lineage_training_run)


def emit_lineage_dataset_build(metadata_path: MetadataPath, output: Output = LOGS) -> None:
    """Print the lineage event of a dataset build, and append it to the log of the day."""
    from pytest_mlmonitor.outputs.lineage import dataset_event

    settings = settings_beside(metadata_path)
    dataset = dataset_at(metadata_path, settings)
    try:
        event = dataset_event(dataset)
    except ValueError as error:
        raise BadInput(f"{metadata_path}: {error}") from None
    _emit(event, output, settings)


def emit_lineage_training_run(metadata_path: MetadataPath, output: Output = LOGS) -> None:
    """Print the lineage event of a training run, and append it to the log of the day.

    The run is a bundle directory, its metadata.json, or training_metadata.json.
    """
    from pytest_mlmonitor.outputs.lineage import training_event

    settings = settings_beside(metadata_path)
    path = existing(metadata_path)
    if path.is_dir() or path.name in BUNDLE_FILES:
        directory = path if path.is_dir() else path.parent
        run = bundle.read_as_bundle(ref_of(TRAINING_RUN.name, directory / "metadata.json"))
    else:
        run = flat.read(ref_of(TRAINING_RUN.name, path))
    refuse_broken(run, metadata_path)
    try:
        event = training_event(run)
    except ValueError as error:
        raise BadInput(f"{metadata_path}: {error}") from None
    _emit(event, output, settings)


def _emit(event: dict[str, object], output: str, settings: Settings) -> None:
    """Append an event to the log of the day and print it; ``-`` prints only.

    Raises:
        BadInput: the log cannot be written, or would lie inside an artifact root.
    """
    if output != "-":
        from pytest_mlmonitor.outputs.lineage import append_event

        directory = Path(output).resolve()
        if any(directory.is_relative_to(Path(root).resolve()) for root in settings.artifacts or ()):
            raise BadInput(
                f"{output}: lies inside an artifact root, where nothing is written; --output DIR names another"
            )
        try:
            append_event(directory, event)
        except OSError as error:
            raise BadInput(f"{output}: cannot be written ({error.strerror}); --output - prints only") from None
    print_json(event)
