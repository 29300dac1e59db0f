"""The command that runs one check of one artifact again, as somebody would type it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.judge import NodeIds
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.plugin.trust import plan_of


def command_again(config: pytest.Config, ids: NodeIds, ref: ArtifactRef, check: str) -> str:
    """Return the command.

    Args:
        config: of the run.
        ids: the node ids of its artifacts.
        ref: the artifact.
        check: name of the check.
    """
    own = ids.name(ref)
    name = f"::{own}" if own else ""
    now = config.getoption("mlmonitor_now")
    when = f" --mlmonitor-now {now}" if now and now in config.invocation_params.args else ""
    plan = plan_of(config)
    options = config.known_args_namespace
    file = f"-c {_argument(Path(options.inifilename).absolute())} " if options.inifilename else ""
    if file and options.rootdir and not Path(options.inifilename).is_file():
        file += f"--rootdir={_argument(config.rootpath)} "  # where the policy is
    roots = "" if plan.declared else "".join(f"--mlmonitor={_argument(root)} " for root in plan.roots)
    # One word: of a path that stands alone pytest takes its configuration, before any plugin can say that it is data.
    one = "--mlmonitor=" if plan.holds(ref.path) else ""
    return f"pytest {file}{roots}{one}{_argument(ref.path)}{name}::{check}{when}"


def commands_again(config: pytest.Config, platform: Artifacts) -> Callable[[str, CheckResult], str]:
    """Return what gives the command for a node id and its result, also for a person's own test."""
    ids = NodeIds(platform, config.rootpath)

    def again(nodeid: str, result: CheckResult) -> str:
        if nodeid == f"{ids.of(result.ref)}::{result.check}":
            return command_again(config, ids, result.ref, result.check)
        return f"pytest {shlex.quote(safe(nodeid))}"

    return again


def _argument(path: Path) -> str:
    text = shown(path)
    return text if not set(text) & set(" '\"\\$`();&|<>*?[]{}!#~") else "'" + text.replace("'", "'\\''") + "'"
