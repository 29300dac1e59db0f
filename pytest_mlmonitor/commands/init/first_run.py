"""The first run of a project that was just written: pytest in a child process, as ``mlmonitor run`` starts it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_mlmonitor.commands.init.shapes.source_draft import SourceDraft
from pytest_mlmonitor.commands.run import command_of
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.data_contracts.kind import DATA_CONTRACT
from pytest_mlmonitor.outputs.alike import of_kind
from pytest_mlmonitor.policies.kind import POLICY

SHOWN = 5
"""Failures that are named."""

MOST_VERSIONS = 60
"""Versions that a first run judges; of more only the newest ones of the first families."""

MOST_FAMILIES = 20

JUDGED = 30
"""Versions of a family that a run judges."""

_ABOUT_OTHERS = (POLICY.name, DATA_CONTRACT.name)


@dataclass
class FirstRun:
    """What a run said.

    Attributes:
        status: pytest's exit code.
        artifacts: how many of which kind.
        results: how many checks ended how: ``pass``, ``warned``, ``fail``, ``error``, ``not_checked``.
        reasons: why some were not checked, by how often.
        failed: artifact and first line of what failed.
        warned: the same of warnings.
        trained_late: training runs whose only error is that their dataset was older than it may get.
        output: what pytest printed, where it left no results.
    """

    status: int
    artifacts: Counter[str] = field(default_factory=Counter)
    results: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    failed: list[tuple[str, str]] = field(default_factory=list)
    warned: list[tuple[str, str]] = field(default_factory=list)
    trained_late: set[str] = field(default_factory=set)
    output: str = ""


def run_project(project: Path, paths: Sequence[str], policy: str, now: str | None) -> FirstRun:
    """Run a project and return what came out.

    Args:
        project: its directory.
        paths: what is judged, relative to it: its root, or artifacts below.
        policy: the name of the policy file in it.
        now: the evaluation time, None for the clock's.
    """
    with tempfile.TemporaryDirectory(prefix="mlmonitor-init-") as out:
        options = [*paths, "-c", policy, "--mlmonitor-out", out, "-q", "-p", "no:cacheprovider"]
        if len(paths) > 1:
            options += ["-m", "not drift"]  # which would read all other versions
        if now is not None:
            options.append(f"--mlmonitor-now={now}")
        command, environment = command_of(options, project, os.environ)
        environment.pop("PYTEST_ADDOPTS", None)
        done = subprocess.run(  # noqa: S603 -- our own command
            command, cwd=project, env=environment, capture_output=True, text=True, errors="replace", check=False
        )
        found = FirstRun(done.returncode)
        try:
            results = json.loads((Path(out) / "results.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found.output = (done.stdout + done.stderr).strip()
            return found
    _count(found, results)
    return found


def some_of(drafts: Sequence[SourceDraft], root: str) -> list[str]:
    """Return what a first run judges: the root, or where there is a lot the newest version of some families.

    Args:
        drafts: the sources.
        root: relative to the project.
    """
    families = [versions for draft in drafts if not draft.is_log for versions in draft.families.values()]
    if sum(min(len(versions), JUDGED) for versions in families) <= MOST_VERSIONS:
        return [root]
    return ["/".join((root, *versions[-1].files[-1])) for versions in families[:MOST_FAMILIES]]


def _count(found: FirstRun, results: dict[str, Any]) -> None:
    for artifact in results["artifacts"]:
        found.artifacts[artifact["kind"]] += 1
    for result in results["results"]:
        status = result["status"]
        worst = [one for one in result["findings"] if one["severity"] in ("error", "critical")]
        if status == "fail" and not worst:
            status = "warned"
        found.results[status] += 1
        if status == "not_checked":
            found.reasons[str(result["reason"]).partition(":")[0].partition(";")[0]] += 1
        said = worst or result["findings"]
        first = said[0]["message"] if said else result["reason"]
        if result["check"] == "dataset_link" and worst and all(one["column"] == "started_at" for one in worst):
            found.trained_late.add(result["artifact"])
        if status in ("fail", "error"):
            found.failed.append((result["artifact"], f"{first} ({result['check']})"))
        elif status == "warned":
            found.warned.append((result["artifact"], f"{first} ({result['check']})"))


def summary_lines(run: FirstRun, called: str) -> Iterator[str]:
    """Yield what is said of a run.

    Args:
        run: what came out.
        called: how a person starts it.
    """
    if not run.results:
        yield f"first run ({called}): exit {run.status}"
        yield from (f"  {safe(line)}" for line in run.output.splitlines()[-SHOWN * 2 :])
        return
    kinds = [of_kind(number, safe(kind)) for kind, number in sorted(run.artifacts.items()) if kind not in _ABOUT_OTHERS]
    parts = [f"{run.results['pass']} ok"]
    if run.results["warned"]:
        parts.append(f"{run.results['warned']} warned")
    if run.results["not_checked"]:
        reasons = [f"{safe(reason)}: {number}" for reason, number in run.reasons.most_common(3)]
        parts.append(f"{run.results['not_checked']} not checked ({listing(reasons)})")
    parts.append(f"{run.results['fail']} failed")
    if run.results["error"]:
        parts.append(f"{run.results['error']} could not run")
    checks = sum(run.results.values())
    judged = ", ".join(kinds) or "no artifact"
    yield f"first run ({called}): {judged}; {count(checks, 'check')}: {', '.join(parts)}   exit {run.status}"
    for word, several in (("FAILED", run.failed), ("warned", run.warned)):
        yield from (f"  {word}  {safe(name)}: {safe(message)}" for name, message in several[:SHOWN])
        if len(several) > SHOWN:
            yield f"  … and {len(several) - SHOWN:,} more"
