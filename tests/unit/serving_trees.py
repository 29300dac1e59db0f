"""Serving trees on disk that tests write to as the platform does, and a second reading of them to hold the first against.

The second reading is written from the specification alone: it parses every line slowly, keeps everything in memory, and
sorts. It shares the words of findings with the package, and none of its bookkeeping.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.adapter import Reading
from pytest_mlmonitor.core.discover import Discovery, discover
from pytest_mlmonitor.core.files.record_files import base_name, read_records
from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.records.foreign import foreign
from pytest_mlmonitor.records.lines import examine
from pytest_mlmonitor.serving.adapters.p5_tree import read
from pytest_mlmonitor.serving.fold.recent import RECENT, RECENT_FIELDS
from pytest_mlmonitor.serving.fold.window_lines import UNATTRIBUTED, salvaged_id
from pytest_mlmonitor.serving.kind import DEPLOYMENT
from pytest_mlmonitor.serving.model import IDENTITY, Deployment, ServingWindow
from pytest_mlmonitor.serving.record import ServingWindowRecord
from pytest_mlmonitor.serving.seen.served_day import ServedDay, served_day
from pytest_mlmonitor.serving.window_rules import broken_rules

DAY = datetime(2026, 4, 26, tzinfo=UTC)
NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

_ZERO = {
    name: 0
    for name, field_ in ServingWindowRecord.model_fields.items()
    if name.endswith("_count") and field_.is_required()
}
_TEXTS = {
    "schema_version": "v1",
    "service_name": "s",
    "service_version": "1",
    "environment": "production",
    "deployment_id": "dep",
    "model_name": "m",
    "model_version": "v1",
    "bundle_id": "/models/run-1",
    "input_dataset_name": "d",
    "input_dataset_version": "2026-04-26T10:00:00Z",
    "endpoint_name": "/predict",
}


def at(minute: float) -> datetime:
    """Return a moment by its minutes after ``NOW``."""
    return NOW + minute * MINUTE


def window(minute: float = 0, **fields: Any) -> dict[str, Any]:
    """Return a sound window that starts ``minute`` minutes after ``NOW``, as it stands on a line."""
    start = at(minute)
    return {
        **_TEXTS,
        "window_start": instant(start),
        "window_end": instant(start + MINUTE),
        "heartbeat_emitted_at": instant(start + MINUTE),
        **_ZERO,
        "request_count": 10,
        "success_count": 10,
        "prediction_count": 10,
        "latency_p50_ms": 10.0,
        "latency_p95_ms": 20.0,
        "latency_p99_ms": 30.0,
        **fields,
    }


def event(minute: float = 0, **fields: Any) -> dict[str, Any]:
    """Return the activation of a deployment as it stands on a line."""
    texts = {name: text for name, text in _TEXTS.items() if name != "endpoint_name"}
    return {
        **texts,
        "event_type": "serving_deployment_activated",
        "event_time": instant(at(minute)),
        "bundle_uri": "file:///models/run-1",
        "bundle_created_at": instant(at(minute - 10)),
        "started_at": instant(at(minute - 20)),
        "completed_at": instant(at(minute - 10)),
        "activation_reason": "startup",
        "traffic_status": "serving",
        **fields,
    }


def encoded(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()


def place(minute: float) -> str:
    """Return the file of a window by its minute."""
    return f"{at(minute):%Y-%m-%d/%H/metrics_%M.jsonl}"


@dataclass
class Tree:
    """A serving tree below ``root``, and what a run without memory says of it."""

    root: Path
    settings: Settings = field(default_factory=Settings)

    @property
    def metrics(self) -> Path:
        return self.root / "serving" / "metrics"

    def append(self, name: str, data: bytes, kind: str = "metrics") -> Path:
        path = self.root / "serving" / kind / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab") as file:
            file.write(data)
        return path

    def put(self, *records: dict[str, Any], name: str | None = None) -> None:
        """Append windows to ``name``, or each to the file that it belongs in."""
        for record in records:
            start = datetime.fromisoformat(record["window_start"])
            self.append(name or f"{start:%Y-%m-%d/%H/metrics_%M.jsonl}", encoded(record) + b"\n")

    def activate(self, minute: float = 0, **fields: Any) -> None:
        name = f"{at(minute):%Y-%m-%d}/deployment_events.jsonl"
        self.append(name, encoded(event(minute, **fields)) + b"\n", "events")

    def names(self, kind: str = "metrics") -> list[str]:
        return self.found().records.get(self.root.resolve() / "serving" / kind, [])

    def read(self, now: datetime = NOW, state: State | None = None, *, full: bool = False) -> list[Deployment]:
        """Return the deployments, as a run at ``now`` reads them."""
        discovery = self.found()
        (found,) = discovery.found
        platform = Platform([], self.settings, now)
        platform.memory, platform.full = state, full
        return read(found.ref, Reading(platform, discovery))

    def found(self) -> Discovery:
        """Return what is found of the tree."""
        return discover(self.root, DEPLOYMENT.adapters)

    def fold_of(self, name: str = "dep", **how: Any) -> Deployment:
        return next(deployment for deployment in self.read(**how) if deployment.ref.name == name)


TOPICS = ("unreadable", "violations", "misplaced", "duplicates", "rewritten")


def said(deployments: Iterable[Deployment], *, without: Sequence[str] = ()) -> dict[str, dict[str, Any]]:
    """Return everything that is said of deployments in a form that compares."""
    found: dict[str, dict[str, Any]] = {}
    for one in deployments:
        history = asdict(one.history)
        history.pop("_recent")
        told: dict[str, Any] = {
            **{name: history[name] for name in history if name != "terms"},
            "recent": list(one.history.recent()),
            "sequence": list(one.windows),
            "events": one.events,
            **{topic: getattr(one, topic) for topic in TOPICS},
        }
        found[one.ref.name] = {name: value for name, value in told.items() if name not in without}
    if found.get(UNATTRIBUTED) is not None and not any(found[UNATTRIBUTED].get(t) for t in (*TOPICS, "windows")):
        del found[UNATTRIBUTED]  # it is there for what was said of files, and that was left out
    return found


# -- the second reading -----------------------------------------------------------------------------------------------


@dataclass
class Plain:
    """What the specification says of one deployment's windows."""

    windows: list[ServingWindow] = field(default_factory=list)
    duplicates: set[str] = field(default_factory=set)
    misplaced: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)


def plainly(tree: Tree) -> dict[str, Plain]:
    """Read a tree a second time: locations (``file:line``) of what is wrong, and the windows that count."""
    found: dict[str, Plain] = {}
    keys: dict[tuple[Any, ...], ServingWindow] = {}
    for name in tree.names():
        content = read_records(tree.metrics / name).data
        if foreign(content, name, frozenset(ServingWindowRecord.model_fields)) is not None:
            found.setdefault(UNATTRIBUTED, Plain()).bad.add(f"{name}:1")
            continue
        for number, line in enumerate(content.split(b"\n"), 1):
            if not line.strip():
                continue
            location = f"{name}:{number}"
            examined = examine(line, ServingWindowRecord, location)
            record = examined.record
            owner = (examined.data or {}).get("deployment_id") if examined.refusal is None else salvaged_id(line)
            plain = found.setdefault(owner if isinstance(owner, str) and owner.strip() else UNATTRIBUTED, Plain())
            if examined.refusal is not None or examined.violations:
                plain.bad.add(location)
            if record is None:
                continue
            values = {field_: getattr(record, field_) for field_ in ServingWindowRecord.model_fields}
            one = ServingWindow(**values, location=location)
            if base_name(name) != f"{one.window_start:%Y-%m-%d/%H/metrics_%M.jsonl}":
                plain.misplaced.add(location)
            first = keys.setdefault((one.deployment_id, *one.key), one)
            if first is not one:
                file = first.location.rpartition(":")[0]
                copied = file != name and base_name(file) == base_name(name)
                if not copied or replace(first, location=location) != one:
                    plain.duplicates.add(location)
                continue
            plain.windows.append(one)
    for plain in found.values():
        plain.windows.sort(key=lambda one: one.window_start)  # stable: read order among equals
    return found


def expected(plain: Plain, tree: Tree, now: datetime) -> dict[str, Any]:
    """Return what the history of a deployment must say (specification 2.3 and 2.10)."""
    windows, policy = plain.windows, tree.settings.serving
    judged = windows
    if policy.lookback_seconds is not None:
        since = now - timedelta(seconds=policy.lookback_seconds)
        judged = [one for one in windows if one.window_end > since] or windows[-1:]
    steps = [(b.window_start - a.window_start).total_seconds() for a, b in pairwise(judged)]
    length = policy.expected_window_seconds
    ahead = [one for one in windows if max(_times(one)) > now]
    return {
        "windows": len(windows),
        "sequence": windows,
        "first": windows[0] if windows else None,
        "latest": windows[-1] if windows else None,
        "judged": {
            "windows": len(judged),
            "requests": sum(one.request_count for one in judged),
            "missing": sum(max(int(s / length) - 1, 1) for s in steps if s > length * policy.max_allowed_gap_factor),
            "largest_gap_seconds": max(steps, default=0.0),
        },
        "served": _groups(windows, lambda one: tuple(getattr(one, name) for name in IDENTITY)),
        "endpoints": _groups(windows, lambda one: one.endpoint_name),
        "ahead": [(max(_times(one)), one.location) for one in ahead],
        "gaps": [(a.window_start, b.window_start) for a, b in pairwise(windows) if _step(a, b) >= 2 * length],
        "arithmetic": {one.location for one in windows if list(broken_rules(one))},
        "times": _odd(windows, length),
        "recent": [
            (
                one.window_start,
                one.window_end,
                {name: getattr(one, name) for name in RECENT_FIELDS if getattr(one, name) is not None},
            )
            for one in windows
            if one.window_start >= now - RECENT
        ],
        "day": plain_day(windows, now),
        "duplicates": plain.duplicates,
        "misplaced": plain.misplaced,
        "bad": plain.bad,
    }


def plain_day(windows: Iterable[ServingWindow], now: datetime) -> ServedDay:
    """Return the points of the last day as anybody would count them from windows."""
    last = int(now.timestamp() // 600)
    by_point: dict[int, list[ServingWindow]] = {}
    for one in windows:
        by_point.setdefault(int(one.window_start.timestamp() // 600), []).append(one)
    points = [by_point.get(slot, []) for slot in range(last - 143, last + 1)]

    def added(field_: str) -> list[int | None]:
        said = [[n for one in point if (n := getattr(one, field_)) is not None] for point in points]
        return [sum(numbers) if numbers else None for numbers in said]

    def highest(field_: str) -> tuple[float | None, ...]:
        said = [[n for one in p if one.request_count and (n := getattr(one, field_)) is not None] for p in points]
        return tuple(round(max(numbers), 2) if numbers else None for numbers in said)

    def share(field_: str) -> tuple[float | None, ...]:
        parts = zip(added(field_), added("request_count"), strict=True)
        return tuple(None if part is None or not whole else round(min(part / whole, 1), 6) for part, whole in parts)

    return ServedDay(
        (last - 143) * 600,
        tuple(added("request_count")),
        highest("latency_p95_ms"),
        highest("latency_p99_ms"),
        share("failure_count"),
        share("rejected_count"),
    )


def observed(deployment: Deployment) -> dict[str, Any]:
    """Return the same of a deployment that the package read."""
    history = deployment.history
    prefix = f"{deployment.metrics_dir}/"

    def there(window: ServingWindow | None) -> Any:
        if window is None:
            return None
        values = {name: getattr(window, name) for name in ServingWindow.__dataclass_fields__}
        return ServingWindow(**values | {"location": _local(window.location, prefix)})

    return {
        "windows": history.windows,
        "sequence": [there(one) for one in deployment.windows],
        "first": there(history.first),
        "latest": there(history.latest),
        "judged": asdict(history.judged),
        "served": [(there(one.first), one.windows) for one in history.served],
        "endpoints": [(one.name, there(one.latest), one.windows) for one in history.endpoints],
        "ahead": [(one.furthest, _local(one.location, prefix)) for one in history.ahead],
        "gaps": [(gap.after, gap.before) for gap in history.gaps],
        "arithmetic": locations(history.arithmetic, prefix),
        "times": locations(history.times, prefix),
        "recent": [(one.start, one.end, one.counts) for one in history.recent()],
        "day": served_day(history),
        "duplicates": locations(_of_windows(deployment.duplicates, prefix), prefix),
        "misplaced": locations(_of_windows(deployment.misplaced, prefix), prefix),
        "bad": locations(_of_windows((*deployment.unreadable, *deployment.violations), prefix), prefix),
    }


def compare(deployment: Deployment, plain: Plain, tree: Tree, now: datetime) -> None:
    """Assert that a deployment is what the second reading says."""
    ours, theirs = observed(deployment), expected(plain, tree, now)
    theirs["served"] = [(found[0], len(found)) for found in theirs["served"].values()]
    theirs["endpoints"] = [(name, found[-1], len(found)) for name, found in theirs["endpoints"].items()]
    for told in (ours, theirs):  # a duplicate that does not count may have put its identity before others
        told["served"].sort(key=lambda one: (one[0].window_start, one[0].location))
    for name in ("arithmetic", "times", "duplicates", "misplaced", "bad"):
        # Alike ones are counted; those that are told by place must be the right ones, and their number must be.
        places, number = ours.pop(name)
        wanted = theirs.pop(name)
        assert places <= wanted, name
        assert number >= len(wanted) if name in ("arithmetic", "times", "bad") else number == len(wanted), name
    assert ours == theirs


def locations(findings: Sequence[Any], prefix: str) -> tuple[set[str], int]:
    """Return where findings stand, and how many there are with those that are only counted."""
    number = 0
    for finding in findings:
        more = re.search(r" \(([0-9,]+) more", finding.message)
        number += 1 + (int(more[1].replace(",", "")) if more else 0)
    return {_local(finding.location or "", prefix) for finding in findings}, number


def _of_windows(findings: Sequence[Any], prefix: str) -> list[Any]:
    return [finding for finding in findings if (finding.location or "").startswith(prefix)]


def _local(location: str, prefix: str) -> str:
    return location.removeprefix(prefix)


def _times(one: ServingWindow) -> tuple[datetime, datetime, datetime]:
    return one.window_start, one.window_end, one.heartbeat_emitted_at


def _step(before: ServingWindow, after: ServingWindow) -> float:
    return (after.window_start - before.window_start).total_seconds()


def _groups(windows: Sequence[ServingWindow], key: Callable[[ServingWindow], Any]) -> dict[Any, list[ServingWindow]]:
    found: dict[Any, list[ServingWindow]] = {}
    for one in windows:
        found.setdefault(key(one), []).append(one)
    return found


def _odd(windows: Sequence[ServingWindow], length: float) -> set[str]:
    found = {
        one.location
        for one in windows
        if (one.window_end - one.window_start).total_seconds() != length
        or one.window_start.timestamp() % length
        or one.heartbeat_emitted_at < one.window_start
    }
    for mine in _groups(windows, lambda one: one.endpoint_name).values():
        found |= {
            b.location for a, b in pairwise(mine) if a.window_end > b.window_start and a.window_end > a.window_start
        }
    return found
