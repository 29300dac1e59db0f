"""A stranger's project with a copy of the sample platform in ``artifacts/``, and ways to break it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).parents[2] / "contract_tests" / "platform"
NOW = "2026-04-26T14:00:37Z"
"""The time at which the sample platform is clean, given builds of up to six hours."""

RUN_ID = "43826da11ab758aa547be3d9f1df80fb"
DEPLOYMENT_ID = "dep-2026-04-16-linked"
DATASET = "training_dataset_20260426_130148"

SIDECAR = "p2/dataset_metadata.json"
FLAT_RUN = "p2/training_metadata.json"
REPORT = "p2/models/metrics_20260426_131236.json"
BUNDLE = f"p4/artifacts/{RUN_ID}/metadata.json"
SERVING = "p5/artifacts/serving"
FIRST_WINDOW = f"{SERVING}/metrics/2026-04-26/13/metrics_48.jsonl"
LAST_WINDOW = f"{SERVING}/metrics/2026-04-26/13/metrics_59.jsonl"
EVENTS = f"{SERVING}/events/2026-04-26/deployment_events.jsonl"

OPENED = "2026-04-26T13:48:00Z"
"""Start of the first serving window."""

EARLY = {"event_time": "2026-04-26T13:20:20Z"}
STALE = {
    "window_start": "2026-04-26T13:30:00Z",
    "window_end": "2026-04-26T13:31:00Z",
    "heartbeat_emitted_at": "2026-04-26T13:31:05Z",
}
"""Times of a window that is half an hour old."""

OTHERS = tuple(f"-pno:{name}" for name in ("hypothesispytest", "typeguard", "unraisableexception", "threadexception"))
"""Plugins that have no part in what is tested: imports of half a second, and ten garbage collections a run."""


class Project:
    """What a user has in front of them: a project directory, an artifact root in it, and a shell."""

    def __init__(self, pytester: pytest.Pytester, root: Path) -> None:
        self.pytester = pytester
        self.path = pytester.path
        self.root = root

    # -- what the user does -------------------------------------------------------------------------------------------

    def run(self, *args: str | Path, now: str | None = NOW) -> pytest.RunResult:
        """Run ``pytest ARGS`` in this process."""
        return self.pytester.runpytest_inprocess(*_at(now), *args)

    def run_alone(self, *args: str | Path, now: str | None = NOW) -> pytest.RunResult:
        """Run ``pytest ARGS`` in a process of its own."""
        return self.pytester.runpytest_subprocess(*_at(now), *args, timeout=120)

    def check(self, *args: str | Path, now: str | None = NOW) -> pytest.RunResult:
        """Run ``pytest --mlmonitor=artifacts ARGS``."""
        return self.run(f"--mlmonitor={self.root.name}", *args, now=now)

    def results(self, *args: str | Path) -> dict[str, Any]:
        """Check the root and return its results.json."""
        self.check("--mlmonitor-out", "out", *args)
        return read_json(self.path / "out" / "results.json")

    def ids(self, *args: str | Path) -> list[str]:
        """Return the ids that ``pytest --mlmonitor=artifacts --co -q ARGS`` prints."""
        return ids_of(self.check("--co", "-q", *args))

    # -- what the user has written ------------------------------------------------------------------------------------

    def policy(self, text: str, *, pytest_table: str = "") -> Path:
        """Write ``[tool.mlmonitor]`` (and ``[tool.pytest]``) into pyproject.toml."""
        table = f"[tool.pytest]\n{pytest_table}\n" if pytest_table else ""
        return self.write("pyproject.toml", f"{table}[tool.mlmonitor]\n{text}\n")

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    # -- what upstream did to the artifacts ---------------------------------------------------------------------------

    def edit(self, name: str, **fields: Any) -> None:
        """Change fields of a JSON document below the root; None removes one."""
        change_json(self.root / name, fields)

    def edit_lines(self, name: str, **fields: Any) -> None:
        """Change fields of every line of every JSONL file at or below ``name``."""
        start = self.root / name
        for path in [start] if start.is_file() else sorted(start.rglob("*.jsonl")):
            lines = [json.loads(line) | fields for line in path.read_text(encoding="utf-8").splitlines() if line]
            path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")

    def append(self, name: str, text: str) -> None:
        """Append text to a file below the root."""
        with open(self.root / name, "a", encoding="utf-8") as file:
            file.write(text)

    def plant(self, name: str, text: str = "") -> Path:
        """Write a file below the root."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def deploy(self, names: Sequence[str], *, below: str = "", **fields: Any) -> None:
        """Add deployments to those that are served: a window and an event each; ``fields`` are of their windows."""
        window, event = (json.loads((SAMPLE / name).read_text(encoding="utf-8")) for name in (LAST_WINDOW, EVENTS))
        for name in names:
            own = {"deployment_id": name, "service_name": f"service of {name}"}
            served = window | own | fields
            start = served["window_start"]
            for path, record in (
                (f"{SERVING}/metrics/{start[:10]}/{start[11:13]}/metrics_{start[14:16]}.jsonl", served),
                (EVENTS, event | own | EARLY),
            ):
                file = self.root / below / path
                file.parent.mkdir(parents=True, exist_ok=True)
                with open(file, "a", encoding="utf-8") as log:
                    log.write(json.dumps(record) + "\n")

    def keep(self, *parts: str) -> None:
        """Remove everything below the root but these directories."""
        for path in self.root.iterdir():
            if path.name not in parts:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _at(now: str | None) -> list[str]:
    return [*OTHERS, "--mlmonitor-now", now] if now else [*OTHERS]


def change_json(path: Path, fields: dict[str, Any]) -> None:
    document = read_json(path) | fields
    document = {key: value for key, value in document.items() if value is not None}
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def ids_of(result: pytest.RunResult) -> list[str]:
    """Return the node ids among the printed lines."""
    return [line for line in result.outlines if "::" in line and " " not in line]


def error_text(result: pytest.RunResult) -> str:
    """Return everything printed on stderr: where pytest says usage errors."""
    return "\n".join(result.errlines)


def assert_clean(result: pytest.RunResult, **more: int) -> None:
    """Assert that artifacts were judged and nothing was found; ``more`` are outcomes of other tests."""
    outcomes = result.parseoutcomes()
    assert result.ret == 0, result.stdout.str()
    assert set(outcomes) <= {"passed", "skipped"} | set(more)
    assert outcomes["passed"] >= 6


def without_past(entries: list[Any]) -> list[Any]:
    """Return artifacts or results of a document without what they say of earlier runs: a second run has a first one behind it."""
    past = ("since", "runs", "new", "fixed", "history")
    left = [{key: value for key, value in entry.items() if key not in past} for entry in entries]
    return [entry | {"findings": without_past(entry["findings"])} if entry.get("findings") else entry for entry in left]
