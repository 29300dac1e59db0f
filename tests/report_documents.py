"""Invented results documents for the page: small, large, hostile, and one of every state. They say what a run can say, all of it.

``python -m tests.report_documents DIRECTORY`` writes the page of each into a directory.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from pytest_mlmonitor.outputs.results_shape import Results

NOW = datetime(2026, 11, 28, 3, 31, 19, tzinfo=UTC)
RUNS = 20
HOSTILE = (
    "\"><img src=x onerror=document.title='owned'></script><script>document.title='owned'</script>"
    "\u202eevil\u200b\ufeff${1}<!--"
)
"""Markup, script, a turn of the reading direction, characters without width, and what templates take for theirs."""

CHECKS: Mapping[str, Sequence[tuple[str, str]]] = {
    "dataset": (
        ("readable", "contract"),
        ("contract", "contract"),
        ("schema", "contract"),
        ("rows", "quality"),
        ("row_count", "quality"),
        ("null_rates", "quality"),
        ("volume", "quality"),
        ("duplicate_rate", "quality"),
        ("freshness", "freshness"),
        ("drift", "drift"),
        ("point_in_time", "lineage"),
        ("service_levels", "contract"),
    ),
    "training_run": (
        ("readable", "contract"),
        ("contract", "contract"),
        ("metrics_finite", "quality"),
        ("chronology", "lineage"),
        ("dataset_link", "lineage"),
        ("promotion", "performance"),
    ),
    "deployment": (
        ("readable", "contract"),
        ("window_times", "contract"),
        ("arithmetic", "reconcile"),
        ("serving_health", "health"),
        ("lost_windows", "health"),
        ("slo_burn_rate", "health"),
        ("run_link", "lineage"),
    ),
    "predictions": (
        ("readable", "contract"),
        ("schema", "contract"),
        ("prediction_drift", "drift"),
        ("performance", "performance"),
    ),
    "registry": (("readable", "contract"), ("one_production", "contract"), ("run_link", "lineage")),
}


def at(hours: float) -> str:
    """Return an instant so many hours before the evaluation."""
    return (NOW - timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def seconds(hours: float) -> float:
    return (NOW - timedelta(hours=hours)).timestamp()


# What a run says, piece by piece.


def finding(severity: str, message: str, **more: Any) -> dict[str, Any]:
    fields = dict.fromkeys(("expected", "actual", "column", "location", "accepted"))
    return {**fields, "severity": severity, "message": message, **more}


def wrong(severity: str, message: str, hours: float, runs: int, **more: Any) -> dict[str, Any]:
    """Return a finding with what the store knows of it."""
    again = more.pop("again", "pytest --mlmonitor artifacts artifacts/x::check --mlmonitor-now 2026-11-28T03:31:19Z")
    known = {"since": at(hours), "runs": runs, "new": runs == 1, "again": again, "rows": None, "thresholds": []}
    return finding(severity, message, **{**known, **more})


def threshold(
    origin: str, key: str, value: str, default: str | None = None, file: str | None = None, line: int | None = None
) -> dict[str, Any]:
    return {"origin": origin, "key": key, "value": value, "default": default, "file": file, "line": line}


def measured(what: str, value: float, limit: float, unit: str, check: str, direction: str = "above") -> dict[str, Any]:
    ratio = (value / limit if direction == "above" else limit / value) if limit and value else None
    return {
        "what": what,
        "value": value,
        "limit": limit,
        "unit": unit,
        "direction": direction,
        "ratio": ratio,
        "check": check,
    }


class Platform:
    """Artifacts and what was said of them, put together into a document."""

    def __init__(self, checks: Mapping[str, Sequence[tuple[str, str]]] = CHECKS) -> None:
        self.checks = checks
        self.artifacts: list[dict[str, Any]] = []
        self.results: list[dict[str, Any]] = []
        self.edges: list[dict[str, Any]] = []

    def add(
        self,
        kind: str,
        family: str,
        version: str,
        verdict: str = "ok",
        *,
        history: str | None = None,
        said: Mapping[str, Mapping[str, Any]] | None = None,
        **more: Any,
    ) -> str:
        """Add an artifact and return its id.

        Args:
            kind: of it.
            family: of it.
            version: of it.
            verdict: of it.
            history: a letter a run, as the page has them; None for fine in every run.
            said: by check, what its result says other than that it passed.
            more: further keys of the artifact.
        """
        letters = {"o": "ok", "f": "failed", "w": "warned", "e": "error", "p": "partial", ".": None}
        past = [letters[letter] for letter in (history or "o" * RUNS)]
        name, path = f"{family}_{version}", f"artifacts/{kind}/{family}_{version}"
        bad = verdict in ("failed", "error", "warned")
        lasted = next((i for i, one in enumerate(reversed(past)) if one != past[-1]), len(past))
        self.artifacts.append(
            {
                "kind": kind,
                "name": name,
                "path": path,
                "verdict": verdict,
                "owner": None,
                "runbook": None,
                "since": at(6 * (lasted - 1)) if bad and past else None,
                "id": f"{kind}/{name}",
                "family": family,
                "version": version,
                "contact": None,
                "facts": [],
                "worst": None,
                "headline": "",
                "action": "",
                "runs": lasted if bad else None,
                "new": bad and lasted == 1 and len(past) > 1,
                "fixed": not bad and len(past) > 1 and past[-2] in ("failed", "error"),
                "history": past,
            }
            | more
        )
        for check, category in self.checks[kind]:
            self._result(kind, name, path, check, category, (said or {}).get(check, {}))
        for check in sorted(set(said or {}) - {check for check, _ in self.checks[kind]}):
            self._result(kind, name, path, check, "contract", (said or {})[check])
        return f"{kind}/{name}"

    def _result(self, kind: str, name: str, path: str, check: str, category: str, said: Mapping[str, Any]) -> None:
        words = ("info", "warning", "error", "critical")
        worst = max((words.index(one["severity"]) for one in said.get("findings", ())), default=None)
        self.results.append(
            {
                "nodeid": f"{path}::{check}",
                "artifact": name,
                "path": path,
                "kind": kind,
                "check": check,
                "category": category,
                "severity": words[worst] if worst is not None else None,
                "status": "fail" if worst else "pass",
                "reason": None,
                "findings": [],
                "figures": [],
                "started_at": at(0),
                "duration_seconds": 0.01,
                **said,
            }
        )

    def edge(
        self, source: str, target: str, role: str = "input", reason: str | None = None, check: str | None = None
    ) -> None:
        state = "broken" if reason else "ok"
        self.edges.append(
            {"from": source, "to": target, "role": role, "state": state, "check": check, "reason": reason}
        )

    def document(self, **more: Any) -> Results:
        """Return the document of a run that came to its end; ``more`` overrides, ``run`` within the run."""
        own = more.pop("run", {})
        status = [one["status"] for one in self.results]
        verdicts = [one["verdict"] for one in self.artifacts]
        warned = sum(one["status"] == "fail" and one["severity"] == "warning" for one in self.results)
        new, fixed = (sum(bool(one[key]) for one in self.artifacts) for key in ("new", "fixed"))
        bad = sum(verdict in ("failed", "error", "warned") for verdict in verdicts)
        length = max((len(one["history"]) for one in self.artifacts), default=0)
        history = [
            {
                "evaluated_at": at(6 * (length - 1 - i)),
                "failed": sum(one["history"][i : i + 1] == ["failed"] for one in self.artifacts),
                "warned": sum(one["history"][i : i + 1] == ["warned"] for one in self.artifacts),
            }
            for i in range(length)
        ]
        made = {
            "schema_version": 2,
            "evaluated_at": at(0),
            "duration_seconds": 4.2,
            "counts": {
                "pass": status.count("pass"),
                "fail": status.count("fail") - warned,
                "error": status.count("error"),
                "not_checked": status.count("not_checked"),
                "warned": warned,
            },
            "artifacts": self.artifacts,
            "unclaimed": ["artifacts/handoff/feature_schema.json", "artifacts/tmp/export.lock"],
            "foreign": [],
            "older": [],
            "results": self.results,
            "environment": "prod",
            "exit_status": int("failed" in verdicts or "error" in verdicts),
            "narrowed": False,
            "selection": [],
            "collected": len(status),
            "selected": len(status),
            "left_out": [],
            "policy": {
                "file": "policy/mlmonitor.toml",
                "overridden": {"serving.latency_p95_ms": "MLMONITOR_SERVING__LATENCY_P95_MS"},
            },
            "trace_id": None,
            "remembered": [],
            "store": {"file": "mlmonitor.db", "problem": None, "notices": []},
            "exports": [{"name": "alerts", "said": "3 sent", "problem": None}],
            "complete": True,
            "edges": self.edges,
            "run": {
                "project": "payments-ml",
                "commit": "4f2c91e0a1b2c3d4e5f60718293a4b5c6d7e8f90",
                "commit_url": "https://git.example/payments-ml/commit/4f2c91e",
                "branch": "main",
                "ci": {"service": "GitLab CI", "label": "nightly #4812", "url": "https://ci.example/runs/4812"},
                "command": "pytest --mlmonitor artifacts --mlmonitor-out out --mlmonitor-now 2026-11-28T03:31:19Z",
                "roots": ["artifacts"],
                "versions": {"pytest-mlmonitor": "0.2.0", "Python": "3.11.7", "pytest": "9.2.0", "pyarrow": "24.0.1"},
                "policy": [
                    {
                        "key": "freshness.max_age_seconds",
                        "value": "21600",
                        "default": "1800",
                        "origin": "file",
                        "file": "policy/mlmonitor.toml",
                        "line": 14,
                    },
                    {
                        "key": "serving.latency_p95_ms",
                        "value": "400",
                        "default": "500",
                        "origin": "environment",
                        "file": None,
                        "line": None,
                    },
                    {
                        "key": "performance.max_ece",
                        "value": "0.05",
                        "default": "0.1",
                        "origin": "option",
                        "file": None,
                        "line": None,
                    },
                ],
                "previous": {"evaluated_at": at(6), "exit_status": 1, "failed": 5, "warned": 3} if length > 1 else None,
                "new": new,
                "still": bad - new,
                "fixed": fixed,
                "history": history,
            }
            | own,
        }
        return cast(Results, {**made, **more})


# Pictures, in the shapes that results.json has.


def age(hours: float, limit: float, every: float) -> dict[str, Any]:
    builds = [hours + every * i for i in range(int((168 - hours) // every), -1, -1)]
    return {
        "kind": "age",
        "data": {
            "builds": [seconds(one) for one in builds],
            "limit": limit * 3600,
            "evaluated_at": seconds(0),
            "span": 168 * 3600,
        },
    }


def distributions() -> dict[str, Any]:
    bell = [round(math.exp(-(((i - 11) / 4) ** 2)), 4) for i in range(24)]
    late = [round(math.exp(-(((i - 5) / 6) ** 2)), 4) for i in range(24)]
    shares = [[one / sum(values) for one in values] for values in (bell, late)]
    numeric = {
        "name": "amount",
        "type": "numeric",
        "labels": None,
        "edges": [i * 400 / 24 for i in range(25)],
        "reference": shares[0],
        "current": shares[1],
        "psi": 0.575,
        "d": 0.284,
        "p": 0.0,
        "nulls": [0.0, 0.0],
        "severity": "error",
    }
    category = {
        "name": "merchant_country",
        "type": "category",
        "labels": ["DE", "FR", "AT", "NL", "other"],
        "edges": None,
        "reference": [0.7, 0.12, 0.08, 0.05, 0.05],
        "current": [0.55, 0.12, 0.08, 0.05, 0.2],
        "psi": 0.132,
        "d": None,
        "p": 0.0004,
        "nulls": [0.013, 0.184],
        "severity": "warning",
    }
    return {
        "kind": "distributions",
        "data": {
            "reference": "transactions_20261124_200000",
            "why": "what fraud-lgbm v13 was trained on",
            "reference_rows": 1_956_204,
            "current_rows": 1_204_118,
            "warning": 0.1,
            "error": 0.2,
            "features": [numeric, category],
            "all": [
                ["amount", 0.575, "error"],
                ["merchant_country", 0.132, "warning"],
                ["channel", 0.005, None],
                ["currency", 0.002, None],
            ],
        },
    }


def serving(*, silent: bool = False) -> dict[str, Any]:
    wave = [300 + 250 * math.sin(i / 23) for i in range(144)]
    cut = 130 if silent else 144

    def until(values: list[float]) -> list[float | None]:
        return [round(value, 3) if i < cut else None for i, value in enumerate(values)]

    return {
        "kind": "serving",
        "data": {
            "start": seconds(24),
            "step": 600,
            "requests": until(wave),
            "p95": until([180 + one / 6 for one in wave]),
            "p99": until([260 + one / 4 for one in wave]),
            "failed": until([0.002 + (0.38 if silent and i > 124 else 0) for i in range(144)]),
            "rejected": until([0.001] * 144),
            "limits": {"p95": 400, "p99": 800, "failed": 0.01, "rejected": 0.05},
            "gaps": [[seconds(2.2), seconds(0)]] if silent else [],
            "retired": None,
            "events": [[seconds(3.1), "v13 deployed"]],
        },
    }


def reliability() -> dict[str, Any]:
    bins = [[0.05 + 0.1 * i, round((0.05 + 0.1 * i) ** 1.3, 4), 4000 >> i] for i in range(10)]
    reported = [[mean, mean, rows] for mean, _, rows in bins]
    return {
        "kind": "reliability",
        "data": {"bins": bins, "reported": reported, "ece": 0.112, "limit": 0.05, "model": "fraud-lgbm v13"},
    }


def confusion() -> dict[str, Any]:
    return {
        "kind": "confusion",
        "data": {"labels": ["fine", "fraud"], "cells": [[17_402, 288], [195, 319]], "reported": None},
    }


def gate() -> dict[str, Any]:
    def metric(
        name: str, champion: float, challenger: float, limit: float, direction: str = "higher"
    ) -> dict[str, Any]:
        passed = challenger >= limit if direction == "higher" else challenger <= limit
        ends = {"low": 0.0, "high": 1.0}
        return {
            "name": name,
            "champion": champion,
            "challenger": challenger,
            "limit": limit,
            "direction": direction,
            "passed": passed,
            **ends,
        }

    metrics = [
        metric("recall", 0.791, 0.712, 0.78),
        metric("ROC AUC", 0.934, 0.938, 0.92),
        metric("ECE", 0.031, 0.028, 0.05, "lower"),
    ]
    return {"kind": "gate", "data": {"champion": "v13", "challenger": "v14", "metrics": metrics}}


# Platforms.


def _platform() -> Platform:
    """Return fourteen artifacts, five of which fail, three warn: those of the mock-up."""
    made = Platform()
    scorer = made.add(
        "deployment",
        "fraud-scorer",
        "dep-2026-11-20",
        "failed",
        history="oooooooooooooooowoof",
        owner="Serving",
        contact="#serving-oncall",
        runbook="https://wiki.example/rb/serving-down",
        headline="No window for 2 h 14 min; before that 38.2 % of requests failed",
        action="Restart the scorer pods, then replay the queue",
        worst=measured("staleness", 8040, 600, "seconds", "serving_health"),
        facts=[["Windows", "11,218 of 11,360 expected"], ["Serves", "fraud-lgbm v13"]],
        said={
            "serving_health": {
                "findings": [
                    wrong(
                        "critical",
                        "Unhealthy: the last window ended 2 h 14 min ago",
                        0,
                        1,
                        expected="staleness ≤ 10 min",
                        actual="134 min; latest window until 28 Nov 01:17 UTC",
                        location="artifacts/serving/metrics/2026-11-28/01/metrics_16.jsonl:1",
                        thresholds=[
                            threshold("file", "serving.max_staleness_minutes", "10", "30", "policy/mlmonitor.toml", 22)
                        ],
                    )
                ],
                "pictures": [serving(silent=True)],
                "action": "Restart the scorer pods, then replay the queue",
            },
            "lost_windows": {
                "findings": [
                    wrong(
                        "error",
                        "142 of 11,360 windows were never written",
                        0,
                        1,
                        expected="every minute has a window",
                        actual="98.75 %",
                    )
                ]
            },
            "slo_burn_rate": {
                "findings": [wrong("error", "The error budget of 30 days burns 14.1 times too fast", 0, 1)]
            },
        },
    )
    transactions = made.add(
        "dataset",
        "transactions",
        "20261127_020000",
        "failed",
        history="oooooooooowwffffffff",
        owner="Data platform",
        contact="data-platform@example.com",
        runbook="https://wiki.example/rb/transactions",
        headline="Built 25 h 31 min ago; 4 of 14 features drifted, amount most (PSI 0.575)",
        action="Fix the pos_export feed, then rebuild",
        worst=measured("age", 91_879, 21_600, "seconds", "freshness"),
        facts=[
            ["Built", "27 Nov 02:00 UTC"],
            ["Rows", "1,204,118 (−38.4 % on the one before)"],
            ["Contract", "transactions.odcs.yaml 2.1.0"],
        ],
        said={
            "freshness": {
                "findings": [
                    wrong(
                        "error",
                        "STALE: built 25 h 31 min ago, allowed 6 h",
                        18,
                        4,
                        expected="age < 6 h",
                        actual="25 h 31 min (91,879 s)",
                        thresholds=[
                            threshold("file", "freshness.max_age_seconds", "21600", "1800", "policy/mlmonitor.toml", 14)
                        ],
                    )
                ],
                "pictures": [age(25.5, 6, 6)],
                "measures": [
                    measured("age", 91_879, 21_600, "seconds", "freshness")
                    | {"column": None, "keys": ["freshness.max_age_seconds"]}
                ],
            },
            "drift": {
                "findings": [
                    wrong(
                        "error",
                        "amount drifted: PSI 0.575, allowed 0.2",
                        24,
                        5,
                        column="amount",
                        thresholds=[
                            threshold("default", "drift.psi_warning", "0.1", "0.1"),
                            threshold("default", "drift.psi_error", "0.2", "0.2"),
                        ],
                    ),
                    wrong(
                        "warning",
                        "merchant_country drifted: PSI 0.132, warned from 0.1",
                        24,
                        5,
                        column="merchant_country",
                    ),
                ],
                "pictures": [distributions()],
            },
            "rows": {
                "findings": [
                    wrong(
                        "error",
                        "amount is below 0 in 37 of 1,204,118 rows",
                        24,
                        5,
                        expected="amount ≥ 0",
                        actual="−182.40 to −0.01",
                        column="amount",
                        thresholds=[
                            threshold(
                                "contract", "columns.amount.minimum", "0", None, "contracts/transactions.odcs.yaml", 48
                            )
                        ],
                        rows={
                            "key": ["card_id"],
                            "columns": ["card_id", "event_time", "amount", "currency"],
                            "rows": [
                                ["c_••••4417", "2026-11-26 23:58:12", "-182.40", "EUR"],
                                ["c_••••0932", "2026-11-26 23:58:40", "-64.99", None],
                            ],
                            "bad": ["amount"],
                            "total": 37,
                            "redacted": True,
                        },
                    )
                ]
            },
            "service_levels": {"status": "not_checked", "reason": "the contract names none"},
        },
    )
    customers = made.add(
        "dataset",
        "customers",
        "20261124_060000",
        "failed",
        history="oooooooofffffffffffff"[1:],
        owner="CRM data",
        headline="Built 3 d 21 h ago, allowed 1 d",
        action="Rerun crm_snapshot; its credentials ended on 24 Nov",
        worst=measured("age", 336_600, 86_400, "seconds", "freshness"),
        said={
            "freshness": {
                "findings": [wrong("error", "STALE: built 3 d 21 h ago, allowed 1 d", 66, 12)],
                "pictures": [age(93.5, 24, 24)],
            }
        },
    )
    scores = made.add(
        "predictions",
        "fraud_scores",
        "20261127",
        "failed",
        history="oowooooooooooowowfff",
        owner="Risk ML",
        headline="Scores above 0.6 promise too much: calibration error 0.112",
        action="Recalibrate v13 on the labels of 20 to 26 Nov",
        worst=measured("ECE", 0.112, 0.05, "score", "performance"),
        said={
            "performance": {
                "findings": [wrong("error", "fraud-lgbm v13 is not calibrated: ECE 0.112, allowed 0.05", 12, 3)],
                "pictures": [reliability(), confusion()],
            },
            "prediction_drift": {"findings": [wrong("warning", "scores drifted: PSI 0.14, warned from 0.1", 12, 3)]},
        },
    )
    fraud = made.add(
        "training_run",
        "fraud-lgbm",
        "7f3a91c2",
        "failed",
        history="." * 16 + "ffff",
        owner="Risk ML",
        runbook="https://wiki.example/rb/promotion",
        headline="Trained on a stale dataset; recall 0.712, the gate asks for 0.780",
        action="Do not promote; retrain once transactions is fresh",
        worst=measured("recall", 0.712, 0.78, "score", "promotion", "below"),
        said={
            "promotion": {
                "findings": [wrong("error", "recall is 0.712, the gate asks for 0.780", 18, 4)],
                "pictures": [gate()],
            },
            "dataset_link": {
                "findings": [wrong("error", "trained on transactions_20261127_020000, stale at the start", 18, 4)]
            },
        },
    )
    sessions = made.add(
        "dataset",
        "sessions",
        "20261128_013000",
        "warned",
        history="o" * 18 + "ww",
        owner="Web analytics",
        headline="referrer is null in 9.3 %, 6.2 points more than before",
        action="Ask whether the consent banner changed",
        worst=measured("nulls", 6.2, 5, "percent_points", "null_rates"),
        said={
            "null_rates": {
                "findings": [
                    wrong(
                        "warning",
                        "referrer is null in 9.3 % of rows, 6.2 points more than before",
                        6,
                        2,
                        column="referrer",
                    )
                ]
            }
        },
    )
    churn_api = made.add(
        "deployment",
        "churn-api",
        "dep-2026-11-02",
        "warned",
        history="ooooowoooooooooooo" + "ww",
        owner="Growth ML",
        headline="p95 is 412 ms, allowed 400 ms; gaps of 7 and 12 min",
        action="Watch; p95 has risen since noon",
        worst=measured("p95", 412, 400, "milliseconds", "serving_health"),
        said={
            "serving_health": {
                "findings": [wrong("warning", "p95 is 412 ms, allowed 400 ms", 6, 2)],
                "pictures": [serving()],
            }
        },
    )
    made.add(
        "registry",
        "models",
        "registry",
        "warned",
        history="o" * 19 + "w",
        headline="v14 of fraud-lgbm is registered and its run failed",
        action="Archive v14 or repair its run",
        said={"run_link": {"findings": [wrong("warning", "v14 of fraud-lgbm is registered and its run failed", 0, 1)]}},
    )
    labels = made.add(
        "dataset",
        "labels",
        "20261127_220000",
        history="ooooooowoooooooooofo",
        owner="Risk ML",
        worst=measured("age", 19_879, 43_200, "seconds", "freshness"),
        said={"freshness": {"pictures": [age(5.5, 12, 12)]}},
    )
    churn = made.add(
        "training_run",
        "churn-lgbm",
        "2b94e0aa",
        history="." * 14 + "o" * 6,
        owner="Growth ML",
        worst=measured("AUC", 0.884, 0.85, "score", "promotion", "below"),
    )
    made.add(
        "dataset",
        "stations",
        "20261128_000000",
        owner="Data platform",
        worst=measured("age", 12_600, 21_600, "seconds", "freshness"),
    )
    made.add(
        "dataset",
        "weather",
        "20261128_020000",
        owner="Data platform",
        worst=measured("age", 5_400, 21_600, "seconds", "freshness"),
    )
    made.add(
        "deployment",
        "demand-api",
        "dep-2026-10-01",
        owner="Growth ML",
        worst=measured("p95", 142, 400, "milliseconds", "serving_health"),
        said={"serving_health": {"pictures": [serving()]}},
    )
    made.add(
        "predictions",
        "churn_scores",
        "20261127",
        said={"performance": {"status": "not_checked", "reason": "no labels yet"}},
    )
    made.edge(transactions, fraud, reason="stale at start", check="dataset_link")
    made.edge(labels, fraud)
    made.edge(scorer, scores, "service")
    made.edge(transactions, scores)
    made.edge(customers, churn)
    made.edge(sessions, churn)
    made.edge(churn, churn_api, "model")
    return made


def small() -> Results:
    """Return fourteen artifacts of five kinds with histories, edges and every picture; five fail, three warn."""
    return _platform().document()


def sized(artifacts: int, checks: int = 20, wrong_share: float = 0.04) -> Results:
    """Return a platform of so many artifacts and checks each: 4 % fail, 4 % warn, with histories, edges, facts and pictures."""
    random_of = random.Random(16)  # noqa: S311 -- sizes, no secret
    names = [(f"check_{i:02}", "quality") for i in range(checks)]
    before = None
    owners = ["Data platform", "Risk ML", "Growth ML", "Serving", "Web analytics", "CRM data"]
    made = Platform({kind: tuple(names) for kind in CHECKS})
    for i in range(artifacts):
        kind = ("dataset", "dataset", "training_run", "deployment", "predictions")[i % 5]
        luck = random_of.random()
        verdict = "failed" if luck < wrong_share else "warned" if luck < 2 * wrong_share else "ok"
        picture = {"dataset": lambda: age(5.5, 12, 6), "deployment": serving, "predictions": reliability}.get(kind)
        pictures = [picture()] if picture else []
        said: dict[str, Any] = {names[0][0]: {"pictures": pictures}} if pictures else {}
        said[names[-1][0]] = {"status": "not_checked", "reason": "no contract names one"}
        if verdict != "ok":
            severity = "error" if verdict == "failed" else "warning"
            check = names[1 + i % 3][0]
            message = f"column_{i} is null in {i % 97} % of rows, more than before: expected at most 5 %"
            said[check] = {
                "findings": [
                    wrong(
                        severity,
                        message,
                        6 * (i % 19),
                        1 + i % 19,
                        expected="at most 5 %",
                        actual=f"{i % 97} %",
                        column=f"column_{i}",
                        thresholds=[
                            threshold("file", "quality.null_rate_error", "0.05", "0.15", "policy/mlmonitor.toml", 31)
                        ],
                    )
                ],
                "pictures": [distributions()] if kind == "dataset" else pictures,
            }
        letter = {"failed": "f", "warned": "w", "ok": "o"}[verdict]
        own = made.add(
            kind,
            f"{kind}_{i:05}",
            "20261128_020000",
            verdict,
            history="o" * 12 + letter * 8,
            said=said,
            owner=owners[i % 6],
            worst=measured("age", 5_400 + i, 21_600, "seconds", names[0][0]),
            facts=[["Built", "28 Nov 02:00 UTC"], ["Rows", f"{1_000 + i:,}"]],
            **(
                {"headline": f"column_{i} is null in {i % 97} %", "action": "Ask who fills the column"}
                if verdict != "ok"
                else {}
            ),
        )
        if before is not None and i % 5:
            made.edge(before, own, reason="stale at start" if verdict == "failed" else None)
        before = own
    return made.document()


_WORDS = frozenset(
    {
        "status",
        "severity",
        "verdict",
        "kind",
        "unit",
        "direction",
        "history",
        "origin",
        "state",
        "type",
        "evaluated_at",
        "since",
        "started_at",
    }
)


def hostile(document: Results | None = None) -> Results:
    """Return a document with hostile text in every field that is free text, in keys too; links are no links of the web."""
    made: Any = deepcopy(document if document is not None else small())
    hurt = _hurt(made, "")
    for number, (artifact, own) in enumerate(zip(made["artifacts"], hurt["artifacts"], strict=True)):
        own["id"] = f"{HOSTILE}{number}"
        own["name"], own["family"] = f"{HOSTILE}{number}", f"{HOSTILE}{number}" if artifact["family"] else None
        for entry, result in zip(made["results"], hurt["results"], strict=True):
            if (entry["artifact"], entry["path"]) == (artifact["name"], artifact["path"]):
                result["artifact"], result["path"] = own["name"], own["path"]
    ids = {artifact["id"]: own["id"] for artifact, own in zip(made["artifacts"], hurt["artifacts"], strict=True)}
    for edge, own in zip(made.get("edges", ()), hurt.get("edges", ()), strict=True):
        own["from"], own["to"] = ids[edge["from"]], ids[edge["to"]]
    hurt["run"]["commit_url"] = hurt["run"]["ci"]["url"] = "javascript:alert(document.title='owned')"
    return cast(Results, hurt)


def _hurt(value: Any, key: str) -> Any:
    if isinstance(value, str):
        return value if key in _WORDS else "javascript:document.title='owned'" if key == "runbook" else HOSTILE
    if isinstance(value, list):
        return [_hurt(one, key) for one in value]
    if isinstance(value, dict):
        free = key in ("versions", "overridden")
        return {f"{HOSTILE}{i}" if free else name: _hurt(one, name) for i, (name, one) in enumerate(value.items())}
    return value


# One of every state.


def crashed() -> Results:
    """Return a run with a check that could not run: its traceback is the reason."""
    made = _platform()
    reason = "Traceback (most recent call last):\n" + "".join(
        f'  File "/suite/checks.py", line {i}, in helper_{i}\n    compare(table)\n' for i in range(30)
    )
    made.add(
        "dataset",
        "prices",
        "20261128_010000",
        "error",
        history="o" * 19 + "e",
        owner="Data platform",
        said={"volume": {"status": "error", "reason": f"{reason}ZeroDivisionError: division by zero"}},
    )
    return made.document()


def accepted() -> Results:
    """Return a run in which a finding is accepted until a day, and an older version is superseded."""
    made = Platform()
    reason = "the vendor repairs its export (until 2026-12-15)"
    made.add(
        "dataset",
        "prices",
        "20261128_010000",
        owner="Data platform",
        said={
            "rows": {
                "findings": [
                    finding(
                        "info",
                        "price is below 0 in 3 of 2,000 rows; accepted until 2026-12-15: the vendor repairs its export",
                        accepted=reason,
                        column="price",
                    )
                ]
            }
        },
    )
    made.add(
        "dataset",
        "prices",
        "20261127_010000",
        owner="Data platform",
        said={
            "freshness": {
                "findings": [
                    finding("info", "STALE: built 26 h ago, allowed 6 h; superseded by prices_20261128_010000")
                ]
            }
        },
    )
    return made.document()


def narrowed() -> Results:
    """Return a run of a part: some checks left out, one artifact judged in part."""
    made = _platform()
    made.add("dataset", "prices", "20261128_010000", "partial", history="o" * 19 + "p")
    left = [f"artifacts/dataset/prices_20261128_010000::{check}" for check, _ in CHECKS["dataset"][4:]]
    total = len(made.results)
    return made.document(
        narrowed=True, selection=["-m", "not slow"], collected=total + len(left), selected=total, left_out=left
    )


def first_run() -> Results:
    """Return the first run with a store: a history of one, nothing to compare with."""
    document: Any = small()
    for artifact in document["artifacts"]:
        artifact |= {"history": artifact["history"][-1:], "since": document["evaluated_at"]}
        artifact |= {"runs": None, "new": None, "fixed": None}
    for result in document["results"]:
        for one in result["findings"]:
            one |= {"since": None, "runs": None, "new": None}
    document["run"] |= {
        "previous": None,
        "new": None,
        "still": None,
        "fixed": None,
        "history": document["run"]["history"][-1:],
    }
    return cast(Results, document)


def without_store() -> Results:
    """Return a run as it was written before there were histories, facts, edges or pictures."""
    document: Any = first_run()
    old = ("kind", "name", "path", "verdict", "owner", "runbook", "since")
    document["artifacts"] = [
        {key: artifact[key] for key in old} | {"since": None} for artifact in document["artifacts"]
    ]
    for result in document["results"]:
        for key in ("measures", "pictures", "action"):
            result.pop(key, None)
        result["findings"] = [{key: one[key] for key in finding("info", "")} for one in result["findings"]]
    for key in ("run", "edges"):
        del document[key]
    return cast(Results, document)


def nothing_checked() -> Results:
    """Return a run in which no check of any artifact came to an answer."""
    made = Platform()
    for i in range(3):
        made.add(
            "dataset",
            f"prices_{i}",
            "20261128",
            said={
                check: {"status": "not_checked", "reason": "no contract names one"} for check, _ in CHECKS["dataset"]
            },
        )
    return made.document()


def partly_judged() -> Results:
    """Return a run that is fine but for an artifact that nobody judged."""
    made = Platform()
    made.add("dataset", "labels", "20261128", owner="Risk ML")
    made.add(
        "registry",
        "models",
        "registry",
        said={
            check: {"status": "not_checked", "reason": "the registry is not declared"}
            for check, _ in CHECKS["registry"]
        },
    )
    return made.document()


def all_fine() -> Results:
    """Return a run without any finding."""
    made = Platform()
    for i in range(4):
        made.add(
            "dataset",
            f"prices_{i}",
            "20261128",
            history="o" * 18 + ("fo" if i == 0 else "oo"),
            owner="Risk ML",
            worst=measured("age", 600 * (i + 1), 21_600, "seconds", "freshness"),
        )
    return made.document()


def incomplete() -> Results:
    """Return the record of a run that was killed."""
    document: Any = small()
    return cast(Results, {**document, "complete": False, "exit_status": 2})


def no_artifact() -> Results:
    """Return a run that found nothing."""
    return Platform().document(exit_status=5)


def ended_with(status: int) -> Results:
    """Return a run that ended with another exit status than 0 or 1."""
    document: Any = small()
    problem = (
        [{"name": "pushgateway", "said": "", "problem": "https://push.example refused: connection reset"}]
        if status == 3
        else []
    )
    return cast(Results, {**document, "exit_status": status, "exports": problem})


def alike() -> Results:
    """Return a platform on which a hundred deployments fail alike, without any edge."""
    made = Platform()
    for i in range(100):
        made.add(
            "deployment",
            f"scorer-{i:03}",
            "dep-1",
            "failed",
            history="o" * 19 + "f",
            owner="Serving",
            headline=f"No window for {i + 1} h",
            action="Restart the pods",
            worst=measured("staleness", 3600 * (i + 1), 600, "seconds", "serving_health"),
            said={"serving_health": {"findings": [wrong("error", f"the last window ended {i + 1} h ago", 0, 1)]}},
        )
    for i in range(60):
        made.add("dataset", f"fine_{i}", "1")
    return made.document()


def two_runs() -> tuple[Results, Results]:
    """Return a run and an earlier one: the next version of sessions is worse in another check, customers is gone, prices new."""
    before = small()
    after = _platform()
    keep = [one for one in after.artifacts if one["family"] != "customers"]
    after.results = [one for one in after.results if not one["artifact"].startswith("customers")]
    after.artifacts = keep
    after.edges = [edge for edge in after.edges if "customers" not in edge["from"]]
    for artifact in keep:
        if artifact["family"] == "sessions":
            old = artifact["name"]
            artifact |= {
                "name": "sessions_20261128_073000",
                "version": "20261128_073000",
                "path": "artifacts/dataset/sessions_20261128_073000",
            }
            for result in after.results:
                if result["artifact"] == old:
                    result |= {"artifact": artifact["name"], "path": artifact["path"]}
                    if result["check"] == "null_rates":
                        result |= {"findings": [], "severity": None, "status": "pass"}
                    if result["check"] == "volume":
                        result |= {
                            "findings": [wrong("warning", "half of the rows are gone", 0, 1)],
                            "severity": "warning",
                            "status": "fail",
                        }
    after.add(
        "dataset",
        "prices",
        "20261128",
        "failed",
        history="." * 19 + "f",
        headline="price is below 0 in 3 rows",
        said={"rows": {"findings": [wrong("error", "price is below 0 in 3 rows", 0, 1)]}},
    )
    return after.document(evaluated_at="2026-11-28T09:31:19Z"), before


STATES: Mapping[str, Callable[[], Results]] = {
    "small": small,
    "crashed": crashed,
    "accepted": accepted,
    "narrowed": narrowed,
    "first_run": first_run,
    "without_store": without_store,
    "nothing_checked": nothing_checked,
    "partly_judged": partly_judged,
    "all_fine": all_fine,
    "incomplete": incomplete,
    "no_artifact": no_artifact,
    "interrupted": lambda: ended_with(2),
    "internal_error": lambda: ended_with(3),
    "usage_error": lambda: ended_with(4),
    "alike": alike,
    "hostile": hostile,
}
"""Every state by name."""


def pages(sizes: Sequence[int] = (500, 10_000)) -> Iterator[tuple[str, bytes]]:
    """Yield the page of every state, of a comparison, and of the sizes."""
    from pytest_mlmonitor.outputs.report.report_file import report_html

    for name, made in STATES.items():
        yield name, report_html(made())
    yield "compared", report_html(*two_runs())
    for size in sizes:
        yield f"{size}", report_html(sized(size))


if __name__ == "__main__":
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for named, page in pages():
        (directory / f"{named}.html").write_bytes(page)
    (directory / "small.json").write_text(json.dumps(small()), encoding="utf-8")
