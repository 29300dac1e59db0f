"""Where the text file of metrics is, by the policy: standard library only, the first thing that a run does asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.outputs.withdrawal import METRICS

if TYPE_CHECKING:
    from pytest_mlmonitor.core.record import RunRecord

VARIABLE = "MLMONITOR_METRICS__FILE"


@dataclass(frozen=True)
class MetricsPlace:
    """The file that the policy names.

    A name alone is a file in ``out``, and taken back as a run begins like every other output. A path with a directory is a file
    elsewhere, such as one that node_exporter reads: it stays as it is until a whole run has come to its end, so that no series
    is gone while a run lasts.

    Attributes:
        file: as the policy says it.
        home: directory of the policy, from which its paths are meant.
    """

    file: str = METRICS[0]
    home: Path = Path()

    @classmethod
    def in_table(cls, table: Mapping[str, Any], environ: Mapping[str, str]) -> MetricsPlace:
        """Return what a policy says that nobody has validated."""
        section = table.get("metrics")
        file = environ.get(VARIABLE) or (section.get("file") if isinstance(section, dict) else None)
        return cls(file) if isinstance(file, str) and file else cls()

    @property
    def elsewhere(self) -> Path | None:
        """The path of a file that does not belong to ``out``."""
        named = PurePath(self.file)
        return Path(self.home, named) if len(named.parts) > 1 or named.is_absolute() else None

    @property
    def names(self) -> tuple[str, ...]:
        """Names that files of metrics have in ``out``; that of an earlier policy among them, where it was the default."""
        return tuple(dict.fromkeys((PurePath(self.file).name or METRICS[0], *METRICS)))

    def of(self, record: RunRecord, out: Path | None, *, complete: bool) -> Path | None:
        """Return where a run writes its metrics, None for nowhere.

        Args:
            record: of the run; one that judged a part writes into ``out``, which its command line names.
            out: directory of the outputs.
            complete: whether the run came to its end.
        """
        if self.elsewhere is None or record.narrowed:
            return out / self.names[0] if out is not None else None
        return self.elsewhere if complete else None
