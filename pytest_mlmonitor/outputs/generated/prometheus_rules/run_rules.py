"""Rules about the runs themselves: that they are made, that they see something, and that nothing is passed over in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.outputs.generated.prometheus_rules.alert_rules import (
    CHECK_LABELS,
    RUN_LABELS,
    AlertRule,
    most,
    number,
    selector,
    verdict,
)
from pytest_mlmonitor.outputs.generated.prometheus_rules.model_rules import REMEMBERED
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_context import RuleContext
from pytest_mlmonitor.outputs.metrics.families.watch_families import PATIENCE
from pytest_mlmonitor.policies.kind import POLICY

JOBS = ("mlmonitor.*", "pushgateway")
"""Patterns of the jobs that scrape us, as the scrape configuration calls them that is written beside the rules."""

_LAST = "mlmonitor_run_last_timestamp_seconds"


def run_rules(context: RuleContext, failures: Iterable[str] = (), warnings: Iterable[str] = ()) -> Iterator[AlertRule]:
    """Yield the rules about runs.

    Args:
        context: of all rules.
        failures: names of checks whose failure other rules tell of.
        warnings: names of checks whose warning other rules tell of.
    """
    yield from _missing(context)
    yield from _targets()
    where = "({{ $labels.environment }})"
    names = {check.name for check in context.checks}
    rest = sorted(names - set(failures))
    severity = context.severity(rest, "error")
    if severity is not None:
        yield AlertRule(
            "MLMonitorOtherCheckFailed",
            verdict("fail", rest),
            "5m",
            severity,
            f"{{{{ $labels.kind }}}} {{{{ $labels.name }}}} fails {{{{ $labels.check }}}} {where}",
            "The report of the last run says what is wrong, and the command that looks at it again.",
            ("MLMonitorOtherCheckWarned",),
            CHECK_LABELS,
        )
        yield AlertRule(
            "MLMonitorOtherCheckWarned",
            verdict("warned", sorted(names - set(warnings))),
            "15m",
            "warning",
            f"{{{{ $labels.kind }}}} {{{{ $labels.name }}}} warns: {{{{ $labels.check }}}} {where}",
            "The report of the last run says of what.",
        )
    yield AlertRule(
        "MLMonitorCheckCrashed",
        f"{most(CHECK_LABELS, selector('ml_check_status', status='error'))} == 1",
        "5m",
        "error",
        f"{{{{ $labels.check }}}} of {{{{ $labels.kind }}}} {{{{ $labels.name }}}} could not run {where}",
        "Nobody knows whether the artifact is well: results.json of the last run has the reason.",
    )
    yield from _gone(where)
    yield AlertRule(
        "MLMonitorStoreUnusable",
        f"{most(RUN_LABELS, selector('mlmonitor_store_usable'))} == 0",
        "15m",
        "warning",
        f"The store of the runs cannot be used {where}",
        "Counters stand still, and no cooldown of alerts is known: results.json says why, under store.",
    )


def _gone(where: str) -> Iterator[AlertRule]:
    # The policy is there as long as it is asked anything; where there are no metrics nobody knows, which another rule tells.
    seen = f'ml_artifacts{{kind!="{POLICY.name}"}}'
    before = f"max_over_time({seen}[{REMEMBERED}])"
    kinds = (*RUN_LABELS, "kind")
    yield AlertRule(
        "MLMonitorArtifactsGone",
        f"{most(kinds, before)} > 0 and {most(kinds, seen)} == 0",
        "15m",
        "error",
        f"There is no {{{{ $labels.kind }}}} any more {where}",
        f"There were some within the last {REMEMBERED}. Nothing that is not there is judged, so nothing else is red.",
    )
    yield AlertRule(
        "MLMonitorNothingJudged",
        f"{most(RUN_LABELS, seen)} == 0 unless {most(RUN_LABELS, before)} > 0",
        "15m",
        "warning",
        f"The last run found nothing to judge {where}",
        "There is no artifact under its roots: look at `artifacts` of the policy, and whether what it names is mounted.",
    )


def _missing(context: RuleContext) -> Iterator[AlertRule]:
    late = 2 * context.interval
    yield AlertRule(
        "MLMonitorRunMissing",
        f"time() - {most(RUN_LABELS, _LAST)} > {number(late)}",
        "5m",
        "critical",
        "No run for {{ $value | humanizeDuration }} ({{ $labels.environment }})",
        f"Runs are expected every {duration(context.interval)} (alerts.interval). Until one comes, all else that is green"
        " says nothing.",
        ("MLMonitorWatchStandsStill",),
        RUN_LABELS,
    )
    # What it did since it began counts, too: it may never have come to a verdict.
    verdict_at, began, between = (
        most(RUN_LABELS, f"mlmonitor_watch_{name}_seconds")
        for name in ("last_verdict_timestamp", "start_timestamp", "interval")
    )
    yield AlertRule(
        "MLMonitorWatchStandsStill",
        f"time() - ({verdict_at} or {began}) > {number(PATIENCE)} * {between}",
        "5m",
        "error",
        "mlmonitor watch has come to no verdict for {{ $value | humanizeDuration }} ({{ $labels.environment }})",
        "It lives, and its runs come to nothing: its log says why, and mlmonitor_watch_runs_total how often.",
    )
    yield AlertRule(
        "MLMonitorMetricsAbsent",
        # Of a suite that is gone while others are there absent() would say nothing.
        f"absent({_LAST}) or ({most(RUN_LABELS, f'last_over_time({_LAST}[1d])')} unless {most(RUN_LABELS, _LAST)})",
        "15m",
        "critical",
        "No metrics of any run{{ with $labels.environment }} ({{ . }}){{ end }}{{ with $labels.suite }} of {{ . }}{{ end }}",
        "Prometheus has none at all: look whether the runs push, or where their text file goes, and at the targets.",
    )


def _targets() -> Iterator[AlertRule]:
    jobs = most(("job", "instance"), f'up{{job=~"{"|".join(JOBS)}"}}')
    # Whatever else served our metrics within the last day is a target of ours, whatever its job is called.
    ours = most(("job", "instance"), f"last_over_time({_LAST}[1d])")
    yield AlertRule(
        "MLMonitorTargetDown",
        f"{jobs} == 0 or {most(('job', 'instance'), 'up')} == 0 and {ours} > 0",
        "1m",
        "critical",
        "{{ $labels.instance }} cannot be scraped ({{ $labels.job }})",
        "What Prometheus shows of its metrics is old. Start it, or correct its address.",
    )
