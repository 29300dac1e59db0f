"""The layers of design.md, and what loading the plugin costs everybody."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest_mlmonitor

PROJECT = Path(__file__).resolve().parents[2]
HEAVY = ("pydantic", "pydantic_settings", "pyarrow", "pandera", "pandas", "numpy", "prometheus_client", "typer")


def run(code: str) -> list[str]:
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    return made.stdout.split()


def test_import_contracts_are_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    made = subprocess.run([str(lint)], capture_output=True, text=True, check=False, cwd=PROJECT)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "Contracts: 0 kept" not in made.stdout


def test_the_plugin_loads_nothing_heavy() -> None:
    loaded = run("import sys, pytest_mlmonitor.plugin; print(*sorted({n.split('.')[0] for n in sys.modules}))")
    assert "pytest_mlmonitor" in loaded
    assert sorted(set(HEAVY) & set(loaded)) == []


def test_the_core_runs_without_pytest() -> None:
    code = (
        "import sys, pytest_mlmonitor.commands.app, pytest_mlmonitor.kinds as c, pytest_mlmonitor.outputs.lineage\n"
        "c.built_in(); print(*sorted({n.split('.')[0] for n in sys.modules}))"
    )
    assert "pytest" not in run(code)


def test_public_names_are_there_and_all_of_them_are_lazy() -> None:
    assert run(
        "import sys, pytest_mlmonitor; print(*(n for n in sys.modules if n.startswith('pytest_mlmonitor')))"
    ) == ["pytest_mlmonitor"]
    for name in pytest_mlmonitor.__all__:
        assert getattr(pytest_mlmonitor, name) is not None


def test_every_module_can_be_imported_first() -> None:
    """No import only works because another module was imported before it."""
    modules = sorted(
        ".".join(path.with_suffix("").relative_to(PROJECT).parts).removesuffix(".__init__")
        for path in (PROJECT / "pytest_mlmonitor").rglob("*.py")
    )
    for name in modules:
        importlib.import_module(name)
    cheap = [m for m in modules if m.count(".") == 1 and m.rsplit(".", 1)[1] in ("model", "names", "words", "policy")]
    loaded = run(f"import sys\nfor m in {cheap!r}: __import__(m)\nprint(*sorted(n.split('.')[0] for n in sys.modules))")
    assert sorted(set(HEAVY) & set(loaded)) == []
