"""``mlmonitor inject-drift``: a drifted copy of a parquet dataset (see :mod:`pytest_mlmonitor.inject`)."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.inject import inject_drift as inject


class _DriftKind(StrEnum):
    """The choices of ``--kind``."""

    covariate = "covariate"
    label = "label"
    concept = "concept"
    missing_values = "missing_values"
    schema = "schema"
    categorical = "categorical"
    temporal = "temporal"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("inject-drift")(inject_drift)


def _above_0_at_most_1(value: float) -> float:
    if not 0 < value <= 1:
        raise typer.BadParameter(f"{value:g} is not above 0 and at most 1")
    return value


def inject_drift(
    parquet: Annotated[Path, typer.Argument(metavar="PARQUET", help="the dataset; it is only read")],
    out: Annotated[Path, typer.Option("--out", "-o", help="the copy; a build timestamp in its name becomes its own")],
    kind: Annotated[_DriftKind, typer.Option("--kind", help="which drift")],
    intensity: Annotated[
        float, typer.Option("--intensity", callback=_above_0_at_most_1, help="how much of it, above 0 and at most 1")
    ] = 0.3,
    seed: Annotated[int, typer.Option("--seed", min=0, help="the same seed makes the same copy")] = 0,
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="A,B", help="the columns to change; default: those that suit")
    ] = None,
    label: Annotated[str | None, typer.Option("--label", help="the label's column, where no contract says it")] = None,
    entity: Annotated[str | None, typer.Option("--entity", help="the entity's column, likewise")] = None,
    event_ts: Annotated[str | None, typer.Option("--event-ts", help="the event time's column, likewise")] = None,
    force: Annotated[bool, typer.Option("--force", help="replace the copy if there is one")] = False,
) -> None:
    """Write a drifted copy of PARQUET, to prove that a suite turns red."""
    names = [name.strip() for name in columns.split(",") if name.strip()] if columns is not None else None
    if names == []:
        raise typer.BadParameter("names no column", param_hint="--columns")
    try:
        done = inject(
            parquet,
            out,
            kind.value,
            intensity=intensity,
            seed=seed,
            columns=names,
            label=label,
            entity=entity,
            event_ts=event_ts,
            force=force,
        )
    except ValueError as error:
        typer.echo(f"mlmonitor: {safe(str(error))}", err=True)
        raise typer.Exit(1) from None
    typer.echo(json.dumps(asdict(done), indent=2))
