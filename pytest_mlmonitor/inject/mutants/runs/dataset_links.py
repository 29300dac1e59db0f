"""Training runs that do not say what they were trained on, or say what is not so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.inject.mutants.runs.one_run import is_first, said_otherwise
from pytest_mlmonitor.training.model import InputDataset, TrainingRun, trained_on

_LINK = ("dataset_name", "dataset_version", "dataset_path", "dataset_digest", "dataset_rows")
_COPIES = ("input_dataset_name", "input_dataset_version")
_STAMP = "%Y%m%d_%H%M%S"
_NO_DATASET = "no dataset lies below the roots: whether a version is somewhere cannot be told here"
_EARLIER = timedelta(days=1)


@mutation("training_run", per="run", words="it does not say what it was trained on")
def dataset_link_missing(run: TrainingRun, material: Material) -> Iterator[Mutant]:
    """The run does not say which dataset it was trained on, and nor does whoever serves it."""
    if trained_on(run) and is_first(run, material):
        yield Mutant(
            "the run does not say which dataset it was trained on",
            partial(_said, run, material, dict.fromkeys(_LINK), dict.fromkeys(_COPIES, UNKNOWN)),
        )


@mutation("training_run", per="run", words="it names a dataset version that is nowhere")
def dataset_version_wrong(run: TrainingRun, material: Material) -> Iterator[Mutant]:
    """The run says that it was trained on a version of its dataset that nobody has, and so does whoever serves it."""
    inputs = trained_on(run)
    if len(inputs) != 1 or not is_first(run, material):
        return
    fields = _another(inputs[0])
    if fields:
        what = bare(str(fields.get("dataset_version") or fields.get("dataset_path") or fields["dataset_digest"]), 80)
        copies = {f"input_{name}": fields[name] for name in ("dataset_name", "dataset_version") if name in fields}
        yield Mutant(
            f"the run says that it was trained on {what}, which is nowhere",
            partial(_said, run, material, fields, copies),
            equivalent=None if material.platform.view(Datasets).all else _NO_DATASET,
        )


def _another(said: InputDataset) -> dict[str, Any]:
    """Return what would be said of a build that is not there: of the day before, in all that tells builds apart."""
    found: dict[str, Any] = {}
    if said.version is not None:
        found["dataset_version"] = version = _earlier(said.version)
        stamps = [_stamp(one) for one in (said.version, version)]
        if said.name is not None and stamps[0] is not None and stamps[0] in said.name:
            found["dataset_name"] = said.name.replace(stamps[0], stamps[1] or version)
    if said.digest is not None:
        found["dataset_digest"] = _flipped(said.digest)
    if said.path is not None:
        directory, slash, file = said.path.rpartition("/")
        stem, dot, suffix = file.partition(".")
        found["dataset_path"] = f"{directory}{slash}{stem}_other{dot}{suffix}"
    return found


def _earlier(version: str) -> str:
    try:
        before = parse_timestamp(version) - _EARLIER
    except ValueError:
        return f"{version}-other"
    text = before.isoformat()
    return f"{text.removesuffix('+00:00')}Z" if version.endswith("Z") else text


def _stamp(version: str) -> str | None:
    moment = _moment(version)
    return f"{moment:{_STAMP}}" if moment is not None else None


def _moment(version: str) -> datetime | None:
    try:
        return parse_timestamp(version)
    except ValueError:
        return None


def _flipped(digest: str) -> str:
    """Return a digest of the same form."""
    head, colon, value = digest.rpartition(":")
    return f"{head}{colon}{'0' if value[:1] != '0' else '1'}{value[1:]}"


def _said(run: TrainingRun, material: Material, fields: Mapping[str, Any], copies: Mapping[str, Any]) -> FileChanges:
    return said_otherwise(run, material, lambda _: fields, lambda _: copies)
