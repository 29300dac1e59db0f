"""The one op: it runs the suite once, makes the six assets and says every check."""

# No "from __future__ import annotations": Dagster looks at the annotation of context itself.
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import dagster as dg

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.integrations.dagster.asset_names import CONTRACT_TESTS, RESULT_ASSETS, SUITE, UNDECLARED
from pytest_mlmonitor.integrations.dagster.category_outcomes import (
    CategoryOutcome,
    category_outcome,
    contract_tests_outcome,
    suite_outcome,
    undeclared_outcome,
)
from pytest_mlmonitor.integrations.dagster.check_metadata import metadata_of, report_link, version_metadata
from pytest_mlmonitor.integrations.dagster.failed_tests import failed_elsewhere
from pytest_mlmonitor.integrations.dagster.judged_families import JudgedFamilies
from pytest_mlmonitor.integrations.dagster.known_families import KnownFamily
from pytest_mlmonitor.integrations.dagster.monitored_project import MonitoredProject, policy_or_none, with_out
from pytest_mlmonitor.integrations.dagster.result_assets import DESCRIPTIONS, result_metadata
from pytest_mlmonitor.integrations.suite_run import NoVerdict, ProjectSuite, SuiteVerdict, run_suite

_LEAST_WINDOW = 60.0
"""Seconds: Dagster knows no shorter one."""

_LONGEST_WINDOW = 100 * 365 * 86_400.0
"""Seconds: who allows more limits nothing, and Dagster counts only so far."""

_VERSION_TAG = "dagster/data_version"

_OF_THE_RUN = {
    SUITE: "Green only where pytest ended with 0: checks, tests of your own, everything.",
    CONTRACT_TESTS: "Tests that people wrote: what they say of artifacts, and that they failed.",
    UNDECLARED: "What was judged and has no asset or check here, as it is newer than these definitions.",
}

_Event = dg.MaterializeResult[None] | dg.AssetCheckResult


def family_specs(project: MonitoredProject, group: str) -> list[dg.AssetSpec]:
    """Return an external asset for every family: it is made elsewhere, and watched here."""
    return [
        dg.AssetSpec(
            project.families[known.family],
            description=f"{known.kind} {safe(known.name)}, watched by pytest_mlmonitor",
            group_name=group,
            kinds={known.kind[:64]},
            metadata={"family": safe(known.name), "project": str(project.suite.project)},
            freshness_policy=_freshness(known),
        )
        for known in project.known
    ]


def monitoring_assets(
    project: MonitoredProject, group: str, retry_policy: dg.RetryPolicy | None
) -> dg.AssetsDefinition:
    """Return the six assets with every check, made by one op."""
    families = [dg.AssetKey(key) for key in project.families.values()]
    specs = [
        dg.AssetSpec(
            project.result_keys[name],
            deps=families,
            description=DESCRIPTIONS[name],
            group_name=group,
            skippable=True,
        )
        for name in RESULT_ASSETS
    ]

    @dg.multi_asset(
        name=f"{project.name}_monitoring",
        specs=specs,
        check_specs=check_specs(project),
        can_subset=True,
        retry_policy=retry_policy,
        # the checks are of assets that others make, and of one run together with these
        allow_arbitrary_check_specs=True,
    )
    def monitoring(context: dg.AssetExecutionContext) -> Iterator[_Event]:
        suite = replace(project.suite, variables={**(project.suite.variables or {}), **_of_run(context)})
        verdict, elsewhere = _verdict(suite)
        context.log.info(verdict.output)
        judged = JudgedFamilies(verdict.results)
        _report_versions(context, project, judged)
        made, checks = context.selected_asset_keys, context.selected_asset_check_keys
        for name, parts in project.result_keys.items():
            key = dg.AssetKey(parts)
            if key in made:
                metadata = result_metadata(name, judged, verdict.out)
                yield dg.MaterializeResult(key, metadata={**metadata, **report_link(verdict.out, project.report_url)})
        for of_check, outcome in _outcomes(project, judged, elsewhere):
            if of_check in checks:
                yield _check_result(of_check, outcome, verdict, project)

    return monitoring


def check_specs(project: MonitoredProject) -> list[dg.AssetCheckSpec]:
    """Return a check for every category of every family, and those of the whole run."""
    of_run = [
        dg.AssetCheckSpec(
            name, asset=project.result_keys["validation_result"], description=words, blocking=project.gate
        )
        for name, words in _OF_THE_RUN.items()
    ]
    return of_run + [
        dg.AssetCheckSpec(
            category,
            asset=project.families[known.family],
            description=f"Everything that pytest_mlmonitor checks of {category}.",
            blocking=project.gate,
        )
        for known in project.known
        for category in known.categories
    ]


def _of_run(context: dg.AssetExecutionContext) -> dict[str, str]:
    """Return by what traces and lineage know which run of Dagster they are part of."""
    return {"DAGSTER_RUN_ID": context.run.run_id, "DAGSTER_RUN_JOB_NAME": context.run.job_name}


def _verdict(suite: ProjectSuite) -> tuple[SuiteVerdict, list[str] | None]:
    """Return the verdict, and the tests that failed and stand in no result."""
    begun = time.time()
    if suite.out is None:  # a policy that could not be used when the definitions were loaded may be corrected
        suite = with_out(suite, *policy_or_none(suite.project))
    try:
        if suite.out is not None:
            verdict = run_suite(suite)
            return verdict, failed_elsewhere(suite.out, verdict.results, begun)
        with tempfile.TemporaryDirectory(prefix="mlmonitor-") as directory:
            out = Path(directory)
            verdict = run_suite(replace(suite, out=out))
            return replace(verdict, out=None), failed_elsewhere(out, verdict.results, begun)
    except NoVerdict as error:
        status = error.exit_status
        raise dg.Failure(
            str(error),
            metadata={"exit_status": dg.MetadataValue.int(status)} if status is not None else None,
            allow_retries=error.may_retry,
        ) from None


def _outcomes(
    project: MonitoredProject, judged: JudgedFamilies, elsewhere: list[str] | None
) -> Iterator[tuple[dg.AssetCheckKey, CategoryOutcome]]:
    """Yield every check that is declared, with what it says."""
    for known in project.known:
        key = dg.AssetKey(project.families[known.family])
        for category in known.categories:
            outcome = category_outcome(judged, known.family, category, project.not_checked)
            yield dg.AssetCheckKey(key, category), outcome
    whole = dg.AssetKey(project.result_keys["validation_result"])
    yield dg.AssetCheckKey(whole, CONTRACT_TESTS), contract_tests_outcome(judged, elsewhere)
    declared = {(known.family, category) for known in project.known for category in known.categories}
    everything = {(family, category) for family in judged.versions for category in judged.categories(family)}
    yield dg.AssetCheckKey(whole, UNDECLARED), undeclared_outcome(judged, everything - declared)
    yield dg.AssetCheckKey(whole, SUITE), suite_outcome(judged, elsewhere or (), project.not_checked)


def _check_result(
    key: dg.AssetCheckKey, outcome: CategoryOutcome, verdict: SuiteVerdict, project: MonitoredProject
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=outcome.passed,
        asset_key=key.asset_key,
        check_name=key.name,
        severity=dg.AssetCheckSeverity.ERROR if outcome.is_error else dg.AssetCheckSeverity.WARN,
        description=outcome.words,
        metadata={**metadata_of(outcome), **report_link(verdict.out, project.report_url)},
    )


def _report_versions(context: dg.AssetExecutionContext, project: MonitoredProject, judged: JudgedFamilies) -> None:
    """Tell Dagster of every family which version is there: once as new, then as seen again.

    Its freshness policies count from when it was told of a new version. One that is STALE already is no news that makes anything
    fresh: it is told as seen.
    """
    for family, parts in project.families.items():
        newest = judged.newest(family)
        if newest is None:
            continue
        key = dg.AssetKey(parts)
        version = safe(newest.identity)
        tags, metadata = {_VERSION_TAG: version}, version_metadata(judged, newest)
        told = context.instance.get_latest_materialization_event(key)
        before = told.asset_materialization if told is not None else None
        is_new = before is None or (before.tags or {}).get(_VERSION_TAG) != version
        if is_new and not newest.is_stale():
            context.log_event(dg.AssetMaterialization(key, metadata=metadata, tags=tags))
        else:
            context.log_event(dg.AssetObservation(key, metadata=metadata, tags=tags))


def _freshness(known: KnownFamily) -> dg.FreshnessPolicy | None:
    if known.fail_after is None or known.fail_after > _LONGEST_WINDOW:
        return None
    fail = max(known.fail_after, _LEAST_WINDOW)
    warn = max(known.warn_after, _LEAST_WINDOW) if known.warn_after is not None else fail
    return dg.FreshnessPolicy.time_window(
        fail_window=timedelta(seconds=fail), warn_window=timedelta(seconds=warn) if warn < fail else None
    )
