"""Whatever leaves a run by the network holds no secret but the one that its own server asks for."""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, unquote, unquote_to_bytes

import pytest

from tests.services.conftest import NOW, PLATFORM
from tests.services.receiver import Receiver

POLICY = """
artifacts = ["artifacts"]
fail_on = "warning"
traces = true
metrics.suite = "nightly"
metrics.push_url_env = "PUSH_URL"
metrics.push_user_env = "PUSH_USER"
metrics.push_password_env = "PUSH_PASSWORD"
lineage.url_env = "LINEAGE_URL"
lineage.api_key_env = "LINEAGE_KEY"
retrain.webhook = {url_env = "RETRAIN_URL", token_env = "RETRAIN_TOKEN"}
alerts.alertmanager = {url_env = "AM_URL", token_env = "AM_TOKEN"}
alerts.slack.url_env = "SLACK_URL"
alerts.teams.url_env = "TEAMS_URL"
alerts.discord.url_env = "DISCORD_URL"
alerts.webhook = {url_env = "HOOK_URL", token_env = "HOOK_TOKEN"}
alerts.pagerduty = {routing_key_env = "PAGER_KEY", url = "URL/v2/enqueue"}
alerts.routes.critical = ["alertmanager", "slack", "teams", "discord", "webhook", "pagerduty"]
alerts.routes.error = ["alertmanager", "slack", "teams", "discord", "webhook", "pagerduty"]
alerts.routes.warning = ["alertmanager", "slack", "teams", "discord", "webhook", "pagerduty"]
"""
ADDRESSES = {
    "PUSH_URL": "/push",
    "LINEAGE_URL": "/lineage",
    "RETRAIN_URL": "/retrain/canary-of-retrain-1",
    "AM_URL": "/am",
    "SLACK_URL": "/services/T0/canary-of-slack-2",
    "TEAMS_URL": "/teams?sig=canary-of-teams-3",
    "DISCORD_URL": "/webhooks/1/canary-of-discord-4",
    "HOOK_URL": "/hook/canary-of-hook-5",
}
KEYS = {
    "PUSH_USER": "canary-user-6",
    "PUSH_PASSWORD": "canary-password-7",
    "LINEAGE_KEY": "canary-of-lineage-8",
    "RETRAIN_TOKEN": "canary-token-9",
    "AM_TOKEN": "canary-of-am-10",
    "HOOK_TOKEN": "canary-of-hook-11",
    "PAGER_KEY": "canary-of-pager-12",
}


def plant(root: Path, secrets: list[str]) -> None:
    """Let every secret stand in what is said of artifacts: in their names, their paths, their values."""
    sidecar = root / "p2" / "dataset_metadata.json"
    document = json.loads(sidecar.read_text(encoding="utf-8"))
    document |= {f"more_{i}": value for i, value in enumerate(secrets)}
    document |= {"row_count": 7, "dataset_name": secrets[1]}
    sidecar.write_text(json.dumps(document), encoding="utf-8")
    for i, value in enumerate(secrets):
        bundle = root / "p4" / "artifacts" / quote(value, safe="")[:100]
        bundle.mkdir(parents=True)
        (bundle / "metadata.json").write_text(json.dumps({"run_id": value, "model_name": value}), encoding="utf-8")
        (bundle / "metrics.json").write_text(json.dumps({"r2": 0.1, value: i}), encoding="utf-8")


def plain(body: bytes) -> str:
    text = unquote_to_bytes(body).decode("utf-8", "replace")
    return html.unescape(unquote(text)).replace("\\/", "/")


def test_no_payload_holds_a_secret(receiver: Receiver, tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.proto")
    pytest.importorskip("openlineage.client")
    shutil.copytree(PLATFORM, tmp_path / "artifacts")
    environ = {name: f"{receiver.url}{path}" for name, path in ADDRESSES.items()} | KEYS
    secrets = [*(f"{receiver.url}{path}" for path in ADDRESSES.values() if "canary" in path), *KEYS.values()]
    plant(tmp_path / "artifacts", secrets)
    policy = POLICY.replace("URL/v2", f"{receiver.url}/v2").replace('"URL"', f'"{receiver.url}"')
    (tmp_path / "mlmonitor.toml").write_text(policy, encoding="utf-8")
    passed = {
        name: value for name, value in os.environ.items() if not name.startswith(("MLMONITOR_", "OTEL_", "TRACE"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--mlmonitor-out=out", f"--mlmonitor-now={NOW}"],
        cwd=tmp_path,
        env=passed
        | environ
        | {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_EXPORTER_OTLP_HEADERS": "x-key=canary-of-otel-13"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert results["complete"], done.stdout
    assert done.returncode == 1
    asked = {request.path.split("/")[1] for request in receiver.requests}
    assert asked >= {"push", "lineage", "am", "services", "teams", "webhooks", "hook", "v2", "v1"}, done.stdout
    for request in receiver.requests:
        said = plain(request.body)
        if request.path.startswith("/v2/enqueue"):  # its key stands in the body, once
            assert said.count(KEYS["PAGER_KEY"]) == 1
            assert request.json["routing_key"] == KEYS["PAGER_KEY"]
            said = said.replace(KEYS["PAGER_KEY"], "")
        left = [said[max(i - 80, 0) : i + 40] for i in range(len(said)) if said.startswith("canary", i)]
        assert (request.path, left) == (request.path, [])
    kept = done.stdout + done.stderr
    assert "canary" not in kept
    for path in [*(tmp_path / "out").rglob("*"), *(tmp_path / ".mlmonitor").rglob("*.db*")]:
        if path.is_file() and path.name != "state.db" and not path.name.startswith("state.db-"):
            assert (path.name, b"canary" in path.read_bytes()) == (path.name, False)
