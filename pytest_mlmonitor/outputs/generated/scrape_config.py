"""Prometheus' configuration: where our metrics come from, which rules there are, who is told."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.outputs.generated.yaml_text import yaml_text

_NOTE = """\
An example, to be copied from: each job is one way by which metrics of runs reach Prometheus. Keep those that you use.
honor_labels keeps the labels job and suite of what is pushed."""


def scrape_config(settings: Settings) -> bytes:
    """Return the configuration; addresses that are secrets stand in it as examples."""
    metrics = settings.metrics
    gateway = metrics.push_url or "http://pushgateway:9091"
    jobs = [
        _job("mlmonitor-pushgateway", gateway, honor_labels=True),
        _job("mlmonitor-textfile", "http://node-exporter:9100", honor_labels=True),
        _job("mlmonitor-server", "http://127.0.0.1:8000"),
    ]
    alertmanager = _static(settings.alerts.alertmanager.url or "http://alertmanager:9093")
    return yaml_text(
        {
            "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
            "rule_files": ["mlmonitor.rules.yml"],
            "alerting": {"alertmanagers": [alertmanager]},
            "scrape_configs": jobs,
        },
        _NOTE,
    )


def _job(name: str, url: str, **more: Any) -> dict[str, Any]:
    path = urlsplit(url).path.rstrip("/")
    return {"job_name": name, **more, **({"metrics_path": f"{path}/metrics"} if path else {}), **_static(url)}


def _static(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    made: dict[str, Any] = {"scheme": "https"} if parts.scheme == "https" else {}
    port = "" if parts.port else (":443" if parts.scheme == "https" else ":80")
    return {**made, "static_configs": [{"targets": [parts.netloc + port]}]}
