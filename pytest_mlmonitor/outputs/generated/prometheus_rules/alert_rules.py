"""A rule of Prometheus, and the pieces that its expressions are made of.

One series may reach Prometheus twice, by a text file and by a Pushgateway. A bare join of two such metrics is an error (*found
duplicate series for the match group*), and the alert never fires. So every operand is aggregated, by ``max by`` to the labels
of the alert, before it meets another.

What a check decided is asked first (``ml_check_status``), and figures second: overrides, chance, accepted findings and what is
superseded stand in the verdict, and in no figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.settings import Settings

RuleSeverity = Literal["critical", "error", "warning"]

DATASET_LABELS = ("dataset_name", "environment", "suite")
MODEL_LABELS = ("model_name", "environment", "suite")
SERVING_LABELS = ("model_name", "role", "environment", "suite")
CHECK_LABELS = ("kind", "name", "check", "environment", "suite")
RUN_LABELS = ("environment", "suite")

OF_CHECK = {"artifact": "{{ $labels.name }}"}
"""The subject of rules whose alerts have :data:`CHECK_LABELS`."""


def subject_of(kind: str, check: str, label: str) -> dict[str, str]:
    """Return the subject of a rule about one check, whose alerts name the artifact in a label."""
    return {"artifact": f"{{{{ $labels.{label} }}}}", "kind": kind, "check": check}


@dataclass(frozen=True)
class AlertRule:
    """A rule of Prometheus.

    Attributes:
        name: of the alert.
        expr: PromQL; the alert fires for every series of its result.
        hold: how long it must hold, as Prometheus writes a duration.
        severity: by which it is routed.
        summary: one line, for people; a template of Prometheus.
        description: what is known and what to do next.
        milder: alerts that say less of the same, and are silent while this one fires.
        same: labels in which those agree with it.
        subject: what it is about, in the labels of an alert of a run: Alertmanager so knows that both tell the same.
    """

    name: str
    expr: str
    hold: str
    severity: RuleSeverity
    summary: str
    description: str
    milder: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    subject: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RuleGroup:
    """Rules that are evaluated together.

    Attributes:
        name: of the group.
        rules: in order.
    """

    name: str
    rules: tuple[AlertRule, ...]


def number(value: float) -> str:
    """Return a number as PromQL writes it.

    >>> number(43200.0), number(0.7)
    ('43200', '0.7')
    """
    return f"{value:.15g}"


def selector(metric: str, /, **labels: str | Iterable[str]) -> str:
    """Return a selector of series; several values are alternatives.

    >>> selector("up", job="a"), selector("up", job=["b", "c"])
    ('up{job="a"}', 'up{job=~"b|c"}')
    """
    parts = []
    for name, value in labels.items():
        if isinstance(value, str):
            parts.append(f"{name}={_quoted(value)}")
        else:
            parts.append(f"{name}=~{_quoted('|'.join(map(re.escape, value)))}")
    return f"{metric}{{{','.join(parts)}}}" if parts else metric


def most(by: Iterable[str], expression: str) -> str:
    """Return the largest value of each group of series: copies of one series are one."""
    return f"max by ({', '.join(by)}) ({expression})"


def verdict(status: str, checks: Iterable[str], kind: str | None = None, by: Iterable[str] = CHECK_LABELS) -> str:
    """Return where checks came to a status: 1 of every artifact of which one did."""
    asked = selector("ml_check_status", **({"kind": kind} if kind else {}), check=tuple(checks), status=status)
    return f"{most(by, asked)} == 1"


def named(label: str, status: str, check: str, kind: str) -> str:
    """Return where a check of a kind came to a status, with the artifact's name under another label."""
    asked = selector("ml_check_status", kind=kind, check=check, status=status)
    renamed = f'label_replace({asked}, "{label}", "$1", "name", "(.*)")'
    return f"{most((label, 'environment', 'suite'), renamed)} == 1"


_WORDS = re.compile(r'("(?:[^"\\]|\\.)*")|\b((?:ml|mlmonitor)_\w+)(\{)?')
_OF_WINDOWS = ("ml_serving_", "ml_prediction_total")
"""Families whose environment is the windows' own."""


def of_runs(expression: str, suite: str | None, environment: str | None) -> str:
    """Return an expression about the series of one suite and environment: others have rules of their own.

    Args:
        expression: PromQL; the braces of a selector follow its metric at once.
        suite: whose series; None for those of all.
        environment: the policy's, likewise; families of serving have the environment that the windows name, and keep all.

    >>> of_runs('max by (suite) (ml_artifacts{kind="ml_x"})', "nightly", None)
    'max by (suite) (ml_artifacts{suite="nightly",kind="ml_x"})'
    """

    def asked(match: re.Match[str]) -> str:
        text, metric, brace = match.groups()
        if text is not None:
            return str(text)
        labels = [f"suite={_quoted(suite)}"] if suite is not None else []
        if environment is not None and not metric.startswith(_OF_WINDOWS):
            labels.append(f"environment={_quoted(environment)}")
        if not labels:
            return match.group()
        return f"{metric}{{{','.join(labels)}" + ("," if brace else "}")

    return _WORDS.sub(asked, expression)


def severity_of(settings: Settings, checks: Iterable[str], default: RuleSeverity) -> RuleSeverity | None:
    """Return the severity of what checks find: the worst that the policy says of one of them, else the default.

    None where the policy makes information of all of them.
    """
    names = list(checks)
    said = [settings.severity[name] for name in names if name in settings.severity]
    worst = max(said, default=None)
    if worst is None or (len(said) < len(names) and worst < Severity.parse(default)):
        return default
    words: dict[Severity, RuleSeverity | None] = {
        Severity.INFO: None,
        Severity.WARNING: "warning",
        Severity.ERROR: "error",
        Severity.CRITICAL: "critical",
    }
    return words[worst]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
