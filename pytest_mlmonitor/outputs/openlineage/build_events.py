"""Builds of datasets as runs of OpenLineage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.names import url_of
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.outputs.openlineage.event_size import cut, within
from pytest_mlmonitor.outputs.openlineage.facets import LineageJob, LineageRun, RunEvent, facet, lineage_dataset
from pytest_mlmonitor.outputs.openlineage.nodes import LineageNames, in_name, node_at, run_id
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.source.listed.table_files import some_of

SCHEMA_BYTES = 400_000
"""How much of an event the schema of a dataset may be: of a table with more columns it holds the first."""


class BuildEvents:
    """The builds of datasets."""

    def __init__(self, platform: Artifacts, names: LineageNames) -> None:
        self._platform = platform
        self._names = names
        self._reader = platform.view(TableReader)

    def of(self, dataset: Dataset) -> Iterator[RunEvent]:
        """Yield the start and the end of a build; none of what has no name or no time: findings say so."""
        built = dataset.build_time
        if dataset.dataset_name is None or built is None:
            return
        node, version = self._names.dataset(dataset), dataset.dataset_version
        name = family(dataset.dataset_name)
        run = LineageRun(
            LineageJob(self._names.jobs, in_name(f"dataset_build.{name}"), "DATASET_BUILD"),
            run_id("dataset_build", self._names.jobs, node.namespace, node.name, name, version or instant(built.start)),
            outputs=[
                lineage_dataset(node, self.facets(dataset) | self._details(dataset), outputFacets=_counted(dataset))
            ],
        )
        yield run.event("START", built.start)
        yield run.event("COMPLETE", built.start)

    def facets(self, dataset: Dataset) -> dict[str, Any]:
        """Return the facets that say which version of a dataset is meant."""
        version = dataset.dataset_version
        return facet("version", datasetVersion=version) if version is not None else {}

    def _details(self, dataset: Dataset) -> dict[str, Any]:
        node, path = self._names.dataset(dataset), dataset.data_path
        place = path or dataset.ref.root
        url = url_of(Path(place))
        owner = self._platform.settings_of(dataset.ref, dataset).owner
        details = facet(
            "mlmonitor_dataset",
            name=dataset.dataset_name,
            builtAt=instant(dataset.build_time.start) if dataset.build_time is not None else None,
            rowCount=dataset.row_count,
            featureCount=dataset.feature_count,
            target=dataset.target,
            entity=dataset.entity,
            eventTs=dataset.event_ts,
            schemaVersion=dataset.schema_version,
            digests=list(dataset.digests) or None,
            commit=dataset.commit,
        )
        details |= facet("datasetType", datasetType="TABLE")
        details |= facet("lifecycleStateChange", lifecycleStateChange="CREATE")
        details |= facet("dataSource", name=node.namespace, uri=url or Path(dataset.ref.root).as_uri())
        if path is not None:
            form = Path(path).suffix.lstrip(".").lower() or None
            details |= facet("storage", storageLayer=node.namespace.partition(":")[0], fileFormat=form)
            other = node_at(Path(path))
            if other != node and some_of(path) is None:
                alias = {"namespace": other.namespace, "name": other.name, "type": "LOCATION"}
                details |= facet("symlinks", identifiers=[alias])
            details |= self._schema(path)
        if owner is not None:
            details |= facet("ownership", owners=[{"name": owner, "type": "OWNER"}])
        return details

    def _schema(self, path: Path) -> dict[str, Any]:
        head = self._reader.known_head(path)
        if head is None:
            return {}  # nobody asked so far, and nothing is read for the sake of lineage
        columns = (
            {"name": cut(name), "type": cut(type_), "ordinal_position": number}
            for number, (name, type_) in enumerate(zip(head.names, head.types, strict=True), 1)
        )
        return facet("schema", fields=within(columns, SCHEMA_BYTES))


def _counted(dataset: Dataset) -> dict[str, Any]:
    rows = dataset.row_count
    return facet("outputStatistics", rowCount=rows) if rows is not None and rows >= 0 else {}
