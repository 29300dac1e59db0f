"""Metrics: ``serve-metrics``, ``demo-metrics`` and ``simulate-prediction``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pytest_mlmonitor.commands.answer import print_json
from pytest_mlmonitor.commands.roots import existing, settings_of
from pytest_mlmonitor.core.policy.places import PolicyError

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="port on 127.0.0.1")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("serve-metrics")(serve_metrics)
    app.command("demo-metrics")(demo_metrics)
    app.command("simulate-prediction")(simulate_prediction)


def serve_metrics(
    paths: Annotated[list[Path] | None, typer.Argument(help="artifact roots; default: those of the policy")] = None,
    port: Port = 8000,
) -> None:
    """Serve the platform's metrics on 127.0.0.1; every scrape reads the artifacts anew."""
    from pytest_mlmonitor.outputs.metrics.serve import PlatformEndpoint, serve

    settings = settings_of()
    roots = [existing(path) for path in paths or settings.artifacts]
    if not roots:
        raise PolicyError("serve-metrics needs an artifact root: name one, or set artifacts in the policy")
    serve(PlatformEndpoint(roots, settings_of(roots)), port)


def demo_metrics(port: Port = 8000) -> None:
    """Serve sample values of the four metric families on 127.0.0.1, to try dashboards and alert rules on."""
    from pytest_mlmonitor.outputs.metrics.demo_metrics import DemoCollector
    from pytest_mlmonitor.outputs.metrics.serve import serve

    serve(DemoCollector(settings_of().environment), port)


def simulate_prediction(
    count: Annotated[int, typer.Option("--count", min=1, help="number of predictions")] = 1,
    model_name: Annotated[str, typer.Option("--model-name", help="the model's name")] = "bike_demand_model",
) -> None:
    """Count predictions of a model and print what Prometheus would see."""
    from pytest_mlmonitor.outputs.metrics.demo_metrics import prediction_total

    print_json(prediction_total(model_name, count, settings_of().environment))
