"""All that says the same of one run: its documents, what it handed over, and the deployments that serve it.

A trainer writes a value once, and all who copy it copy the fault: a mutant in which one document alone is wrong would be noticed by
the others, which no real fault is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.editing import RecordChange
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, FileContent
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.model import Deployment, run_of
from pytest_mlmonitor.serving.views import Deployments
from pytest_mlmonitor.training.edited.run_documents import edited_handoff
from pytest_mlmonitor.training.edited.said_fields import said_fields
from pytest_mlmonitor.training.handoffs import Handoffs
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.views import Runs


def is_first(run: TrainingRun, material: Material) -> bool:
    """Return whether a run can be said otherwise, and is the first of the documents that describe it."""
    if not material.can_edit(run):
        return False
    return run.run_id is None or material.platform.view(Runs).by_id(run.run_id)[0].ref == run.ref


def said_otherwise(
    run: TrainingRun, material: Material, change: RecordChange, copies: RecordChange | None = None
) -> FileChanges:
    """Return the files of all that says something of a run.

    Args:
        run: the run.
        material: that it is of.
        change: of what the run says, by our names.
        copies: of what records of deployments that serve it say; None where they say nothing of it.
    """
    files: dict[Any, FileContent] = {}
    documents = material.platform.view(Runs).by_id(run.run_id) if run.run_id is not None else [run]
    for one in documents:
        if material.can_edit(one):
            files |= material.edited(one, partial(_of_this, change))
        for handoff in material.platform.view(Handoffs).of(one):
            changed = change(said_fields(one)) or {}
            for document in handoff.documents if handoff.certain else ():
                edited = edited_handoff(document.path, changed)
                files |= {path: FileContent(data) for path, data in edited.items()}
    if copies is not None:
        for deployment in material.platform.view(Deployments).all:
            if run.run_id in _served(deployment) and material.can_edit(deployment):
                files |= material.edited(deployment, copies)
    if not files:
        raise NotChecked("nothing says that of the run")
    return files


def _of_this(change: RecordChange, said: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what one of several documents of a run says otherwise: nothing of what it does not say."""
    changed = change(said)
    return {name: value for name, value in changed.items() if name in said} if changed is not None else None


def _served(deployment: Deployment) -> set[str]:
    windows = (served.first.bundle_id for served in history_as_read(deployment).served)
    return {run_of(bundle) for bundle in (*windows, *(event.bundle_id for event in deployment.events))}
