"""What serving is handed is what the run was trained on (specification 8, P5's handoff)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.near import renamed
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.core.text.versions import version_key
from pytest_mlmonitor.core.text.words import count, instant, listing
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.identities.inputs import Inputs
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.records.documents import Document
from pytest_mlmonitor.records.strict_json import non_finite_findings
from pytest_mlmonitor.tables.families import TEMPORAL, family_of
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.training.handoffs import METADATA, SCHEMA, Handoff, Handoffs
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.views import Reports

_ORDERED = ("feature_names", "feature_columns", "feature_order", "model_features", "features")
_TYPES = {
    **{"float64": "double", "float32": "float", "float16": "halffloat", "boolean": "bool"},
    **{"object": "string", "str": "string", "utf8": "string", "large_string": "string", "string_view": "string"},
    **{"int": "int64", "long": "int64", "float": "float"},
}
"""What numpy and others call Arrow's types."""

_ARROW = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)) | {
    "double",
    "float",
    "halffloat",
    "bool",
    "string",
}


@check(
    "training_run",
    category="reconcile",
    applies=lambda run, context: bool(context.view(Handoffs).of(run)),
    action="Export the handoff again from this run, then deploy it",
)
def handoff(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """The features, types, target, entity and versions that serving is handed are those of the run and of its dataset."""
    for one in context.view(Handoffs).of(run):
        for document in one.documents:
            yield from document.unreadable
            if document.data is not None:
                yield from non_finite_findings(document.data, (), partial(_where, document))
        if not one.certain:
            yield _of_no_run(one)
            continue
        yield from _missing(one)
        if one.metadata is not None and one.metadata.data is not None:
            yield from _other_run(one.metadata, run)
        if one.schema is not None and one.schema.data is not None:
            yield from _schema(one, one.schema, one.schema.data, run, context)


def _where(document: Document, at: tuple[str | int, ...]) -> str:
    return document.where(*at)


def _of_no_run(one: Handoff) -> Finding:
    place = one.metadata or one.schema
    assert place is not None
    which = f"the handoff in {bare(one.directory.name, 60)}"
    message = f"{which} is of no run under the roots: no version, dataset or time of it is that of a run"
    return Finding(
        Severity.WARNING, message, "the model_version and dataset of a run", None, "model_version", shown(place.path)
    )


def _missing(one: Handoff) -> Iterator[Finding]:
    for document, name, other in ((one.schema, SCHEMA, METADATA), (one.metadata, METADATA, SCHEMA)):
        if document is None:
            message = f"{name} is missing beside {other}: serving loads both"
            yield Finding(Severity.WARNING, message, name, "absent", None, shown(one.directory / name))


def _other_run(document: Document, run: TrainingRun) -> Iterator[Finding]:
    """Yield what the metadata says otherwise than the run; what either does not say is no matter."""
    own = {
        "run_id": run.run_id,
        "model_version": run.model_version,
        "model_type": (run.document or {}).get("model_type"),
        "input_dataset_name": run.input_dataset_name,
        "input_dataset_version": run.input_dataset_version,
    }
    for key, theirs in own.items():
        said = document.text(key)
        if said is None or not isinstance(theirs, str) or theirs == UNKNOWN:
            continue
        if said != theirs and version_key(said) != version_key(theirs):
            yield _differs(document, key, quoted(said, 60), f"the run says {quoted(theirs, 60)}", quoted(theirs, 60))
    for key, moment in (
        ("started_at", run.emitted.get("started_at")),
        ("completed_at", run.emitted.get("completed_at")),
        ("trained_at", run.emitted.get("completed_at")),
    ):
        said = document.text(key)
        if said is None or moment is None:
            continue
        try:
            written = parse_timestamp(said)
        except ValueError:
            yield _differs(document, key, quoted(said, 60), "that is no timestamp", "an ISO-8601 timestamp with a zone")
            continue
        apart = abs((written - moment).total_seconds())
        # When a model was trained is said to the second or to the end of its evaluation; when the run was, by the run itself.
        if apart >= 1 and key != "trained_at":
            yield _differs(document, key, quoted(said, 60), f"the run says {instant(moment)}", instant(moment))


def _differs(document: Document, key: str, said: str, theirs: str, expected: str) -> Finding:
    message = f"{document.path.name} says {key} {said}, but {theirs}"
    return Finding(Severity.ERROR, message, expected, said, key, document.where(key))


def _schema(
    one: Handoff, schema: Document, data: Mapping[str, Any], run: TrainingRun, context: Context
) -> Iterator[Finding]:
    features: dict[str, str | None] = {}
    names: list[str] = []
    for i, entry in enumerate(data["features"]):
        name = entry if isinstance(entry, str) else entry.get("name") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or not name.strip():
            place = schema.where("features", i)
            message = f"{SCHEMA} features[{i}] names no feature"
            yield Finding(
                Severity.ERROR, message, "name: the feature's", quoted(name, 40), f"features[{i}].name", place
            )
            continue
        dtype = entry.get("dtype", entry.get("type")) if isinstance(entry, Mapping) else None
        names.append(name)
        features[name] = dtype if isinstance(dtype, str) else None
    for name, number in Counter(names).items():
        if number > 1:
            message = f"{SCHEMA} has the feature {quoted(name, 60)} {number:,} times"
            yield _of_feature(schema, names, name, message, "every feature once", f"{number:,} times")
    datasets = context.link(Inputs).of(run)
    yield from _targets(one, schema, features, datasets)
    if datasets:
        yield from _against(schema, names, features, datasets[0], context)
    yield from _order(one, schema, names, run, datasets, context)


def _targets(
    one: Handoff, schema: Document, features: Mapping[str, Any], datasets: Sequence[Dataset]
) -> Iterator[Finding]:
    target = schema.text("target")
    said = one.metadata.text("target") if one.metadata is not None else None
    theirs, where = target, SCHEMA
    if datasets and datasets[0].target is not None:
        theirs, where = datasets[0].target, f"the dataset {bare(datasets[0].ref.name, 60)}"
    if one.metadata is not None and theirs is not None and said is not None and said != theirs:
        yield _differs(
            one.metadata, "target", quoted(said, 60), f"{where} says {quoted(theirs, 60)}", quoted(theirs, 60)
        )
    if target is not None and target in features:
        message = f"{SCHEMA} has the target {quoted(target, 60)} among the features: the model is given its answer"
        yield Finding(
            Severity.ERROR,
            message,
            "no target among the features",
            quoted(target, 60),
            bare(target, 60),
            schema.where("target"),
        )


def _against(
    schema: Document, names: list[str], features: Mapping[str, str | None], dataset: Dataset, context: Context
) -> Iterator[Finding]:
    """Yield where the schema is not that of the dataset that the run was trained on."""
    of = f"the dataset {bare(dataset.ref.name, 60)}"
    for key, column in (("target", dataset.target), ("entity_key", dataset.entity), ("event_ts", dataset.event_ts)):
        said = schema.text(key)
        if said is not None and column is not None and said != column:
            yield _differs(schema, key, quoted(said, 60), f"{of} says {quoted(column, 60)}", quoted(column, 60))
    types = context.view(TableReader).types(dataset.file)
    contracts = context.link(Contracts).tables(dataset)
    apart = {dataset.target, dataset.entity, dataset.event_ts, schema.text("target"), schema.text("entity_key")}
    apart |= {name for contract in contracts for name in contract.key}
    apart |= {column.name for contract in contracts for column in contract.columns if column.of_time}
    learnt = [name for name, type_ in types.items() if name not in apart and family_of(type_) not in TEMPORAL]
    lacking = [name for name in learnt if name not in features]
    for name in dict.fromkeys(names):
        if name not in types:
            new = renamed(name, lacking)
            hint = f"; it has {quoted(new, 60)}, which {SCHEMA} lacks" if new is not None else ""
            message = f"{SCHEMA} has the feature {quoted(name, 60)}, which {of} has not{hint}"
            yield _of_feature(schema, names, name, message, f"a column of {of}", quoted(name, 60))
    if lacking:
        message = f"{SCHEMA} lacks {count(len(lacking), 'feature')} of {of}: {bare(listing(lacking), 200)}"
        column = bare(lacking[0], 60) if len(lacking) == 1 else None
        yield Finding(
            Severity.ERROR, message, f"{len(learnt):,} features", f"{len(names):,}", column, schema.where("features")
        )
    for name, dtype in features.items():
        theirs, ours = _arrow(types.get(name)), _arrow(dtype)
        if theirs is not None and ours is not None and theirs != ours:
            message = (
                f"{SCHEMA} says that {quoted(name, 60)} is {bare(str(dtype), 30)}, but in {of} it is {types[name]}"
            )
            yield _of_feature(schema, names, name, message, types[name], bare(str(dtype), 30))


def _arrow(name: str | None) -> str | None:
    """Return Arrow's name of a type, None for what is not known."""
    found = _TYPES.get(name.strip().lower(), name.strip().lower()) if name is not None else None
    return found if found in _ARROW else None


def _order(
    one: Handoff, schema: Document, names: list[str], run: TrainingRun, datasets: list[Dataset], context: Context
) -> Iterator[Finding]:
    """Yield the first feature that stands elsewhere than in a list that the model or its report gives.

    The columns of a table are no such list: a model takes its features in the order in which it was trained.
    """
    files = {dataset.data_path for dataset in datasets}
    reports = [
        report for report in context.view(Reports).all if report.input_path in files and report.input_path is not None
    ]
    said: list[tuple[str, list[str]]] = []
    if one.metadata is not None:
        said += _lists(METADATA, one.metadata.data or {})
    said += _lists(run.ref.path.name, run.document or {})
    for report in reports if len(reports) == 1 else ():
        document = report.document or {}
        rates = document.get("feature_null_rates")
        said += _lists(report.ref.path.name, document)
        said += [(f"feature_null_rates of {report.ref.path.name}", list(rates))] if isinstance(rates, Mapping) else []
    for where, listed in said:
        if sorted(listed) == sorted(names) and listed != names:
            place = next(i for i, pair in enumerate(zip(names, listed, strict=True)) if pair[0] != pair[1])
            own, theirs = quoted(names[place], 60), quoted(listed[place], 60)
            message = (
                f"{SCHEMA} has {own} as feature {place + 1}, but {bare(where, 100)} has {theirs} there: a model that is given its "
                "features in another order predicts something else"
            )
            yield _of_feature(schema, names, names[place], message, theirs, own)
            return


def _lists(where: str, document: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    places = [
        (where, document),
        *((f"{key} of {where}", value) for key, value in document.items() if isinstance(value, Mapping)),
    ]
    return [
        (f"{key} of {place}", value)
        for place, values in places
        for key in _ORDERED
        if isinstance(value := values.get(key), list) and value and all(isinstance(name, str) for name in value)
    ]


def _of_feature(schema: Document, names: list[str], name: str, message: str, expected: str, actual: str) -> Finding:
    place = schema.where("features", names.index(name), "name")
    return Finding(Severity.ERROR, message, expected, actual, bare(name, 60), place)
