"""A run tells every service of what is wrong, says it once, tells all of them that it is over, and gives no secret away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.services.conftest import NOW, PLATFORM
from tests.services.receiver import Receiver, black_hole
from tests.services.servers import Servers, wait_until
from tests.services.test_mail import mail_server
from tests.services.test_senders import CONFIG

pytest.importorskip("apprise")

SIDECAR = Path("artifacts", "p2", "dataset_metadata.json")
POLICY = """
artifacts = ["artifacts"]
out = "out"
freshness.max_age_seconds = 21600
environment = "production"
severity.row_count = "critical"
[alerts]
interval = "15m"
report_url = "https://ci.example.org/jobs/42"
[alerts.alertmanager]
url = "{manager}"
[alerts.slack]
url_env = "SLACK_URL"
[alerts.teams]
url_env = "TEAMS_URL"
[alerts.discord]
url_env = "DISCORD_URL"
[alerts.pagerduty]
routing_key_env = "PAGERDUTY_KEY"
url = "{receiver}/pagerduty"
[alerts.webhook]
url = "{receiver}/webhook"
token_env = "WEBHOOK_TOKEN"
[alerts.smtp]
host = "127.0.0.1"
port = {mail}
security = "none"
to = ["ml@example.org"]
[alerts.apprise]
urls_env = "APPRISE_URLS"
[alerts.routes]
critical = ["alertmanager", "slack", "teams", "discord", "pagerduty", "webhook", "smtp", "apprise"]
"""
CANARIES = {
    "SLACK_URL": "/slack/T0CANARY/B0CANARY/canary-slack-key",
    "TEAMS_URL": "/teams/canary-teams-key?sig=canary-teams-signature",
    "DISCORD_URL": "/discord/canary-discord-key",
    "PAGERDUTY_KEY": "canary0pagerduty0routing0key0000",
    "WEBHOOK_TOKEN": "canary-webhook-token",
}
BY_HTTP = ("/slack", "/teams", "/discord", "/pagerduty", "/webhook", "/apprise")


def told(receiver: Receiver, path: str) -> list[str]:
    return [request.text for request in receiver.to(path)]


def run(directory: Path, receiver: str, arguments: Sequence[str] = ()) -> str:
    """Run pytest there, and return what it said; every file that it wrote is looked through for secrets."""
    environ = {name: receiver + value if value.startswith("/") else value for name, value in CANARIES.items()}
    environ["APPRISE_URLS"] = f"{receiver.replace('http:', 'json:')}/apprise/canary-apprise-key"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--mlmonitor-now={NOW}", "-W", "error"),
            *("--log-file=log.txt", "--log-file-level=DEBUG", "--junitxml=junit.xml", *arguments),
        ],
        cwd=directory,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    files = [path for path in directory.rglob("*") if path.is_file() and "artifacts" not in path.parts]
    assert {"results.json", "alerts.ndjson", "log.txt"} <= {path.name for path in files}
    for where, text in [("the terminal", said), *((path.name, path.read_bytes().decode("latin-1")) for path in files)]:
        assert "canary" not in text.lower(), where
    return said


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("p2", "p4"):
        shutil.copytree(PLATFORM / name, tmp_path / "artifacts" / name)
    return tmp_path


def broken(project: Path, rows: int) -> int:
    sidecar = project / SIDECAR
    document: dict[str, Any] = json.loads(sidecar.read_text())
    before = int(document["row_count"])
    sidecar.write_text(json.dumps({**document, "row_count": rows}))
    return before


def test_every_service_hears_that_it_fires_and_that_it_is_over(
    project: Path, servers: Servers, receiver: Receiver
) -> None:
    manager = servers.alertmanager(CONFIG.format(url=f"{receiver.url}/from-alertmanager"))
    with mail_server() as (mailbox, port):
        policy = POLICY.format(manager=manager.url, receiver=receiver.url, mail=port)
        (project / "mlmonitor.toml").write_text(policy)
        true = broken(project, 7)
        assert "row_count says 7" in run(project, receiver.url)
        for path in BY_HTTP:
            (text,) = told(receiver, path)
            text = text.replace("\\", "")  # as Discord's Markdown escapes
            assert "row_count" in text and "training_dataset" in text, path
        receiver.wait_for("/from-alertmanager", lambda one: one.json["status"] == "firing")
        assert len(mailbox.mails) == 1

        assert "1 alert: 1 to alertmanager" in run(project, receiver.url)  # which holds repeats back itself
        assert [len(told(receiver, path)) for path in BY_HTTP] == [1] * len(BY_HTTP)
        assert len(mailbox.mails) == 1

        broken(project, true)
        assert "1 alert resolved" in run(project, receiver.url)
        for path in BY_HTTP:
            _, text = told(receiver, path)
            assert "resolve" in text.lower(), path
        receiver.wait_for("/from-alertmanager", lambda one: one.json["status"] == "resolved")
        assert wait_until(lambda: manager.json("/api/v2/alerts") == [], "nothing fires any more")
        assert len(mailbox.mails) == 2


def test_a_service_that_is_away_is_told_by_the_next_run_and_the_others_at_once(
    project: Path, receiver: Receiver
) -> None:
    broken(project, 7)
    with black_hole() as hole, mail_server() as (mailbox, port):
        policy = POLICY.format(manager=hole, receiver=receiver.url, mail=port)
        (project / "mlmonitor.toml").write_text(policy.replace(f'url = "{receiver.url}/webhook"', f'url = "{hole}"'))
        said = run(project, receiver.url)
        place = hole.removeprefix("http://")
        assert f"alerts: webhook: {place} does not answer within " in said
        assert f"alerts: alertmanager: {place} does not answer within " in said
        assert "the next run sends 1 alert again" in said
        assert len(told(receiver, "/slack")) == len(mailbox.mails) == 1
        results = json.loads((project / "out" / "results.json").read_text())
        assert results["exit_status"] == 1
        assert sum("does not answer" in (one["problem"] or "") for one in results["exports"]) == 2
        (project / "mlmonitor.toml").write_text(policy)
        run(project, receiver.url)
        assert len(told(receiver, "/webhook")) == 1
        assert len(told(receiver, "/slack")) == len(mailbox.mails) == 1


def test_alertmanager_knows_one_alert_of_a_problem_whatever_becomes_of_it(
    project: Path, servers: Servers, receiver: Receiver
) -> None:
    """How bad it is and who owns it are labels: an alert with others is another one, and the first must not go on to fire."""
    manager = servers.alertmanager(CONFIG.format(url=f"{receiver.url}/from-alertmanager"))
    policy = 'artifacts = ["artifacts"]\nout = "out"\nfreshness.max_age_seconds = 21600\nseverity.row_count = "{}"\nowner = "{}"\n'
    true = broken(project, 7)
    for severity, owner in (("error", "a"), ("critical", "a"), ("critical", "b"), ("warning", "b")):
        (project / "mlmonitor.toml").write_text(
            policy.format(severity, owner) + f'alerts.alertmanager.url = "{manager.url}"\n'
        )
        run(project, receiver.url)
        (alert,) = manager.json("/api/v2/alerts")
        assert (alert["labels"]["severity"], alert["labels"]["owner"]) == (severity, owner)
    broken(project, true)
    run(project, receiver.url)
    assert wait_until(lambda: manager.json("/api/v2/alerts") == [], "nothing fires any more")
