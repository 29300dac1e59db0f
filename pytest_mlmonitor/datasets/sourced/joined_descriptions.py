"""One dataset of what a declared source and a sidecar say of one table: nothing that either says is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.datasets.model import Dataset

ROLES_AND_COUNTS = ("row_count", "feature_count", "target", "entity", "event_ts", "schema_version")
"""What both may say; the source goes before, and where they differ that is said."""

_BEHIND_A_SIDECAR = ("version", "date", "log", "embedded")
"""What says when a dataset was built and goes behind its sidecar (specification 2.2)."""


def joined(declared: Dataset, described: Dataset) -> Dataset | None:
    """Return a dataset with the family, version and policy of its source, and everything that its sidecar says.

    Args:
        declared: by the source.
        described: by the sidecar.

    Returns:
        None where the source divides the table by event time: its parts are not what the sidecar describes.
    """
    if declared.chunk is not None:
        return None
    built = declared.built
    if described.built_at is not None and (built is None or built.named or built.origin in _BEHIND_A_SIDECAR):
        built = described.build_time
    fields = {name: _first(name, declared, described) for name in ROLES_AND_COUNTS}
    versions = [text for text in (described.dataset_version, *described.versions) if text is not None]
    names = [] if described.dataset_name in (None, declared.dataset_name) else [described.dataset_name]
    return replace(
        declared,
        unreadable=(*declared.unreadable, *described.unreadable),
        violations=(*declared.violations, *described.violations, *_disagreements(declared, described)),
        documents={**described.documents, **declared.documents},
        dataset_version=declared.dataset_version or described.dataset_version,
        versions=tuple(dict.fromkeys((*declared.versions, *versions))),
        also_called=tuple(name for name in names if name is not None),
        built=built,
        built_at=built.start if built is not None else None,
        sidecar=described.sidecar,
        document=described.document,
        described=True,
        digests=tuple(dict.fromkeys((*declared.digests, *described.digests))),
        commit=declared.commit or described.commit,
        **fields,
    )


def _first(name: str, declared: Dataset, described: Dataset) -> Any:
    """Return what holds of a field: what the source maps, else what the sidecar says, else whatever is known."""
    asked = (declared, described) if name in declared.mapped else (described, declared)
    return next((value for one in asked if (value := getattr(one, name)) is not None), None)


def _disagreements(declared: Dataset, described: Dataset) -> Iterator[Finding]:
    """Yield what the source's documents or the policy say otherwise than the sidecar."""
    for name in ROLES_AND_COUNTS:
        ours, theirs = getattr(declared, name), getattr(described, name)
        if name in declared.mapped and None not in (ours, theirs) and ours != theirs:
            place = shown(described.sidecar) if described.sidecar is not None else None
            message = f"{name} is {quoted(theirs)} in the sidecar and {quoted(ours)} by source.{declared.source}"
            yield Finding(Severity.ERROR, message, quoted(ours), quoted(theirs), name, place)
