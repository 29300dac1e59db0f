"""The service behind HTTP: it loads what the registry says is in production, predicts, counts and keeps a log."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import joblib
import pyarrow as pa

from platform_demo.features import FEATURES, matrix
from platform_demo.places import Places, append_line, read_json, text_of
from platform_demo.registry import document
from platform_demo.windows import Release, WindowLog, announce


class NoModel(Exception):
    """The registry has nothing in production."""


class Rejected(Exception):
    """A request lacks what a prediction needs; the words say what."""


class BikeService:
    """Answers one request after the other.

    Args:
        places: of the platform.
        at: when it starts, on the platform's clock.
        reason: why it does.
        quiet: whether it comes back without an event, as a process does that was there all the time.

    Raises:
        NoModel: nothing is in production.
    """

    def __init__(self, places: Places, at: datetime, reason: str = "startup", *, quiet: bool = False) -> None:
        self.places = places
        self.release = in_production(places)
        self._model = joblib.load(places.bundles / self.release.run_id / "model.joblib")
        self._windows = WindowLog(places, self.release)
        if not quiet:
            announce(places, self.release, at, reason=reason)

    def predict(self, request: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        """Return the prediction for a request, counted and written down.

        Args:
            request: ``request_id``, ``station_id``, ``obs_ts``, ``features`` by name.
            at: now, on the platform's clock.

        Raises:
            Rejected: something is missing.
        """
        began = time.perf_counter()
        features = request.get("features") or {}
        missing = [name for name in FEATURES if name not in features]
        if missing:
            self._windows.rejected(at)
            raise Rejected(f"features lack {', '.join(missing)}")
        try:
            (score,) = self._scores([features])
        except Exception:
            self._windows.failed(at)
            raise
        return self._answered(request, score, at, (time.perf_counter() - began) * 1000)

    def answer_all(self, asked: Sequence[tuple[Mapping[str, Any], datetime]]) -> None:
        """Answer sound requests of the past at once, as fast as this machine can; each took a quiet 2 ms."""
        for (request, at), score in zip(asked, self._scores([one["features"] for one, _ in asked]), strict=True):
            self._answered(request, score, at, 2.0)

    def tick(self, now: datetime) -> None:
        """Write the window that is over."""
        self._windows.flush(now)

    def switch(self, at: datetime, reason: str) -> None:
        """Serve what is in production now; the version before gives its traffic away."""
        self._windows.flush(at, ending=True)
        before, fresh = self.release, in_production(self.places)
        if before != fresh:
            announce(self.places, before, at, reason="replaced", traffic="draining")
        self.release = fresh
        self._model = joblib.load(self.places.bundles / fresh.run_id / "model.joblib")
        self._windows = WindowLog(self.places, fresh)
        announce(self.places, fresh, at, reason=reason)

    def die(self) -> None:
        """Lose what is still open."""
        self._windows = WindowLog(self.places, self.release)

    def end(self, at: datetime) -> None:
        """Write what is still open."""
        self._windows.flush(at, ending=True)

    def _scores(self, features: Sequence[Mapping[str, Any]]) -> list[float]:
        table = pa.table({name: [row[name] for row in features] for name in FEATURES})
        return [float(score) for score in self._model.predict_proba(matrix(table)[0])[:, 1]]

    def _answered(self, request: Mapping[str, Any], score: float, at: datetime, latency_ms: float) -> dict[str, Any]:
        self._windows.answered(at, latency_ms)
        answer = {"model_version": self.release.version, "empty": int(score >= 0.5), "chance": round(score, 6)}
        self._log(request, answer, at)
        return answer

    def _log(self, request: Mapping[str, Any], answer: Mapping[str, Any], at: datetime) -> None:
        line = {
            "id": request["request_id"],
            "at": text_of(at),
            "station_id": request["station_id"],
            "obs_ts": request["obs_ts"],
            "model_name": "empty_station",
            **answer,
            "features": dict(request["features"]),
            "turned_out": None,
        }
        append_line(self.places.predictions / f"{at:%Y-%m-%d}" / f"{at:%H}.jsonl", line)


def in_production(places: Places) -> Release:
    """Return what the registry says is to be served.

    Raises:
        NoModel: nothing is in production.
    """
    known = document(places)
    version = known["production_version"]
    if version is None:
        raise NoModel(f"{places.registry}: no version is in production; train and promote one first")
    run = read_json(places.bundles / known["models"][version]["run_id"] / "metadata.json")
    return Release(
        version,
        run["run_id"],
        run["started_at"],
        run["completed_at"],
        run["input_dataset_name"],
        run["input_dataset_version"],
    )
