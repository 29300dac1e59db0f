"""Reading a serving tree: its deployments, each with what its windows and events say (specification 1.3)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath

from pytest_mlmonitor.core.adapter import Adapter, Mark, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.serving.anchors import is_tree
from pytest_mlmonitor.serving.events import Events, Writing, read_events
from pytest_mlmonitor.serving.fold.fold import Terms, WindowFold
from pytest_mlmonitor.serving.fold.window_lines import UNATTRIBUTED
from pytest_mlmonitor.serving.history import history_from, terms_of
from pytest_mlmonitor.serving.ingest.file_entries import Rewritten
from pytest_mlmonitor.serving.ingest.tree import TreeWindows, read_windows
from pytest_mlmonitor.serving.live_writer import being_written
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.windows import Windows


def read(ref: ArtifactRef, reading: Reading) -> list[Deployment]:
    """Return the deployments of the tree whose metrics directory is ``ref.path``, sorted by deployment_id.

    The directory need not exist when there are only events.
    """
    metrics_dir, events_dir = ref.path, ref.path.parent / "events"
    window_files, event_files = (reading.discovery.records[directory] for directory in (metrics_dir, events_dir))
    terms = terms_of(reading.settings.serving, reading.now)
    platform = reading.platform
    windows = read_windows(
        metrics_dir, window_files, terms, platform.memory, full=platform.full, by_clock=platform.by_clock
    )
    metrics_tree, events_tree = (f"{shown(directory)}{os.sep}" for directory in (metrics_dir, events_dir))
    events = read_events(events_dir, event_files, events_tree, _writing(windows, terms) if platform.by_clock else None)
    names = sorted({*windows.folds, *events})
    unread = tuple(
        finding
        for directory, tree in ((metrics_dir, metrics_tree), (events_dir, events_tree))
        for finding in _not_read(reading.discovery.unread_records.get(directory, ()), tree)
    )
    nothing = () if names else (_empty(metrics_dir, events_dir),)
    if (windows.rewritten or unread or nothing) and UNATTRIBUTED not in names:
        names = sorted([*names, UNATTRIBUTED])
    own = {name: _terms(ArtifactRef(ref.kind, ref.path, name, ref.root), reading) for name in names}
    folded = {terms: windows.folds}
    for other in set(own.values()) - {terms}:  # nothing is remembered of these: one reading for all alike
        folded[other] = read_windows(
            metrics_dir, window_files, other, None, full=True, by_clock=platform.by_clock
        ).folds
    found = []
    for name in names:
        fold, told = folded[own[name]].get(name) or WindowFold(), events.get(name) or Events()
        history = history_from(fold, own[name], metrics_tree)
        found.append(
            Deployment(
                ref=ArtifactRef(ref.kind, ref.path, name, ref.root),
                unreadable=(
                    *nothing,
                    *(unread if name == UNATTRIBUTED else ()),
                    *fold.unreadable.findings(metrics_tree),
                    *told.unreadable.findings(events_tree),
                ),
                violations=(*fold.violations.findings(metrics_tree), *told.violations.findings(events_tree)),
                windows=Windows(metrics_dir, metrics_tree, window_files, name, history.windows),
                events=tuple(told.events),
                misplaced=(*fold.misplaced.findings(metrics_tree), *told.misplaced.findings(events_tree)),
                duplicates=(*fold.duplicates.findings(metrics_tree), *told.duplicates.findings(events_tree)),
                rewritten=_rewritten(windows.rewritten, metrics_tree) if name == UNATTRIBUTED else (),
                metrics_dir=metrics_dir,
                events_dir=events_dir,
                history=history,
            )
        )
    return found


def _writing(windows: TreeWindows, terms: Terms) -> Writing:
    """Return a function that says of an events file and its newest event whether somebody may be writing its last line."""

    def silence(changed: float, newest: datetime | None) -> float | None:
        ends = [newest] if newest is not None else []
        if windows.newest is not None:
            ends.append(windows.newest + terms.length)
        return being_written(changed, max(ends, default=None), terms.now, terms.length)

    return silence


def _terms(ref: ArtifactRef, reading: Reading) -> Terms:
    """Return the terms by which the windows of one deployment are folded: those of the policy that holds for it."""
    return terms_of(reading.platform.settings_of(ref, Deployment(ref)).serving, reading.now)


def _rewritten(files: Sequence[Rewritten], tree: str) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            Severity.ERROR,
            f"{file.name} was rewritten: it {file.how}; expected a file that only grows (--mlmonitor-full accepts it as it is)",
            "files that are appended to and never rewritten",
            bare(file.how, 200),
            None,
            f"{tree}{file.name}",
        )
        for file in files
    )


def _not_read(names: Sequence[str], tree: str) -> Iterator[Finding]:
    """Yield a warning for each form of files that are called like records and are not read."""
    by_form: dict[str, list[str]] = {}
    for name in names:
        by_form.setdefault(PurePosixPath(name).suffix, []).append(name)
    for form, found in sorted(by_form.items()):
        some = ", ".join(bare(name) for name in found[:3]) + (", …" if len(found) > 3 else "")
        yield Finding(
            Severity.WARNING,
            f"{count(len(found), 'file')} called like records {'is' if len(found) == 1 else 'are'} not read: {some}",
            "*.jsonl, rotated (.jsonl.1, .jsonl-20260426) or compressed by gzip (.gz)",
            bare(form),
            None,
            f"{tree}{found[0]}",
        )


def _empty(metrics_dir: Path, events_dir: Path) -> Finding:
    return Finding(
        Severity.ERROR,
        f"the serving tree holds no record: no *.jsonl below {shown(metrics_dir)} or {shown(events_dir)}",
        "metrics windows and deployment events",
        "no record",
        None,
        shown(metrics_dir.parent),
    )


def _recognise(directory: Directory) -> Iterator[Mark]:
    if is_tree(directory.path, directory.directories):
        yield Mark(directory.path / "metrics", "records")


def _edit(deployment: Deployment, editing: Editing) -> EditedFiles:
    from pytest_mlmonitor.serving.edited.tree_lines import edited_tree

    return edited_tree(deployment, editing)


P5_TREE = Adapter("deployment", "p5_tree", read, recognise=_recognise, directories=("serving",), edit=_edit)
