"""The units and manifests of ``examples/watch`` say what systemd, Kubernetes and the command understand."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from pytest_mlmonitor.commands.app import app
from pytest_mlmonitor.integrations.suite_run import _KILLED, GRACE
from tests.unit.test_architecture import PROJECT

EXAMPLES = PROJECT / "examples" / "watch"
MANIFESTS = sorted((EXAMPLES / "kubernetes").glob("*.yaml"))
PROGRAM = "/opt/mlmonitor/bin/mlmonitor"


def parsed(words: list[str]) -> dict[str, Any]:
    """Return the parameters that a command line of ours has."""
    command = typer.main.get_command(app)
    name, *rest = words
    found = command.commands[name].make_context(name, rest)  # type: ignore[attr-defined]
    return dict(found.params)


def test_systemd_understands_its_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    for unit in (EXAMPLES / "systemd").iterdir():
        (tmp_path / unit.name).write_text(unit.read_text().replace(PROGRAM, sys.executable))
    units = [
        str(tmp_path / name) for name in ("mlmonitor-watch.service", "mlmonitor-run.service", "mlmonitor-run.timer")
    ]
    done = subprocess.run([program, "verify", *units], capture_output=True, text=True, check=False, timeout=120)
    ours = [line for line in done.stderr.splitlines() if "mlmonitor-" in line]
    assert ours == [], done.stderr


@pytest.mark.parametrize("unit", sorted((EXAMPLES / "systemd").glob("*.service")), ids=lambda one: one.name)
def test_the_command_understands_what_units_start(unit: Path) -> None:
    lines = dict(
        line.split("=", 1) for line in unit.read_text().splitlines() if "=" in line and not line.startswith("#")
    )
    started, *words = shlex.split(lines["ExecStart"])
    assert started == PROGRAM
    parameters = parsed(words)
    if words[0] == "watch":
        assert (parameters["interval"], parameters["port"], parameters["words"]) == ("10m", 9464, ())
        assert int(lines["TimeoutStopSec"]) > GRACE + _KILLED


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda one: one.name)
def test_manifests_agree_with_themselves_and_with_the_command(manifest: Path) -> None:
    document = yaml.safe_load(manifest.read_text())
    spec = document["spec"]
    template = spec["jobTemplate"]["spec"]["template"] if document["kind"] == "CronJob" else spec["template"]
    if document["kind"] == "Deployment":
        assert spec["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    pod = template["spec"]
    (container,) = pod["containers"]
    volumes = {one["name"] for one in pod["volumes"]}
    assert {one["name"] for one in container["volumeMounts"]} == volumes
    assert all(isinstance(one, str) for one in (*container["args"], *(one["value"] for one in container["env"])))
    mounts = [one["mountPath"] for one in container["volumeMounts"] if not one.get("readOnly")]
    written = [one["value"] for one in container["env"] if one["value"].startswith("/")]
    assert written and all(any(Path(one).is_relative_to(mount) for mount in mounts) for one in written)
    parameters = parsed(container["args"])
    if container["args"][0] == "watch":
        assert pod["terminationGracePeriodSeconds"] > GRACE + _KILLED
        (port,) = container["ports"]
        assert parameters["port"] == port["containerPort"]
        assert ip_address(parameters["host"]).is_unspecified, "the kubelet asks from outside of the pod"
        probe = container["readinessProbe"]["httpGet"]
        assert (probe["port"], probe["path"]) == (port["name"], "/healthz")
        assert "livenessProbe" not in container and spec["strategy"] == {"type": "Recreate"}
    else:
        assert spec["concurrencyPolicy"] == "Forbid" and spec["jobTemplate"]["spec"]["backoffLimit"] == 0
