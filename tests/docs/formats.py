"""The part of the page of formats that is made from the code: every adapter, and the fields of the sample platform's documents.

python -m tests.docs.formats     writes it anew
"""

# ruff: noqa: E501 -- a row of the page is one line

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from pytest_mlmonitor.datasets.record import EMBEDDED_KEYS, DatasetMetadata
from pytest_mlmonitor.kinds import BUILT_IN
from pytest_mlmonitor.predictions.record import LOG_FIELDS, REQUIRED, TEST_PREDICTIONS
from pytest_mlmonitor.records.contract import Record
from pytest_mlmonitor.serving.record import DeploymentEventRecord, ServingWindowRecord
from pytest_mlmonitor.training.record import BundleMetadata, BundleMetrics, TrainingMetadata
from pytest_mlmonitor.training.report_record import TrainingReportRecord
from tests.docs.blocks import DOCS

FILE = DOCS / "formats.md"
BEGIN, END = "<!-- made by python -m tests.docs.formats -->", "<!-- end of what is made -->"

DOCUMENTS: tuple[tuple[str, str, type[Record]], ...] = (
    ("p2/dataset_metadata.json", "a **dataset** with the parquet file or table directory that `path` names", DatasetMetadata),
    ("p4/RUN_ID/metadata.json", "a **training run** (a *bundle*), with `metrics.json` or `model_uri.txt` beside it", BundleMetadata),
    ("p4/RUN_ID/metrics.json", "the figures of that run; any other finite number is kept as well", BundleMetrics),
    ("p2/training_metadata.json", "a **training run** described by one file", TrainingMetadata),
    ("p2/models/metrics_20260426_131236.json", "a **training report**", TrainingReportRecord),
    ("p5/serving/metrics/2026-04-26/13/metrics_48.jsonl", "**windows of a deployment**, one a line, in the file of their minute", ServingWindowRecord),
    ("p5/serving/events/2026-04-26/deployment_events.jsonl", "**events of a deployment**, one a line", DeploymentEventRecord),
)  # fmt: skip
"""Where each lies on the sample platform, what it becomes, and its record."""

_OF_US = re.compile(r"^(Reading|Recognising|Meeting) | \(specification [\d., ]+\)|:mod:")
"""What a module says of itself, and no reader of the page needs."""

NO_EXAMPLE = {"TrainingReportRecord": "contract_tests/platform/p2/models/metrics_20260426_131236.json"}
"""Documents that are long, and where a whole one lies."""

_EXAMPLES = {
    "run_id": "43826da1",
    "path": "orders_20261127_080000.parquet",
    "dataset_name": "orders",
    "dataset_version": "2026-11-27T08:00:00Z",
    "target": "late",
    "entity": "order_id",
    "event_ts": "ordered_at",
    "artifact_path": "runs:/43826da1/model",
    "input_dataset_name": "orders",
    "input_dataset_version": "2026-11-27T08:00:00Z",
    "run_timestamp": "20261127_080000",
}


def made() -> str:
    """Return the part of the page."""
    return "\n".join([BEGIN, "", *_adapters(), *_documents(), *_others(), END])


def page() -> str:
    """Return the page with that part anew."""
    text = FILE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{made()}{after}"


def _adapters() -> Iterator[str]:
    yield "## Everything that is recognised"
    yield ""
    yield "One row a format, in the order in which they are asked. A format that is declared has no mark of its own: its files are those of a source."
    yield ""
    yield "| becomes | format | what is read |"
    yield "|---|---|---|"
    for kind in BUILT_IN:
        for module in kind.formats:
            path = module if "." in module else f"{kind.package}.adapters.{module}"
            words = (importlib.import_module(path).__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
            words = _OF_US.sub("", words).removesuffix(".").replace("``", "`").replace("|", "&#124;")
            yield f"| `{kind.name}` | `{module.rpartition('.')[2]}` | {words[0].upper()}{words[1:]} |"
    yield ""


def _documents() -> Iterator[str]:
    yield "## The sample platform's own formats"
    yield ""
    yield "Strict to the letter: a field that is missing or of another type is an error, one that is not listed a warning. JSON is UTF-8; times are ISO-8601 with a zone."
    yield ""
    for place, becomes, record in DOCUMENTS:
        yield f"### `{place}`"
        yield ""
        yield f"Is {becomes}."
        yield ""
        required = [name for name, field in record.model_fields.items() if field.is_required()]
        optional = [name for name, field in record.model_fields.items() if not field.is_required()]
        words: dict[str, list[str]] = {}
        for name in required:
            words.setdefault(_words(record, name), []).append(name)
        yield "| required | holds |"
        yield "|---|---|"
        for holds, names in words.items():
            yield f"| {', '.join(f'`{name}`' for name in names)} | {holds} |"
        if not required:
            yield "| none | |"
        yield ""
        if optional:
            yield f"Optional: {', '.join(f'`{name}`' for name in optional)}."
            yield ""
        if record.__name__ in NO_EXAMPLE:
            yield f"A whole one: `{NO_EXAMPLE[record.__name__]}`."
        else:
            yield "```json"
            yield json.dumps(example(record), indent=None if place.endswith(".jsonl") else 1)
            yield "```"
        yield ""


def _others() -> Iterator[str]:
    yield "### `training_dataset_20260426_130148.parquet`"
    yield ""
    yield f"Is a **dataset** without a sidecar: its parquet schema has the key/value metadata {', '.join(f'`{key}`' for key in EMBEDDED_KEYS)}, all required."
    yield ""
    yield "### `models/test_predictions_20260426_131236.parquet`"
    yield ""
    columns = ", ".join(f"`{column.name}` ({' or '.join(column.types)})" for column in TEST_PREDICTIONS.columns)
    yield f"Is **predictions**: {columns}; the key is {' and '.join(f'`{name}`' for name in TEST_PREDICTIONS.key)}."
    yield ""
    yield "### `predictions*.jsonl`, `predictions*.parquet`"
    yield ""
    yield "Is **predictions**: a log of another platform, one entry a line or row. Of each field the first name that is there is read; other names are declared ([sources](sources.md))."
    yield ""
    yield "| field | names | |"
    yield "|---|---|---|"
    for name, names in LOG_FIELDS.items():
        need = "every entry, or none" if name in REQUIRED else "optional"
        yield f"| {name} | {', '.join(f'`{one}`' for one in names)} | {need} |"
    yield ""


def example(record: type[BaseModel]) -> dict[str, Any]:
    """Return the shortest document that keeps a record's contract, but for what its fields say of one another."""
    names = [name for name, field in record.model_fields.items() if field.is_required()] or list(record.model_fields)
    return {name: _value(record, name) for name in names}


def _words(record: type[BaseModel], name: str) -> str:
    field = record.model_fields[name]
    inner = _record_of(field.annotation)
    if inner is not None:
        return f"an object with {', '.join(f'`{one}`' for one in inner.model_fields)}"
    inside = (meta for one in get_args(field.annotation) for meta in getattr(one, "__metadata__", ()))
    found = (
        field.description
        or next((one.description for one in inside if getattr(one, "description", None)), None)
        or next((one.description for one in field.metadata if getattr(one, "description", None)), None)
    )
    return found or "see the example"


def _record_of(annotation: Any) -> type[BaseModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _value(record: type[BaseModel], name: str) -> Any:
    if name in _EXAMPLES:
        return _EXAMPLES[name]
    inner = _record_of(record.model_fields[name].annotation)
    if inner is not None:
        return example(inner)
    words = _words(record, name)
    if words.startswith('"'):
        return words.strip('"')
    if "ISO" in words:
        return "2026-11-27T08:00:00Z"
    for word, value in (
        ("integer", 12),
        ("0..1", 0.5),
        ("number", 0.5),
        ("list", []),
        ("string", "text"),
        ("text", "text"),
    ):
        if word in words:
            return value
    return {}


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{FILE.name}\n")
