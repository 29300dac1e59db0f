"""All rules of a policy, and the file in which Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_mlmonitor.datasets.kind import DATASET
from pytest_mlmonitor.external_reports.kind import EXTERNAL_REPORT
from pytest_mlmonitor.outputs.generated.prometheus_rules.alert_rules import (
    CHECK_LABELS,
    OF_CHECK,
    AlertRule,
    RuleGroup,
    most,
    of_runs,
)
from pytest_mlmonitor.outputs.generated.prometheus_rules.data_rules import DRIFT, data_rules
from pytest_mlmonitor.outputs.generated.prometheus_rules.model_rules import model_rules
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_context import RuleContext
from pytest_mlmonitor.outputs.generated.prometheus_rules.run_rules import run_rules
from pytest_mlmonitor.outputs.generated.prometheus_rules.serving_rules import serving_rules
from pytest_mlmonitor.outputs.generated.yaml_text import yaml_text

SOURCE = "mlmonitor-rules"
"""Label ``source`` of every alert of a rule."""

SELFTEST_ALERT = "MLMonitorSelftest"
SELFTEST_METRIC = "mlmonitor_selftest"

_SELFTEST = AlertRule(
    SELFTEST_ALERT,
    f"max by (selftest) ({SELFTEST_METRIC}) > 0",
    "0s",
    "warning",
    "mlmonitor selftest {{ $labels.selftest }}: nothing is wrong",
    "It is made by `mlmonitor selftest`, and ends with it.",
)


def rule_groups(context: RuleContext) -> tuple[RuleGroup, ...]:
    """Return every rule of a policy."""
    groups = {
        "data": data_rules(context),
        "models": model_rules(context),
        "serving": serving_rules(context),
        "runs": run_rules(context, *_told(context)),
    }
    return (
        *(
            RuleGroup(f"mlmonitor-{name}", tuple(_of_runs(rule, context) for rule in rules))
            for name, rules in groups.items()
        ),
        RuleGroup("mlmonitor-selftest", (_SELFTEST,)),
    )


def _of_runs(rule: AlertRule, context: RuleContext) -> AlertRule:
    """Return a rule about the runs of this policy: rules of another suite have other limits, and other times between runs."""
    return replace(rule, expr=of_runs(rule.expr, context.suite, context.environment))


def _told(context: RuleContext) -> tuple[set[str], set[str]]:
    """Return the checks that a rule of their own tells of: of whose failure, and of whose warning."""
    warnings = {*context.names(DRIFT), *context.names("health")}
    failures = warnings | set(context.names("quality"))
    for name, kind in (("freshness", DATASET.name), ("report_fresh", EXTERNAL_REPORT.name)):
        if all(check.kind == kind for check in context.checks if check.name == name):  # a rule that asks one kind
            failures.add(name)
    return failures, warnings


def all_rules(groups: Iterable[RuleGroup]) -> list[AlertRule]:
    """Return the rules of groups, in order."""
    return [rule for group in groups for rule in group.rules]


def rule_file(context: RuleContext, groups: Sequence[RuleGroup]) -> bytes:
    """Return the file that ``rule_files`` of Prometheus' configuration names."""
    return yaml_text(
        {"groups": [{"name": one.name, "rules": [_written(rule, context) for rule in one.rules]} for one in groups]}
    )


def _written(rule: AlertRule, context: RuleContext) -> dict[str, Any]:
    labels = {"severity": rule.severity, "source": SOURCE, **_subject(rule)}
    annotations = {"summary": rule.summary, "description": rule.description}
    for name, text in (("runbook_url", context.settings.runbook), ("owner", context.settings.owner)):
        if text and rule is not _SELFTEST:
            annotations[name] = plain(text)
    return {"alert": rule.name, "expr": rule.expr, "for": rule.hold, "labels": labels, "annotations": annotations}


def _subject(rule: AlertRule) -> Mapping[str, str]:
    by_check = rule.expr.startswith(most(CHECK_LABELS, "").removesuffix("()"))
    return rule.subject or (OF_CHECK if by_check else {})


def plain(text: str) -> str:
    """Return a text out of the policy that Prometheus' templates leave as it is.

    >>> plain("https://wiki/{{x}}")
    'https://wiki/{{ "{{" }}x}}'
    """
    return text.replace("{{", '{{ "{{" }}')
