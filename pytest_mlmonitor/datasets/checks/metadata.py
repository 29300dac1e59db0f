"""The five metadata checks whose names are fixed (specification 2.1), and their report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.records.strict_json import NotAnObject, parse_object

_FIELDS = {
    "dataset_name_present": "dataset_name",
    "dataset_version_present": "dataset_version",
    "freshness_computable": "built_at",
}


def metadata_report(path: Path) -> dict[str, Any]:
    """Return ``{metadata_path, all_passed, results: [{check, passed, detail}]}`` of a sidecar.

    ``file_exists`` and ``valid_json`` short-circuit: what comes after them is not in the results.
    """
    text = str(path)
    results: list[dict[str, Any]] = []

    def add(name: str, problem: str) -> None:
        results.append({"check": name, "passed": not problem, "detail": problem})

    if not path.exists():
        add("file_exists", f"File not found: {text}")
        return {"metadata_path": text, "all_passed": False, "results": results}
    add("file_exists", "")
    try:
        data = parse_object(read_bytes(path))
    except (NotAnObject, Refused) as error:
        line = f"line {error.line}: " if isinstance(error, NotAnObject) else ""
        add("valid_json", f"{line}{path.name} {error}")
        return {"metadata_path": text, "all_passed": False, "results": results}
    add("valid_json", "")
    for name, field in _FIELDS.items():
        value = data.get(field)
        present = isinstance(value, str) and bool(value.strip())
        add(name, "" if present else _absent(field, field in data, value))
    return {"metadata_path": text, "all_passed": all(r["passed"] for r in results), "results": results}


def _absent(field: str, there: bool, value: object) -> str:
    if not there:
        return f"{field} is missing"
    if value is None:
        return f"{field} is null"
    if isinstance(value, str):
        return f"{field} is {'empty' if value == '' else 'blank'}"
    return f"{field} is {quoted(value)}: expected a string"


def _has_sidecar(dataset: Dataset) -> bool:
    return dataset.sidecar is not None


@check(
    "dataset",
    category="contract",
    applies=_has_sidecar,
    reads_broken=True,
    action="Write the metadata file beside the data",
)
def file_exists(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The sidecar exists."""
    if dataset.sidecar is not None and not dataset.sidecar.exists():
        yield Finding(Severity.ERROR, f"{dataset.sidecar.name} does not exist", location=shown(dataset.sidecar))


@check(
    "dataset",
    category="contract",
    applies=_has_sidecar,
    reads_broken=True,
    action="Repair the JSON of the metadata file",
)
def valid_json(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The sidecar is one JSON object in UTF-8, without BOM and duplicate keys."""
    yield from dataset.unreadable


def _present(dataset: Dataset, name: str) -> Iterator[Finding]:
    field = _FIELDS[name]
    value = (dataset.document or {}).get(field)
    if not (isinstance(value, str) and value.strip()):
        yield from (finding for finding in dataset.violations if finding.column == field)


@check("dataset", category="contract", applies=_has_sidecar, action="Write dataset_name into the metadata file")
def dataset_name_present(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The sidecar names the dataset."""
    yield from _present(dataset, "dataset_name_present")


@check("dataset", category="contract", applies=_has_sidecar, action="Write dataset_version into the metadata file")
def dataset_version_present(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The sidecar names the version."""
    yield from _present(dataset, "dataset_version_present")


@check(
    "dataset",
    category="contract",
    applies=_has_sidecar,
    action="Write built_at, a time with its zone, into the metadata",
)
def freshness_computable(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The sidecar says when the dataset was built."""
    yield from _present(dataset, "freshness_computable")
