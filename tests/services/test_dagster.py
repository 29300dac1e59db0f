"""Dagster's own command loads the definitions; that they warn of nothing the unit tests see, which take warnings for errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

DEFINITIONS = """
from pathlib import Path

from pytest_mlmonitor.integrations.dagster import definitions

defs = definitions(Path(__file__).parent, gate=True)
"""


def test_definitions_are_valid_for_an_empty_project(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "dagster.yaml").touch()
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "mlmonitor.toml").write_text('artifacts = ["artifacts"]\n')
    (tmp_path / "definitions.py").write_text(DEFINITIONS)
    command = Path(sys.executable).with_name("dagster")
    environment = {**os.environ, "DAGSTER_HOME": str(tmp_path / "home"), "DAGSTER_DISABLE_TELEMETRY": "yes"}
    made = subprocess.run(
        [str(command), "definitions", "validate", "-f", "definitions.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert "All code locations passed validation" in made.stdout + made.stderr
