"""``mlmonitor rules``: rules, routes and boards, generated from the policy that the checks obey."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pytest_mlmonitor.commands.roots import settings_of
from pytest_mlmonitor.core.open_store import open_store
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count, duration
from pytest_mlmonitor.kinds import extensions
from pytest_mlmonitor.outputs.alerts.run_interval import run_interval
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_context import RuleContext

COULD_NOT = 3


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("rules")(rules)


def rules(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="directory that the files are written into")],
    secrets: Annotated[
        str, typer.Option("--secrets", metavar="DIR", help="directory of secrets, as Alertmanager sees it")
    ] = "/etc/alertmanager/secrets",
    selftest_url: Annotated[
        str,
        typer.Option(
            "--selftest-url", metavar="URL", help="where `mlmonitor selftest` listens, as Alertmanager sees it"
        ),
    ] = "http://127.0.0.1:9799/",
) -> None:
    """Write Prometheus rules, Alertmanager routing and Grafana dashboards, with the thresholds of the policy.

    The same policy makes the same files; those that did not change are left as they are. Exits 3 where they cannot be written.
    """
    from pytest_mlmonitor.outputs.generated.monitoring_files import monitoring_files, write_files

    context = context_of(settings_of())
    made = monitoring_files(context, secrets=secrets, selftest_url=selftest_url)
    try:
        changed = write_files(made, out)
    except OSError as error:
        typer.echo(f"mlmonitor: {safe(str(out))}: cannot be written: {error.strerror or error}", err=True)
        raise typer.Exit(COULD_NOT) from None
    for name in made.files:
        typer.echo(f"{'written' if name in changed else 'as it was':<9} {safe(str(out / name))}")
    typer.echo(f"{count(made.rules, 'rule')}, {count(made.boards, 'dashboard')}")
    if context.settings.alerts.interval is None:
        typer.echo(f"runs are taken to be made every {duration(context.interval)}: alerts.interval says otherwise")
    whose = [
        f"{word} {one}"
        for word, one in (("suite", context.suite), ("environment", context.environment))
        if one is not None
    ]
    if whose:
        typer.echo(f"rules are about the runs of {safe(', '.join(whose))}: others need rules of their own")
    for note in made.notes:
        typer.echo(f"mlmonitor: {safe(note)}", err=True)


_ROUND = [
    minutes * 60.0 for minutes in (5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440, 2880, 4320, 5760, 10080)
]
_LATE = 1.1
"""A run every hour comes a little late now and then."""


def context_of(settings: Settings) -> RuleContext:
    """Return what rules are made from: the policy, the checks that its runs have, and how often they are made.

    What the store's runs say of that is rounded up: the files are the same whenever they are made.
    """
    interval = settings.alerts.interval
    if interval is None:
        seen = run_interval(settings, open_store(settings, settings.file)).total_seconds()
        interval = next((one for one in _ROUND if seen <= one * _LATE), _ROUND[-1])
    return RuleContext(settings, extensions(settings).checks(settings), interval)
