"""The events of a run as lines: NDJSON that is appended to the day's file, and that receivers are sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.files.atomic import append_lines
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import redacted
from pytest_mlmonitor.datasets.kind import DATASET
from pytest_mlmonitor.outputs.openlineage.build_events import BuildEvents
from pytest_mlmonitor.outputs.openlineage.check_events import CheckEvents
from pytest_mlmonitor.outputs.openlineage.facets import RunEvent
from pytest_mlmonitor.outputs.openlineage.nodes import LineageNames, model_name
from pytest_mlmonitor.outputs.openlineage.serving_events import ServingEvents
from pytest_mlmonitor.outputs.openlineage.training_events import TrainingEvents
from pytest_mlmonitor.serving.kind import DEPLOYMENT
from pytest_mlmonitor.training.kind import TRAINING_RUN
from pytest_mlmonitor.training.model import TrainingRun

PATTERN = "openlineage-*.ndjson"
"""Files of events in a directory of lineage."""


_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))

_UNPLAIN = re.compile(r"\\[nrtbf]|\\u(?:00[01789]|20[026]|d[89a-f])|\"\s*::|##")
"""What a line holds where a text in it may not be written as it is; most hold nothing of that, and are not looked at again."""


class RunEvents:
    """The events that a run of the checks tells."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        names = LineageNames(platform)
        self._builds = BuildEvents(platform, names)
        self._trainings = TrainingEvents(platform, names, self._builds)
        self._serving = ServingEvents(platform, names, self._trainings)
        self._checks = CheckEvents(names, platform, self._builds, self._serving)

    def of_artifacts(self) -> Iterator[RunEvent]:
        """Yield what became of every dataset, model and deployment, as far as they say enough of themselves."""
        for dataset in self._platform.of_kind(DATASET.name, broken=True):
            yield from self._builds.of(dataset)
        for run in _each_once(self._platform.of_kind(TRAINING_RUN.name, broken=True)):
            yield from self._trainings.of(run)
        for deployment in self._platform.of_kind(DEPLOYMENT.name, broken=True):
            yield from self._serving.of(deployment)

    def of_checks(
        self, record: RunRecord, parent: Mapping[str, Any], clock: datetime, *, complete: bool
    ) -> Iterator[RunEvent]:
        """Yield the run of the checks itself (see :meth:`CheckEvents.of`)."""
        return self._checks.of(record, parent, clock, complete=complete)


def _each_once(runs: Iterable[TrainingRun]) -> Iterable[TrainingRun]:
    """Return training runs each once: where a bundle and a flat document describe one, whichever says more of it."""
    found: dict[tuple[str | None, str | None], TrainingRun] = {}
    for run in runs:
        known = found.setdefault((run.run_id, model_name(run)), run)
        if (run.timed, len(run.metrics)) > (known.timed, len(known.metrics)):
            found[run.run_id, model_name(run)] = run
    return found.values()


def line_of(event: RunEvent, secrets: Sequence[str] = ()) -> str:
    """Return an event as one line of ASCII JSON that any receiver stores.

    It holds no secret, no control character and no half of a character, which PostgreSQL does not take.
    """
    line = _ENCODER.encode(event)
    if _UNPLAIN.search(line) is None and redacted(line, secrets) == line:
        return line
    return _ENCODER.encode(_plain(event, tuple(secrets)))


def _plain(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return safe(redacted(value, secrets))
    if isinstance(value, Mapping):
        return {safe(redacted(str(key), secrets)): _plain(one, secrets) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, secrets) for one in value]
    return value


def day_file(directory: Path, evaluated_at: datetime) -> Path:
    """Return the file of a day's events."""
    return directory / f"openlineage-{evaluated_at:%Y-%m-%d}.ndjson"


def lines_in(path: Path) -> list[str]:
    """Return the events in a file, without what is torn or was never one.

    Raises:
        OSError: it cannot be read.
    """
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    return [line for line in dict.fromkeys(lines) if _is_event(line)]


def _is_event(line: str) -> bool:
    if not line.startswith("{"):
        return False
    try:
        event = json.loads(line)
    except ValueError:
        return False
    return isinstance(event, dict) and {"eventTime", "run", "job"} <= event.keys()


def append_new(path: Path, lines: Sequence[str]) -> None:
    """Append the events that a day's file does not hold yet: builds do not happen twice because they are looked at twice.

    Raises:
        OSError: the file could not be written.
    """
    known = set(path.read_text(encoding="utf-8", errors="replace").split("\n")) if path.exists() else set()
    append_lines(path, [line for line in dict.fromkeys(lines) if line not in known])
