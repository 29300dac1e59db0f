"""What a watcher did so far, for Prometheus: served beside what the store has of the runs, and as a text file beside theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.words import duration, instant
from pytest_mlmonitor.outputs.metrics.families.watch_families import WatchState, watch_families
from pytest_mlmonitor.outputs.metrics.prometheus import labels_of, text_of
from pytest_mlmonitor.outputs.metrics.serve import ServedMetrics, Unavailable
from pytest_mlmonitor.outputs.metrics.text_blocks import joined_texts


class PublishedState:
    """Holds the state for whoever asks; each is one value, so that a thread which answers never sees half of a change."""

    def __init__(
        self,
        state: WatchState,
        settings: Settings,
        runs: ServedMetrics | None = None,
        textfile: Path | None = None,
        said: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Begin.

        Args:
            state: as the watcher begins.
            settings: the policy, which says the labels of every series.
            runs: metrics of the runs, None where no store keeps them.
            textfile: file of text format 0.0.4 that is written at every change.
            said: is told, once, why the file cannot be written.
        """
        self._state = state
        self._settings = settings
        self._runs = runs
        self._textfile = textfile
        self._said = said
        self._problem = ""

    def publish(self, state: WatchState) -> None:
        """Take a new state."""
        self._state = state
        if self._textfile is None:
            return
        problem = ""
        try:
            write_atomically(self._textfile, self._own(job=True))
        except OSError as error:
            problem = f"{shown(self._textfile)}: cannot be written: {error.strerror or error}"
        if problem and problem != self._problem:
            self._said(problem)
        self._problem = problem

    def text(self) -> bytes:
        """Return the families of the watcher, and of the last runs.

        Raises:
            Unavailable: the store of the runs cannot be used.
        """
        more = [self._runs.text().decode("utf-8")] if self._runs is not None else []
        return joined_texts([self._own(job=False).decode("utf-8"), *more]).encode("utf-8")

    def health(self) -> dict[str, Any]:
        """Return what the watcher is at.

        Raises:
            Unavailable: there has been no verdict for three intervals.
        """
        state, now = self._state, datetime.now(UTC)
        silent = state.stands_still(now)
        if silent is not None:
            since = state.last_verdict or state.started_at
            raise Unavailable(
                f"no verdict for {duration(silent)}, since {_second(since)}; one is expected every {duration(state.interval or 0)}"
            )
        return {
            "watching": state.interval is not None,
            "interval_seconds": state.interval,
            "running": state.running,
            "last_verdict": _second(state.last_verdict) if state.last_verdict is not None else None,
        }

    def _own(self, *, job: bool) -> bytes:
        environment = self._settings.environment
        labels = labels_of(self._settings.metrics, job=job)
        return text_of(watch_families(self._state, environment), labels, environment)


def _second(moment: datetime) -> str:
    return instant(moment.replace(microsecond=0))
