"""What things are called in OpenLineage: namespaces, names, and ids of runs that are the same whenever they are told again.

Sources: OpenLineage's "Naming Conventions" (``file`` and a path, ``s3://bucket`` and a key), and the characters that Marquez takes
in a namespace (``NamespaceName``).
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.names import safe, url_of
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.tables.source.listed.table_files import some_of
from pytest_mlmonitor.training.model import TrainingRun

_RUNS = uuid.UUID("6f1c7f0e-1f0c-5b3e-9d6a-3a0f5f5f7c11")
"""The namespace of ids; another one would tell every run again as a new one."""

_NOT_ALLOWED = re.compile(r"[^a-zA-Z:;=/0-9_\-.@+]")
_LONGEST = 1024
_CUT = 900


@dataclass(frozen=True, order=True)
class LineageNode:
    """What a dataset, a model or an endpoint is called.

    Attributes:
        namespace: where it lies.
        name: within it.
    """

    namespace: str
    name: str


def run_id(*parts: object) -> str:
    r"""Return the id of what these parts tell apart from everything else: a UUID of version 5.

    >>> run_id("training", "a") == run_id("training", "a"), run_id("a", "b\x00c") == run_id("a\x00b", "c")
    (True, False)
    """
    text = "\n".join(f"{len(str(part))}:{part}" for part in parts)
    return str(uuid.uuid5(_RUNS, text.encode("utf-8", "backslashreplace").decode("ascii", "backslashreplace")))


def in_namespace(text: str) -> str:
    """Return a text as receivers take it for a namespace; what had to be replaced is told apart by a hash.

    >>> in_namespace("s3://lake"), in_namespace("production eu")
    ('s3://lake', 'production_eu.b34a803f')
    """
    allowed = _NOT_ALLOWED.sub("_", text)[:_CUT]
    if allowed == text and allowed:
        return allowed
    return f"{allowed}.{hashlib.sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"


def in_name(text: str) -> str:
    """Return a text as a name: one line, and no longer than receivers take; what was cut is told apart by a hash."""
    one_line = safe(text)
    if len(one_line) <= _LONGEST:
        return one_line or "_"
    return f"{one_line[:_CUT]}.{hashlib.sha256(one_line.encode('utf-8')).hexdigest()[:8]}"


def node_at(path: Path) -> LineageNode:
    """Return what a file or directory is called: by the URL of its root, where that lies in object storage."""
    url = url_of(path)
    if url is None:
        return LineageNode("file", in_name(os.fspath(path)))
    parts = urlsplit(url)
    return LineageNode(in_namespace(f"{parts.scheme}://{parts.netloc}"), in_name(parts.path.lstrip("/")))


class LineageNames:
    """What the artifacts of a platform are called, the same from whatever event names them.

    Attributes:
        environment: of the policy.
        jobs: the namespace of jobs.
    """

    def __init__(self, platform: Artifacts) -> None:
        self.environment = platform.settings.environment
        self.jobs = platform.settings.lineage.namespace or in_namespace(f"mlmonitor/{self.environment}")
        self._models = in_namespace(f"mlmodel://{self.environment}")

    def dataset(self, dataset: Dataset) -> LineageNode:
        """Return what all versions of a dataset are called: where it lies, without what tells its versions apart."""
        name = family(dataset.dataset_name or dataset.ref.name)
        path, root = dataset.data_path, dataset.ref.root
        if path is None or some_of(path) is not None:
            return node_at(root / in_name(name).lstrip("/"))
        path = Path(path)
        if dataset.source is not None and dataset.dataset_version is not None:
            return node_at(root / in_name(name).lstrip("/"))
        stem = path.name.partition(".")[0]
        return node_at(path if family(stem) == stem else path.parent / family(stem))

    def named_dataset(self, name: str) -> LineageNode:
        """Return what a dataset is called that somebody names and that is not under the roots."""
        return LineageNode(in_namespace(f"mldataset://{self.environment}"), in_name(family(name)))

    def model(self, name: str) -> LineageNode:
        """Return what all versions of a model are called."""
        return LineageNode(self._models, in_name(name))

    def model_of(self, run: TrainingRun) -> LineageNode | None:
        """Return what the model of a run is called; None where nothing says it."""
        name = model_name(run)
        return self.model(name) if name is not None else None

    def served(self, service: str, environment: str, deployment: str) -> LineageNode:
        """Return what a deployment is called that answers."""
        return LineageNode(in_namespace(f"mlserving://{environment}/{service}"), in_name(deployment))

    def artifact(self, ref: ArtifactRef) -> LineageNode:
        """Return what any other artifact is called: its file."""
        return node_at(ref.path)


def known(text: str | None) -> str | None:
    """Return a text that says something: not one that stands for what upstream never emitted."""
    return text if text and text != UNKNOWN else None


def model_name(run: TrainingRun) -> str | None:
    """Return what the model of a run is called; None where nothing says it."""
    return known(run.model_name) or known(run.declared_family)
