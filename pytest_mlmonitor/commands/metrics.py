"""Metrics: ``serve-metrics``, ``demo-metrics`` and ``simulate-prediction``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pytest_mlmonitor.commands.answer import print_json
from pytest_mlmonitor.commands.roots import existing, policy_around, settings_of
from pytest_mlmonitor.core.policy.places import PolicyError

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="port on 127.0.0.1")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("serve-metrics")(serve_metrics)
    app.command("demo-metrics")(demo_metrics)
    app.command("simulate-prediction")(simulate_prediction)


def serve_metrics(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="artifact roots to read anew; default: the last run, from the store")
    ] = None,
    port: Port = 8000,
) -> None:
    """Serve metrics on 127.0.0.1: those of the last run, as the store has them; of PATHS what lies there at every scrape.

    /healthz says whether a scrape would be answered.
    """
    from pytest_mlmonitor.core.open_store import open_store
    from pytest_mlmonitor.outputs.metrics.serve import LivePlatform, StoredRuns, serve

    if paths:
        roots = [existing(path) for path in paths]
        serve(LivePlatform(roots, settings_of(roots)), port)
        return
    settings, file = policy_around()
    stored = open_store(settings, file) is not None
    # Where the store is, the artifacts need not be.
    roots = [path if stored else existing(path) for path in settings.artifacts if path.exists() or not stored]
    live = LivePlatform(roots, settings_of(roots)) if roots else None
    if stored:
        serve(StoredRuns(lambda: open_store(settings, file), live), port)
    elif live is not None:
        serve(live, port)
    else:
        raise PolicyError(
            "serve-metrics needs an artifact root, or the store that a policy has: name one, or set artifacts in the policy"
        )


def demo_metrics(port: Port = 8000) -> None:
    """Serve sample values of the four metric families on 127.0.0.1, to try dashboards and alert rules on."""
    from pytest_mlmonitor.outputs.metrics.demo_metrics import DemoCollector
    from pytest_mlmonitor.outputs.metrics.serve import CollectedMetrics, serve

    serve(CollectedMetrics(DemoCollector(settings_of().environment)), port)


def simulate_prediction(
    count: Annotated[int, typer.Option("--count", min=1, help="number of predictions")] = 1,
    model_name: Annotated[str, typer.Option("--model-name", help="the model's name")] = "bike_demand_model",
) -> None:
    """Count predictions of a model and print what Prometheus would see."""
    from pytest_mlmonitor.outputs.metrics.demo_metrics import prediction_total

    print_json(prediction_total(model_name, count, settings_of().environment))
