"""Command-line options and markers. Settings live in the policy; only what changes from run to run is an option."""

from __future__ import annotations

import pytest

KINDS = (
    "dataset",
    "training_run",
    "deployment",
    "training_report",
    "predictions",
    "data_contract",
    "model_registry",
    "external_report",
    "policy",
)
CATEGORIES = ("contract", "reconcile", "freshness", "quality", "drift", "health", "performance", "lineage")
"""The markers of built-in kinds and of categories, as the rows and the checks say (a test compares): known in every pytest run."""

MARKERS = (
    *(f"{kind}: an automatic mlmonitor check of a {kind.replace('_', ' ')}" for kind in KINDS),
    *(f"{category}: an automatic mlmonitor check of this category" for category in CATEGORIES),
    "artifact(*patterns): parametrize the artifact fixtures of this test only over names that match, e.g. 'bike*'",
)


def add(parser: pytest.Parser) -> None:
    """Add the options; ``pytest --help`` shows them as one group."""
    group = parser.getgroup(
        "mlmonitor", "mlmonitor (policy: [tool.mlmonitor] in pyproject.toml, or mlmonitor.toml beside it)"
    )
    group.addoption(
        "--mlmonitor",
        action="append",
        default=[],
        metavar="PATH",
        help="check the artifacts below PATH (repeatable; several roots are one platform); "
        "nothing below PATH is executed or read as configuration",
    )
    group.addoption(
        "--mlmonitor-out",
        default=None,
        metavar="DIR",
        help="write results.json, metrics.prom, lineage/, report.html, pytest.html and junit.xml into DIR (default: write nothing)",
    )
    group.addoption(
        "--mlmonitor-now",
        default=None,
        metavar="ISO",
        help="evaluate at this time instead of now, e.g. 2026-04-07T10:06:00Z",
    )
    group.addoption(
        "--mlmonitor-full",
        action="store_true",
        help="read every table and serving window again, whatever earlier runs remember, and accept rewritten files as they are",
    )
    group.addoption(
        "--mlmonitor-alerts",
        action="store_true",
        help="let this run send and resolve alerts although it judges a part of the platform only",
    )
    group.addoption(
        "--mlmonitor-push",
        default=None,
        metavar="URL",
        help="push the metrics to this Pushgateway (default: the policy's metrics.push_url)",
    )
    group.addoption(
        "--mlmonitor-lineage",
        default=None,
        metavar="PATH|URL|none",
        help="write lineage into this directory, or send OpenLineage events to this server",
    )
    group.addoption(
        "--mlmonitor-traces",
        default=None,
        metavar="URL|none",
        help="send the run as a trace to this OTLP endpoint (default: the policy's traces)",
    )
    group.addoption(
        "--mlmonitor-fail-on",
        choices=("warning", "error", "critical", "never"),
        default=None,
        help="least severity of a finding that fails the run (default: error)",
    )


NARROWING = {
    "keyword": "-k",
    "markexpr": "-m",
    "lf": "--lf",
    "stepwise": "--sw",
    "stepwise_skip": "--sw-skip",
    "deselect": "--deselect",
    "group": "--group",
    "shard_id": "--shard-id",
    "test_group": "--test-group",
    "testmon": "--testmon",
    "picked": "--picked",
    "setuponly": "--setup-only",
    "setupplan": "--setup-plan",
}
"""Options of pytest, and of plugins that make shards or look at changes, that leave items out; by the attribute that they set."""

_LISTING = ("collectonly", "help", "version", "markers", "showfixtures", "show_fixtures_per_test", "cacheshow")
"""Attributes of pytest's options with which it runs nothing."""


def runs_nothing(options: object) -> bool:
    """Return whether pytest only lists or explains: no run begins, and no record of one is replaced."""
    return any(getattr(options, name, None) for name in _LISTING)
