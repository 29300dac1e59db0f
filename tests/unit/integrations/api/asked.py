"""One request to an application, without a server; and records of runs to ask of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope

from pytest_mlmonitor.outputs.results import write_document
from pytest_mlmonitor.outputs.withdrawal import empty_results


@dataclass(frozen=True)
class Answered:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def asked(
    app: ASGIApp,
    path: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    *,
    host: str = "127.0.0.1:8080",
) -> Answered:
    """Ask an application, as uvicorn does; what it raises after its answer is not looked at."""
    raw, _, query = path.partition("?")
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(raw),
        "raw_path": raw.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in {"host": host, **(headers or {})}.items()
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
    }
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    received: list[bool] = []

    async def receive() -> Message:
        if received:
            await asyncio.Event().wait()  # the client stays
        received.append(True)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def run() -> None:
        try:
            await app(scope, receive, send)
        except Exception:
            if not sent:
                raise

    asyncio.run(run())
    start, *rest = sent
    known = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return Answered(start["status"], known, b"".join(one.get("body", b"") for one in rest))


def record(marker: int = 0, environment: str = "local") -> dict[str, Any]:
    """Return the record of a run over two builds of data that feed one model; every number in it tells which record it is."""
    made = empty_results(datetime(2026, 1, 1, tzinfo=UTC).replace(microsecond=marker), environment)
    names = [("a1", "orders@1", "trained_on"), ("a2", "orders@2", "fed_by"), ("a3", "r1", "training_run")]
    for id_, name, role in names:
        made["artifacts"].append(
            {
                "kind": "training_run" if role == "training_run" else "dataset",
                "name": name,
                "path": f"data/{name}",
                "verdict": "failed" if id_ == "a2" else "ok",
                "owner": None,
                "runbook": None,
                "since": None,
                "id": id_,
                "family": "orders",
                "version": name.partition("@")[2] or None,
            }
        )
    figures = [("psi", "amount", 0.4), ("ks", "amount", 0.3), ("psi", "quantity", 0.01), ("drift_share", "table", 0.5)]
    drifted = {"severity": "error", "message": "amount drifted <b>", "column": "amount", "accepted": None}
    known = {
        "severity": "warning",
        "message": "quantity drifted",
        "column": "quantity",
        "accepted": "known, until 2027",
    }
    rest = {"expected": None, "actual": None, "location": None}
    result = {
        "nodeid": "data/orders@2::drift",
        "artifact": "orders@2",
        "path": "data/orders@2",
        "kind": "dataset",
        "check": "drift",
        "category": "drift",
        "severity": "error",
        "status": "fail",
        "reason": None,
        "findings": [drifted | rest, known | rest],
        "figures": [{"name": name, "column": column, "value": value + marker} for name, column, value in figures],
        "started_at": None,
        "duration_seconds": float(marker),
    }
    earlier = result | {
        "artifact": "orders@1",
        "path": "data/orders@1",
        "nodeid": "data/orders@1::drift",
        "figures": [],
    }
    made["results"] = [result, earlier]
    limit = {
        "origin": "file",
        "key": "drift.psi_error",
        "value": "0.5",
        "default": "0.2",
        "file": "mlmonitor.toml",
        "line": 3,
    }
    made["models"] = [
        {
            "name": "team/churn",
            "live": True,
            "artifacts": [{"id": id_, "role": role} for id_, _, role in names],
            "metrics": [{"artifact": "a3", "version": "7", "metrics": {"r2": 0.8 + marker}}],
            "policy": [{"artifacts": ["a2"], **limit}],
        }
    ]
    made["run"]["policy"] = [
        {"origin": "file", "key": "retrain.a_day", "value": "3", "default": "2", "file": "p", "line": 1}
    ]
    return made | {"exit_status": 1, "complete": True}


def put(out: Path, document: Mapping[str, Any]) -> None:
    """Write a record as a run writes it."""
    out.mkdir(exist_ok=True)
    write_document(out, document)  # type: ignore[arg-type]
