"""Who imports whom: the layers, the libraries, and what loading the plugin costs everybody."""

from __future__ import annotations

import ast
import importlib
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pytest_mlmonitor

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "pytest_mlmonitor"
CONTRACTS = ("rooms", "kinds", "tables", "core", "views", "model", "adapters", "checks")

PLACES: dict[str, tuple[str, ...]] = {
    "_pytest": ("plugin/",),
    "apprise": ("outputs/senders/apprise.py",),
    "dagster": ("integrations/dagster/",),
    "deltalake": ("tables/source/delta.py",),
    "duckdb": ("tables/scan/",),
    "msgspec": ("integrations/api/openapi_document.py", "outputs/results.py", "records/", "serving/"),
    "narwhals": ("tables/plan/", "tables/scan/"),
    "numpy": (
        *(
            "inject/",
            "tables/arrays/",
            "tables/drift/",
            "tables/inference/",
            "tables/foreign_keys/",
            "tables/logs/",
            "tables/reader/written_values.py",
        ),
        *("tables/scan/", "tables/scores/", "tables/source/deleted/", "tables/source/held/part_rows.py"),
    ),
    "open_data_contract_standard": ("tables/odcs/",),
    "openlineage": ("outputs/openlineage/sending.py",),
    "opentelemetry": ("outputs/tracing/otlp.py",),
    "pandas": ("datasets/", "tables/pandera/"),
    "pandera": ("datasets/", "tables/pandera/"),
    "polars": ("tables/pandera/",),
    "prometheus_client": ("integrations/api/application.py", "outputs/"),
    "psycopg": ("core/store/postgres/postgres_connection.py",),
    "pyarrow": ("core/mirror/object_store.py", "datasets/", "inject/", "tables/"),
    "pydantic": (
        "core/policy/",
        "datasets/",
        "prove/proposals/proposal.py",
        "records/",
        "serving/",
        "tables/odcs/",
        "training/",
    ),
    "pydantic_settings": ("core/policy/",),
    "pyiceberg": (
        "tables/source/deleted/vector_places.py",
        "tables/source/evolution/iceberg_columns.py",
        "tables/source/iceberg.py",
    ),
    "py4j": ("tables/scan/spark/spark_session.py",),
    "pyspark": ("tables/scan/spark/",),
    "pytest": ("plugin/",),
    "requests": ("outputs/openlineage/sending.py",),
    "starlette": ("integrations/api/",),
    "typer": ("commands/",),
    "uvicorn": ("integrations/api/api_server.py",),
    "yaml": ("outputs/generated/yaml_text.py", "tables/odcs/yaml.py"),
}
"""Where each library may be imported: a room, or the one file."""

HEAVY = sorted(set(PLACES) - {"pytest", "_pytest"})


def imported(path: Path) -> Iterator[str]:
    """Yield the libraries that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        yield from (name.split(".")[0] for name in names)


def test_every_library_stays_in_its_place() -> None:
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for name in set(imported(path)) - sys.stdlib_module_names - {"pytest_mlmonitor"}:
            found.setdefault(name, set()).add(path.relative_to(PACKAGE).as_posix())
    strays = [
        (name, path) for name, paths in found.items() for path in paths if not path.startswith(PLACES.get(name, ()))
    ]
    assert sorted(strays) == []
    unused = [
        (name, place)
        for name, places in PLACES.items()
        for place in places
        if not any(path.startswith(place) for path in found.get(name, ()))
    ]
    assert unused == [], "nothing there imports it any more: take the place out of PLACES"


def run(code: str) -> list[str]:
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    return made.stdout.split()


def lint_imports(directory: Path) -> tuple[int, str]:
    lint = Path(sys.executable).with_name("lint-imports")
    made = subprocess.run([str(lint)], capture_output=True, text=True, check=False, cwd=directory)
    return made.returncode, made.stdout + made.stderr


def contracts() -> dict[str, dict[str, Any]]:
    """Return the contracts of pyproject.toml by id."""
    read = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in read["tool"]["importlinter"]["contracts"]}


def test_import_contracts_are_kept() -> None:
    assert tuple(contracts()) == CONTRACTS
    status, out = lint_imports(PROJECT)
    assert status == 0, out
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken" in out


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("copied")
    shutil.copytree(PACKAGE, directory / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", directory)
    return directory


@pytest.mark.parametrize(
    ("contract", "importer", "imports"),
    [
        ("rooms", "records/zz.py", "tables.rules"),
        ("rooms", "tables/zz.py", "datasets.model"),
        ("kinds", "datasets/adapters/zz.py", "datasets.checks.freshness"),
        ("kinds", "training/model.py", "training.checks.links"),
        ("tables", "tables/source/zz.py", "tables.rules"),
        ("core", "core/text/zz.py", "core.check"),
        ("views", "training/views.py", "datasets.adapters.sidecar"),
        ("views", "registries/views.py", "training.checks.links"),
        ("model", "core/zz.py", "datasets.model"),
        ("adapters", "datasets/adapters/zz.py", "datasets.adapters.sidecar"),
        ("adapters", "serving/adapters/zz.py", "training.adapters.flat"),
        ("checks", "datasets/checks/zz.py", "datasets.checks.freshness"),
        ("checks", "training/checks/zz.py", "datasets.checks.freshness"),
    ],
)
def test_every_contract_bites(contract: str, importer: str, imports: str, copied: Path) -> None:
    """A module that nobody listed is held to the contracts all the same: they name rooms, no modules."""
    path = copied / PACKAGE.name / importer
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\nimport pytest_mlmonitor.{imports}\n", encoding="utf-8")
    try:
        status, out = lint_imports(copied)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")
    assert status == 1, out
    assert f"{contracts()[contract]['name']} BROKEN" in out
    module = importer.removesuffix(".py").replace("/", ".")
    assert f"pytest_mlmonitor.{module} -> pytest_mlmonitor.{imports}" in " ".join(out.split())


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


def test_what_reads_tables_is_the_reader_process_alone() -> None:
    """A run that remembers every table needs none of these in pytest's own process; numpy alone takes a tenth of a second."""
    code = (
        "import sys, pytest_mlmonitor.plugin.session, pytest_mlmonitor.kinds as c\n"
        "c.built_in(); print(*sorted({n.split('.')[0] for n in sys.modules}))"
    )
    assert sorted({"numpy", "pyarrow", "duckdb", "deltalake", "pyiceberg"} & set(run(code))) == []


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


def test_dataclasses_are_those_of_the_standard_library() -> None:
    """A second way to make classes would be a framework of our own: what a short run does not need is imported later instead."""
    defined = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == "dataclass"
    ]
    assert defined == []
