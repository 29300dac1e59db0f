"""Facets of OpenLineage and the versions of their schemas, and what a whole event looks like.

Events are plain dicts: the classes of ``openlineage-python`` take nine times as long, and are imported by nobody who sends nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pytest_mlmonitor import __version__
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.outputs.openlineage.nodes import LineageNode

RunEvent = dict[str, Any]
RunState = Literal["START", "RUNNING", "COMPLETE", "FAIL", "ABORT"]

PRODUCER = f"https://pypi.org/project/pytest-mlmonitor/{__version__}/"
"""Who says it all."""

_SPEC = "https://openlineage.io/spec"
RUN_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
"""Schema of an event. Receivers tell the type of an event by how it ends."""

OWN_SCHEMA = "https://pypi.org/project/pytest-mlmonitor/openlineage/1-0-0/facets.json"
"""The ``$id`` of docs/openlineage-facets.schema.json: the schema of our own facets, by a name that nobody need fetch."""

STANDARD = {
    "dataQualityAssertions": "1-1-0/DataQualityAssertionsDatasetFacet",
    "dataQualityMetrics": "1-0-3/DataQualityMetricsInputDatasetFacet",
    "dataSource": "1-0-1/DatasourceDatasetFacet",
    "datasetType": "1-0-1/DatasetTypeDatasetFacet",
    "errorMessage": "1-0-1/ErrorMessageRunFacet",
    "jobType": "2-0-4/JobTypeJobFacet",
    "lifecycleStateChange": "1-0-1/LifecycleStateChangeDatasetFacet",
    "nominalTime": "1-0-1/NominalTimeRunFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
    "ownership": "1-0-1/OwnershipDatasetFacet",
    "parent": "1-2-0/ParentRunFacet",
    "processing_engine": "1-1-1/ProcessingEngineRunFacet",
    "schema": "1-2-0/SchemaDatasetFacet",
    "storage": "1-0-1/StorageDatasetFacet",
    "symlinks": "1-0-1/SymlinksDatasetFacet",
    "test": "1-0-1/TestRunFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet",
}
"""Version and name of the schema of each standard facet that is emitted."""

OWN = {
    "mlmonitor_check_run": "CheckRunFacet",
    "mlmonitor_dataset": "DatasetFacet",
    "mlmonitor_model": "ModelFacet",
    "mlmonitor_serving": "ServingFacet",
    "mlmonitor_training": "TrainingFacet",
}
"""Our own facets: OpenLineage has none for models, metrics and serving."""


def schema_url(name: str) -> str:
    """Return the ``_schemaURL`` of a facet."""
    if name in OWN:
        return f"{OWN_SCHEMA}#/$defs/{OWN[name]}"
    version, schema = STANDARD[name].split("/")
    return f"{_SPEC}/facets/{version}/{schema}.json#/$defs/{schema}"


def facet(name: str, /, **content: Any) -> dict[str, dict[str, Any]]:
    """Return a facet under its name; of its content without what is None.

    >>> facet("version", datasetVersion="7")["version"]["datasetVersion"]
    '7'
    """
    said = {key: value for key, value in content.items() if value is not None}
    return {name: {"_producer": PRODUCER, "_schemaURL": schema_url(name), **said}}


@dataclass(frozen=True)
class LineageJob:
    """A job, and what it does.

    Attributes:
        namespace: of jobs.
        name: within it.
        kind: ``DATASET_BUILD``, ``TRAINING``, ``SERVING`` or ``CHECK``.
    """

    namespace: str
    name: str
    kind: str

    def written(self) -> dict[str, Any]:
        """Return the job as events hold it."""
        processing = "STREAMING" if self.kind == "SERVING" else "BATCH"
        facets = facet("jobType", processingType=processing, integration="PYTEST_MLMONITOR", jobType=self.kind)
        return {"namespace": self.namespace, "name": self.name, "facets": facets}


@dataclass(frozen=True)
class LineageRun:
    """One run of a job, of which every event says the same but for its state.

    Attributes:
        job: that ran.
        run_id: a UUID: the same whenever the same thing is told again.
        facets: of the run.
        inputs: what it read.
        outputs: what it wrote.
    """

    job: LineageJob
    run_id: str
    facets: Mapping[str, Any] = field(default_factory=dict)
    inputs: Sequence[Mapping[str, Any]] = ()
    outputs: Sequence[Mapping[str, Any]] = ()

    def event(self, state: RunState, time: datetime) -> RunEvent:
        """Return the event that the run came to a state; facets of outputs stand in the last one only, when they are true."""
        engine = facet(
            "processing_engine",
            name="pytest-mlmonitor",
            version=__version__,
            openlineageAdapterVersion=__version__,
        )
        outputs = [_bare(output) for output in self.outputs] if state == "START" else list(self.outputs)
        return {
            "eventType": state,
            "eventTime": instant(time),
            "producer": PRODUCER,
            "schemaURL": RUN_EVENT,
            "job": self.job.written(),
            "run": {"runId": self.run_id, "facets": {**engine, **self.facets}},
            "inputs": [dict(one) for one in self.inputs],
            "outputs": outputs,
        }


def _bare(dataset: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dataset[name] for name in ("namespace", "name")}


def lineage_dataset(
    node: LineageNode, facets: Mapping[str, Any] | None = None, **of_the_run: Mapping[str, Any]
) -> dict[str, Any]:
    """Return an input or output as events hold it.

    Args:
        node: what it is called.
        facets: of the dataset itself.
        of_the_run: ``inputFacets`` or ``outputFacets``.
    """
    said = {"facets": facets or {}, **of_the_run}
    return {
        "namespace": node.namespace,
        "name": node.name,
        **{name: dict(value) for name, value in said.items() if value},
    }
