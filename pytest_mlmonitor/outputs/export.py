"""What an exporter receives: the run that is over, and where it may go.

An exporter is a function that takes an :class:`ExportContext` and yields what became of it. It raises nothing for what lies
around it (a server that is away, a full disk): that is what its reports are for. Each has :data:`EXPORT_SECONDS` in all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.store.database import Store

NONE = "none"
"""In place of a URL on the command line: nothing is sent, whatever the policy says."""

EXPORT_SECONDS = 5.0
"""How long one exporter may hold a run up."""


@dataclass(frozen=True)
class ExportOptions:
    """What the command line of this run asks for; the policy says what holds for every run.

    Attributes:
        alerts: whether a narrowed run may send and resolve alerts, too.
        push: Pushgateway.
        lineage: a directory, a URL, or ``none``.
        traces: a URL, or ``none``.
    """

    alerts: bool = False
    push: str | None = None
    lineage: str | None = None
    traces: str | None = None


@dataclass(frozen=True)
class ExportContext:
    """A run that is over, and what is needed to tell others of it.

    Attributes:
        record: of the run.
        platform: that it read.
        settings: the policy.
        store: None where the policy has none; ``record.store.problem`` says where it cannot be used.
        out: directory of the outputs, None where none are written.
        home: directory of the policy, from which its paths are meant.
        asked: what the command line asks for.
        environ: variables.
        clock: now, by the clock and never the evaluation time; UTC.
        complete: whether the run came to its end.
    """

    record: RunRecord
    platform: Artifacts
    settings: Settings
    store: Store | None
    out: Path | None
    home: Path
    asked: ExportOptions
    environ: Mapping[str, str]
    clock: datetime
    complete: bool

    @property
    def whole(self) -> bool:
        """Whether the run came to its end and judged everything: others say nothing of what they left out."""
        return self.complete and not self.record.narrowed
