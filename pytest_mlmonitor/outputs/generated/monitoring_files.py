"""All files of the monitoring that is generated, and what there is to say of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.outputs.generated.alertmanager_config import alertmanager_config
from pytest_mlmonitor.outputs.generated.boards.all_boards import board_files
from pytest_mlmonitor.outputs.generated.grafana_provisioning import provisioning_files
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_context import RuleContext
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_file import all_rules, rule_file, rule_groups
from pytest_mlmonitor.outputs.generated.routing import ROUTED, senders_of
from pytest_mlmonitor.outputs.generated.scrape_config import scrape_config

RULES = "prometheus/mlmonitor.rules.yml"
ALERTMANAGER = "alertmanager/alertmanager.yml"
SECRETS_DIRECTORY = "/etc/alertmanager/secrets"
SELFTEST_PORT = 9799


@dataclass(frozen=True)
class MonitoringFiles:
    """What is written.

    Attributes:
        files: contents by path below the directory.
        rules: how many rules there are.
        boards: how many boards.
        notes: what whoever generates them should know.
    """

    files: dict[str, bytes]
    rules: int
    boards: int
    notes: tuple[str, ...]


def monitoring_files(
    context: RuleContext,
    *,
    secrets: str = SECRETS_DIRECTORY,
    selftest_url: str = f"http://127.0.0.1:{SELFTEST_PORT}/",
) -> MonitoringFiles:
    """Return every file; the same for the same policy and checks.

    Args:
        context: policy and checks.
        secrets: directory of the files that hold secrets, as Alertmanager sees it.
        selftest_url: where ``mlmonitor selftest`` listens, as Alertmanager sees it.
    """
    groups = rule_groups(context)
    rules = all_rules(groups)
    routes = alertmanager_config(context.settings, rules, secrets=secrets, selftest_url=selftest_url)
    boards = board_files(context)
    files = {
        RULES: rule_file(context, groups),
        "prometheus/prometheus.yml": scrape_config(context.settings),
        ALERTMANAGER: routes.text,
        **{f"grafana/dashboards/{name}": text for name, text in boards.items()},
        **{f"grafana/provisioning/{name}": text for name, text in provisioning_files(context.settings).items()},
    }
    notes = [
        f"{one.sender} is not in {ALERTMANAGER}: {one.why}" + ("; its head says what to add" if one.lines else "")
        for one in routes.left_out
    ]
    silent = [severity for severity in ROUTED if not senders_of(context.settings.alerts, severity)]
    if silent == list(ROUTED):
        notes.append("alerts reach nobody: the policy names no sender (alerts.slack.url_env, alerts.smtp.host, …)")
    elif silent:
        notes.append(f"alerts of severity {', '.join(silent)} reach nobody: alerts.routes leaves them out")
    return MonitoringFiles(files, len(rules), len(boards), tuple(notes))


def write_files(files: MonitoringFiles, directory: Path) -> list[str]:
    """Write the files that differ from what is there, each whole or not at all, and return their paths.

    Raises:
        OSError: one cannot be written; those before it are.
    """
    changed = []
    for name, content in files.files.items():
        path = directory / name
        if not (path.is_file() and path.read_bytes() == content):
            write_atomically(path, content)
            changed.append(name)
    return changed
