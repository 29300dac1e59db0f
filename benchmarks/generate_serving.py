"""Serving trees of any size on the P5 layout: ``python -m benchmarks.generate_serving DIR DEPLOYMENTS MINUTES``.

Every line has the fields, the order and the length of what the serving layer writes; the counts keep the arithmetic of the
contract and vary from minute to minute. Of fifty deployments 44 are healthy, three have a p95 too high and two too many
failures in their last window, and one fell silent before the end. The same arguments make the same bytes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

START = datetime(2026, 5, 1, tzinfo=UTC)
"""When the first window starts."""

SILENT_MINUTES = 20
"""How long before the end the silent deployment writes its last window: longer than the policy allows (10 minutes)."""

HEALTHY, SLOW, FAILING, SILENT = "healthy", "slow", "failing", "silent"
STATUS = {HEALTHY: "healthy", SLOW: "degraded", FAILING: "degraded", SILENT: "unhealthy"}
ROLES = (*[HEALTHY] * 44, *[SLOW] * 3, *[FAILING] * 2, SILENT)
"""What every fifty deployments are."""

BODIES = 997
"""Different sets of counts, in a turn that meets no period of the calendar."""


@dataclass(frozen=True)
class Tree:
    """A serving tree.

    Attributes:
        root: the artifact root; ``serving/`` lies below it.
        deployments: how many.
        minutes: how many minute files.
        sparse: whether every deployment is healthy and has one window only, in one of the minutes.
    """

    root: Path
    deployments: int
    minutes: int
    sparse: bool = False

    @property
    def windows(self) -> int:
        """Lines below ``metrics/``."""
        if self.sparse:
            return self.deployments
        silent = self.deployments // len(ROLES)
        return self.deployments * self.minutes - silent * min(SILENT_MINUTES, self.minutes)

    @property
    def intended(self) -> dict[str, str]:
        """The status of every deployment at :meth:`now`."""
        return {deployment_id(i): STATUS[self._role(i)] for i in range(self.deployments)}

    def now(self, more: int = 0) -> str:
        """Return the evaluation time: three minutes after the end of the last window, ``more`` minutes having been added."""
        return stamp(START + timedelta(minutes=self.minutes + more + 3))

    def write(self) -> None:
        """Write the tree anew, windows and events."""
        self._write_minutes(0, self.minutes)
        events: dict[Path, list[str]] = {}
        for i in range(self.deployments):
            first = START + timedelta(minutes=i % self.minutes if self.sparse else 0)
            path, line = event(i, first)
            events.setdefault(self.root / "serving" / "events" / path, []).append(line)
        for path, lines in events.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(lines))

    def grow(self, count: int, after: int = 0) -> None:
        """Add ``count`` minutes behind the tree and the ``after`` minutes that were added before."""
        self._write_minutes(self.minutes + after, count)

    def shrink(self) -> None:
        """Remove every minute that was added."""
        minute = self.minutes
        while (file := self._file(minute)).is_file():
            file.unlink()
            for directory in (file.parent, file.parent.parent):
                if not any(directory.iterdir()):
                    directory.rmdir()
            minute += 1

    def _write_minutes(self, first: int, count: int) -> None:
        for minute in range(first, first + count):
            file = self._file(minute)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(self._lines(minute, last=minute == first + count - 1)))

    def _lines(self, minute: int, *, last: bool) -> Iterator[str]:
        start = START + timedelta(minutes=minute)
        end = stamp(start + timedelta(minutes=1))
        head = f'{{"schema_version":"v1","window_start":"{stamp(start)}","window_end":"{end}",'
        tail = f',"heartbeat_emitted_at":"{end[:-1]}.542915Z"}}\n'
        for i in (
            range(minute % self.minutes, self.deployments, self.minutes) if self.sparse else range(self.deployments)
        ):
            role = self._role(i)
            if role == SILENT and minute >= self.minutes - SILENT_MINUTES:
                continue
            variant = (minute * 7 + i * 13) % BODIES
            yield f"{head}{identity(i)}{body(role if last else HEALTHY, variant)}{tail}"

    def _role(self, i: int) -> str:
        return HEALTHY if self.sparse else ROLES[i % len(ROLES)]

    def _file(self, minute: int) -> Path:
        start = START + timedelta(minutes=minute)
        return self.root / "serving" / "metrics" / f"{start:%Y-%m-%d}" / f"{start:%H}" / f"metrics_{start:%M}.jsonl"


def stamp(moment: datetime) -> str:
    """Return a moment as the serving layer writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def deployment_id(i: int) -> str:
    """Return the id of the deployment of that number; ids sort as numbers do."""
    return f"dep-2026-04-30-linked-{i:05d}"


@cache
def identity(i: int) -> str:
    """Return the fields of a window from the service to the endpoint, which never change."""
    return _inside({**_service(i), "deployment_id": deployment_id(i), **_model(i), "endpoint_name": "/predict"}) + ","


@cache
def body(role: str, variant: int) -> str:
    """Return the counts and latencies of a window."""
    requests = 20 + variant * 37 % 181
    failed = requests // 10 if role == FAILING else requests // 50 if variant % 5 == 0 else 0
    rejected = requests // 60 if variant % 7 == 0 else 0
    succeeded = requests - failed - rejected
    p50 = 10 + variant * 31 % 997 / 97
    p95 = p50 * 2.5331 + (600 if role == SLOW else 0)
    traced = variant % 4 == 0
    lookups = failed // 2
    return _inside(
        {
            "request_count": requests,
            "success_count": succeeded,
            "failure_count": failed,
            "rejected_count": rejected,
            "timeout_count": failed - lookups,
            "latency_p50_ms": p50,
            "latency_p95_ms": p95,
            "latency_p99_ms": p95 + 109.39948745,
            "feature_lookup_p95_ms": p50 / 3 if traced else None,
            "model_exec_p95_ms": p50 / 2 if traced else None,
            "validation_error_count": rejected,
            "feature_lookup_error_count": lookups,
            "model_load_error_count": 0,
            "inference_runtime_error_count": 0,
            "dependency_error_count": failed - lookups,
            "internal_error_count": 0,
            "input_schema_failure_count": rejected,
            "missing_required_field_count": rejected,
            "invalid_type_count": 0,
            "domain_violation_count": 0,
            "prediction_count": succeeded,
            "prediction_null_count": 0,
            "prediction_non_finite_count": 0,
            "prediction_out_of_range_count": 0,
            "fallback_prediction_count": requests // 100 if variant % 3 == 0 else 0,
            "missing_feature_count": 0 if traced else None,
            "default_imputed_feature_count": 0 if traced else None,
            "stale_feature_count": 0 if traced else None,
            "feature_vector_build_failure_count": 0 if traced else None,
        }
    )


def event(i: int, first_start: datetime) -> tuple[Path, str]:
    """Return the activation of a deployment shortly before its first window: its file below ``events/``, and the line."""
    time = first_start - timedelta(seconds=10 + i % 40)
    completed = stamp(time - timedelta(minutes=33))
    model = _model(i)
    fields = {
        "event_type": "serving_deployment_activated",
        "event_time": stamp(time),
        **_service(i),
        "deployment_id": deployment_id(i),
        "instance_id": "pod-7c9f",
        **{name: model[name] for name in ("model_name", "model_version", "bundle_id")},
        "bundle_uri": f"file://{model['bundle_id']}",
        "bundle_created_at": completed,
        "input_dataset_name": model["input_dataset_name"],
        "input_dataset_version": model["input_dataset_version"],
        "started_at": stamp(time - timedelta(minutes=35)),
        "completed_at": completed,
        "activation_reason": "startup",
        "traffic_status": "serving",
        "schema_version": "v1",
    }
    return Path(f"{time:%Y-%m-%d}/deployment_events.jsonl"), f"{{{_inside(fields)}}}\n"


def _service(i: int) -> dict[str, str]:
    # A service each: a later activation in the same service would retire the earlier deployment.
    return {
        "service_name": f"mobility-serving-layer-{i:05d}",
        "service_version": "0.1.0",
        "environment": "production",
    }


def _model(i: int) -> dict[str, str]:
    run = f"{(i + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"
    return {
        "model_name": "lightgbm_default",
        "model_version": "v1-lgbm-20260430",
        "bundle_id": f"/srv/mobility-serving/models/lightgbm_default/{run}",
        "input_dataset_name": "training_dataset_20260430_220148",
        "input_dataset_version": "2026-04-30T22:01:48+00:00",
    }


def _inside(fields: Mapping[str, object]) -> str:
    return json.dumps(fields, separators=(",", ":"))[1:-1]


def main() -> None:
    """Write one tree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("deployments", type=int)
    parser.add_argument("minutes", type=int)
    parser.add_argument("--sparse", action="store_true", help="one window per deployment")
    given = parser.parse_args()
    tree = Tree(given.root, given.deployments, given.minutes, given.sparse)
    tree.write()
    print(f"{tree.windows:,} windows; evaluate at {tree.now()}")


if __name__ == "__main__":
    main()
