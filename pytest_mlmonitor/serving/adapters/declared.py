"""Reading the deployments that a declared source found: their windows, out of a log of anybody's form (specification 8)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.decoder import Decoder
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.formats.decoders import decoder_for
from pytest_mlmonitor.formats.metadata_documents import metadata_documents
from pytest_mlmonitor.serving.declared.deployment_fields import REQUIRED
from pytest_mlmonitor.serving.declared.log_reading import LogReading
from pytest_mlmonitor.serving.fold.fold import TOPICS, Terms, WindowFold
from pytest_mlmonitor.serving.fold.window_lines import UNATTRIBUTED
from pytest_mlmonitor.serving.history import history_from, terms_of
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.window_policy import policy_of
from pytest_mlmonitor.serving.windows import ReadWindows


def read(ref: ArtifactRef) -> Deployment:
    """Return a deployment of which nothing but its place is known: only sources find such."""
    return Deployment(ref)


def from_source(sourced: Sourced, reading: Reading) -> Iterator[Deployment]:
    """Yield the deployments that the records of a log name; without a ``deployment_id`` they are one, called like the family."""
    ref, added = sourced.ref, reading.platform.decoders

    def decoder(path: Path) -> Decoder | None:
        return decoder_for(path.name, sourced.source.format, added)

    documents, missing = metadata_documents(sourced, added)
    log = LogReading(sourced, decoder, documents, reading.settings.environment)
    made = Deployment(ref, source=sourced.name, window_seconds=log.seconds, of_requests=log.of_requests)
    if log.unmapped:
        yield replace(made, ref=_named(ref, sourced.family), violations=(_unmapped(sourced, log.unmapped),))
        return
    known: dict[str, Terms] = {}

    def terms(name: str) -> Terms:
        if name not in known:
            own = replace(made, ref=_named(ref, name))
            policy = reading.platform.settings_of(own.ref, own).serving
            known[name] = terms_of(policy_of(own, policy), reading.now)
        return known[name]

    log.fold(terms)
    _attribute(log.folds, sourced.family)
    tree = f"{shown(ref.root)}{os.sep}"
    for name, fold in sorted(log.folds.items()):
        history = history_from(fold, terms(name), tree)
        nothing = () if history.windows or fold.unreadable.kinds or fold.violations.kinds else (_empty(sourced),)
        yield replace(
            made,
            ref=_named(ref, name),
            unreadable=(*nothing, *fold.unreadable.findings(tree)),
            violations=(*missing, *fold.violations.findings(tree)),
            windows=ReadWindows(history.windows, lambda name=name: log.windows_of(name)),  # type: ignore[misc]
            duplicates=fold.duplicates.findings(tree),
            history=history,
        )
        missing = ()


def _attribute(folds: dict[str, WindowFold], family: str) -> None:
    """Give what no deployment can be told from to the only one there is; to one called like the family where there is none."""
    told = folds.pop(UNATTRIBUTED, None)
    if not folds:
        folds[family] = told or WindowFold()
    elif told is not None and len(folds) == 1:
        (only,) = folds.values()
        for topic in TOPICS:
            getattr(only, topic).join(getattr(told, topic))
    elif told is not None:
        folds[UNATTRIBUTED] = told


def _named(ref: ArtifactRef, name: str) -> ArtifactRef:
    return ArtifactRef(ref.kind, ref.path, name, ref.root)


def _unmapped(sourced: Sourced, lacking: list[str]) -> Finding:
    records = sourced.source.records
    needed = listing(REQUIRED[records])
    message = (
        f"source.{sourced.name}: {listing([f'fields.{name}' for name in lacking])} {'is' if len(lacking) == 1 else 'are'} not "
        f'mapped: records = "{records}" needs {needed}'
    )
    return Finding(Severity.ERROR, message, needed, "absent", ", ".join(lacking), shown(sourced.ref.path))


def _empty(sourced: Sourced) -> Finding:
    what = (
        "is empty" if len(sourced.files) == 1 else f"and {count(len(sourced.files) - 1, 'other file')} hold no record"
    )
    message = f"{sourced.ref.path.name} {what}: expected windows (source.{sourced.name})"
    return Finding(Severity.ERROR, message, "records", "none", None, shown(sourced.ref.path))


def _edit(deployment: Deployment, editing: Editing) -> EditedFiles:
    from pytest_mlmonitor.serving.edited.declared_records import edited_declared

    return edited_declared(deployment, editing)


DECLARED = Adapter("deployment", "declared", read, from_source=from_source, edit=_edit)
