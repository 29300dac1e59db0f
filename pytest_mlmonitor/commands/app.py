"""The ``mlmonitor`` command: helpers that share their functions with the pytest plugin (specification 5).

Results are JSON on stdout. Bad input is one line on stderr that names the file, exit 1; bad usage is exit 2.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from pytest_mlmonitor import __version__
from pytest_mlmonitor.anchors import BUNDLE_FILES, anchors
from pytest_mlmonitor.commands import contracts as contract_commands
from pytest_mlmonitor.commands.inject import inject_drift
from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
from pytest_mlmonitor.core.check import NotChecked
from pytest_mlmonitor.core.discover import DiscoveryLimit, serving_tree
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.places import PolicyError, policy_file
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.datasets.adapters.embedded import read_parquet
from pytest_mlmonitor.datasets.adapters.sidecar import read_sidecar
from pytest_mlmonitor.datasets.checks.freshness import compute_freshness
from pytest_mlmonitor.datasets.checks.metadata import metadata_report
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.platform import Platform
from pytest_mlmonitor.serving.checks.health import compute_health
from pytest_mlmonitor.serving.history import history_of
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.training.adapters.bundle import read_bundle
from pytest_mlmonitor.training.adapters.flat import read_flat
from pytest_mlmonitor.training.model import TrainingRun

app = typer.Typer(
    name="mlmonitor",
    help="Look at the artifacts of an ML platform: the same readers and rules as `pytest --mlmonitor PATH`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

MetadataPath = Annotated[
    Path, typer.Option("--metadata-path", help="the metadata document (or the artifact that carries it)")
]
Now = Annotated[str | None, typer.Option("--now", metavar="ISO", help="evaluate at this time instead of now")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="port on 127.0.0.1")]


class BadInput(Exception):
    """The input is wrong; the message is one line that names the file."""


def main() -> NoReturn:
    """Run the command; console entry point."""
    try:
        app()
    except BadInput as error:
        _fail(str(error), 1)
    except (PolicyError, DiscoveryLimit) as error:
        _fail(str(error), 2)
    sys.exit(0)


def _fail(message: str, status: int) -> NoReturn:
    print(f"mlmonitor: {safe(message)}", file=sys.stderr)
    sys.exit(status)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"mlmonitor {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="show the version and exit")
    ] = False,
) -> None:
    del version


contract_commands.register(app)
app.command("inject-drift")(inject_drift)


@app.command("describe")
def describe(path: Annotated[Path, typer.Argument(help="an artifact, or a directory that holds some")]) -> None:
    """Print every artifact at or below PATH: kind, name, path, the contract's fields after mapping, and warnings."""
    platform, wanted = _platform_at(path, None)
    _print([_described(ref, a) for ref, a in platform.artifacts if _at_or_below(ref, wanted)])


@app.command("serving-health")
def serving_health(
    path: Annotated[Path, typer.Argument(help="a serving tree, or a directory above one")], now: Now = None
) -> None:
    """Print the health of every deployment at or below PATH."""
    platform, wanted = _platform_at(path, now)
    healths = []
    deployments = [a for ref, a in platform.artifacts if isinstance(a, Deployment) and _at_or_below(ref, wanted)]
    if not deployments:
        raise BadInput(f"{path}: no serving tree here")
    for deployment in sorted(deployments, key=lambda d: d.ref.name):
        try:
            healths.append(compute_health(deployment, platform.now, platform.settings.serving).to_dict())
        except NotChecked as reason:
            print(f"mlmonitor: {safe(deployment.ref.name)}: {safe(str(reason))}", file=sys.stderr)
    _print(healths)


@app.command("compute-freshness")
def freshness(
    metadata_path: MetadataPath,
    threshold: Annotated[
        float, typer.Option("--threshold", min=0, help="seconds; an age from here on is STALE")
    ] = 1800.0,
    now: Now = None,
) -> None:
    """Print the freshness of a dataset; exits 0 also when it is STALE."""
    settings = _settings()
    platform = Platform([], settings, _time(now))
    dataset = _dataset(metadata_path, platform)
    try:
        _print(compute_freshness(dataset, platform.now, threshold, settings.clock_skew_seconds).to_dict())
    except NotChecked as reason:
        raise BadInput(f"{metadata_path}: {reason}") from None


@app.command("run-checks")
def run_checks(metadata_path: MetadataPath) -> None:
    """Print the five metadata checks of a dataset; exits 1 when one fails."""
    report = metadata_report(metadata_path)
    _print(report)
    if not report["all_passed"]:
        raise typer.Exit(1)


@app.command("emit-lineage-dataset-build")
def emit_lineage_dataset_build(metadata_path: MetadataPath) -> None:
    """Print the lineage event of a dataset build."""
    from pytest_mlmonitor.outputs.lineage import dataset_event

    try:
        _print(dataset_event(_dataset(metadata_path, Platform([], _settings()))))
    except ValueError as error:
        raise BadInput(f"{metadata_path}: {error}") from None


@app.command("emit-lineage-training-run")
def emit_lineage_training_run(metadata_path: MetadataPath) -> None:
    """Print the lineage event of a training run: a bundle directory, its metadata.json, or training_metadata.json."""
    from pytest_mlmonitor.outputs.lineage import training_event

    platform = Platform([], _settings())
    path = _existing(metadata_path)
    if path.is_dir() or path.name in BUNDLE_FILES:
        directory = path if path.is_dir() else path.parent
        run = read_bundle(_ref("training_run", directory / "metadata.json"), platform)
    else:
        run = read_flat(_ref("training_run", path), platform)
    _refuse_broken(run, metadata_path)
    try:
        _print(training_event(run))
    except ValueError as error:
        raise BadInput(f"{metadata_path}: {error}") from None


@app.command("serve-metrics")
def serve_metrics(
    paths: Annotated[list[Path] | None, typer.Argument(help="artifact roots; default: those of the policy")] = None,
    port: Port = 8000,
) -> None:
    """Serve the platform's metrics on 127.0.0.1; every scrape reads the artifacts anew."""
    from pytest_mlmonitor.outputs.serve import PlatformEndpoint, serve

    settings = _settings()
    roots = [_existing(path) for path in paths or settings.artifacts]
    if not roots:
        raise PolicyError("serve-metrics needs an artifact root: name one, or set artifacts in the policy")
    serve(PlatformEndpoint(roots, _settings(roots)), port)


@app.command("demo-metrics")
def demo_metrics(port: Port = 8000) -> None:
    """Serve sample values of the four metric families on 127.0.0.1, to try dashboards and alert rules on."""
    from pytest_mlmonitor.outputs.demo_metrics import DemoCollector
    from pytest_mlmonitor.outputs.serve import serve

    serve(DemoCollector(_settings().environment), port)


@app.command("simulate-prediction")
def simulate_prediction(
    count: Annotated[int, typer.Option("--count", min=1, help="number of predictions")] = 1,
    model_name: Annotated[str, typer.Option("--model-name", help="the model's name")] = "bike_demand_model",
) -> None:
    """Count predictions of a model and print what Prometheus would see."""
    from pytest_mlmonitor.outputs.demo_metrics import prediction_total

    _print(prediction_total(model_name, count, _settings().environment))


def _settings(roots: Sequence[Path] = ()) -> Settings:
    directory = Path.cwd()
    for candidate in (directory, *directory.parents):
        if (candidate / "pyproject.toml").is_file() or (candidate / "mlmonitor.toml").is_file():
            file = policy_file(candidate)
            if file is not None and any(file.resolve().is_relative_to(root) for root in roots):
                raise PolicyError(f"unsafe: the policy {file} lies inside the artifact root; name a smaller root")
            return load(file)
    return load()


def _time(text: str | None) -> datetime:
    try:
        return parse_timestamp(text) if text else datetime.now(UTC)
    except ValueError as error:
        raise PolicyError(f"--now {error}") from None


def _existing(path: Path) -> Path:
    if not path.exists():
        raise BadInput(f"{path}: does not exist")
    return path.resolve()


def _ref(kind: str, path: Path) -> ArtifactRef:
    root = path.parent.parent if path.name == "metadata.json" else path.parent
    return ArtifactRef(kind, path, path.stem, root)


def _dataset(path: Path, platform: Platform) -> Dataset:
    resolved = _existing(path)
    ref = _ref("dataset", resolved)
    dataset = (
        read_parquet(ref, platform, platform.head) if resolved.suffix == ".parquet" else read_sidecar(ref, platform)
    )
    _refuse_broken(dataset, path, ignore=("path",))
    return dataset


def _refuse_broken(artifact: Artifact, path: Path, ignore: tuple[str, ...] = ()) -> None:
    """A helper works with sound metadata only; pytest lists every finding."""
    errors: list[Finding] = [
        f
        for f in (*artifact.unreadable, *artifact.violations)
        if f.severity >= Severity.ERROR and f.column not in ignore
    ]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise BadInput(f"{errors[0].location or path}: {errors[0].message}{more}")


def _platform_at(path: Path, now: str | None) -> tuple[Platform, Path]:
    """Return the platform around ``path``: a directory is its own root, a file's root is the directory it belongs to."""
    resolved = _existing(path)
    tree = serving_tree(resolved) if resolved.is_dir() else None
    root = tree or resolved
    if not resolved.is_dir():
        if resolved.name not in BUNDLE_FILES and anchors(resolved.name, resolved.parent.name) is None:
            raise BadInput(f"{path}: not a file that an artifact is recognised by")
        root = resolved.parent.parent if resolved.parent.name == "models" else resolved.parent
    return Platform([root], _settings([root]), _time(now)), resolved


def _at_or_below(ref: ArtifactRef, wanted: Path) -> bool:
    if ref.kind == "deployment" and wanted.is_relative_to(ref.path.parent):
        return True
    in_bundle = ref.kind == "training_run" and wanted.name in BUNDLE_FILES and wanted.parent == ref.path.parent
    return in_bundle or wanted == ref.path or wanted in ref.path.parents


_FIELDS: dict[type[Any], tuple[str, ...]] = {
    Dataset: (
        "dataset_name",
        "dataset_version",
        "path",
        "built_at",
        "row_count",
        "feature_count",
        "target",
        "entity",
        "event_ts",
        "schema_version",
    ),
    TrainingRun: (
        "run_id",
        "model_name",
        "model_version",
        "input_dataset_name",
        "input_dataset_version",
        "started_at",
        "completed_at",
        "metrics",
        "artifact_path",
    ),
}


def _described(ref: ArtifactRef, artifact: Any) -> dict[str, Any]:
    contract: dict[str, Any] = {}
    if isinstance(artifact, Deployment):
        window = history_of(artifact).latest
        latest = window or (artifact.events or (None,))[-1]
        for name in ("model_name", "model_version", "bundle_id", "input_dataset_name", "input_dataset_version"):
            contract[name] = getattr(latest, name, None)
        contract = {"deployment_id": ref.name, **contract}
        contract |= {"windows": len(artifact.windows), "events": len(artifact.events)}
    elif isinstance(artifact, ContractFile):
        if artifact.contract is not None:
            contract = {name: getattr(artifact.contract, name) for name in ("id", "name", "version", "status")}
            contract["tables"] = [table.contract.name for table in artifact.contract.tables]
    else:
        for name in _FIELDS.get(type(artifact), ()):
            contract[name] = _json(getattr(artifact, name))
        if isinstance(artifact, TrainingRun):
            contract["metrics"] = {k: artifact.metrics[k] for k in ("rmse", "mae") if k in artifact.metrics}
        contract = contract or dict(getattr(artifact, "document", None) or {})
    findings: list[Finding] = []
    for part in ("unreadable", "violations", "fallbacks", "misplaced", "duplicates"):
        findings += getattr(artifact, part, ())
    return {
        "kind": ref.kind,
        "name": ref.name,
        "path": shown(ref.path),
        "contract": contract,
        "warnings": [safe(finding.message) for finding in findings],
    }


def _json(value: Any) -> Any:
    return instant(value) if isinstance(value, datetime) else value


def _print(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=True, default=str))
