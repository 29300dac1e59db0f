"""The selftest sees an alert go its whole way, and says at which server it stops."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pytest_mlmonitor.commands.app import app
from tests.services.receiver import Answer, Receiver, receiving, refusing
from tests.services.servers import Servers

COMMAND = Path(sys.executable).with_name("mlmonitor")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class Monitoring:
    """A project, what is generated from its policy, and real servers that use it."""

    def __init__(self, directory: Path, servers: Servers) -> None:
        self.directory = directory
        self.port = free_port()
        self.servers = servers
        self.policy = directory / "mlmonitor.toml"
        self.policy.touch()
        made = CliRunner().invoke(app, ["rules", "--out", "m", "--selftest-url", f"http://127.0.0.1:{self.port}/"])
        assert made.exit_code == 0, made.output
        self.rules = directory / "m" / "prometheus" / "mlmonitor.rules.yml"
        self.gateway = servers.pushgateway()
        self.alertmanager = servers.alertmanager(directory / "m" / "alertmanager" / "alertmanager.yml")

    def start(self, *rules: Path, scrape: bool = True) -> None:
        scraped = {"pushgateway": [self.gateway.url]} if scrape else {}
        self.prometheus = self.servers.prometheus(scraped, rules=rules, alertmanagers=[self.alertmanager.url])

    def urls(self) -> list[str]:
        return [
            "--push",
            self.gateway.url,
            "--prometheus",
            self.prometheus.url,
            "--alertmanager",
            self.alertmanager.url,
        ]

    def ask(self, *options: str, timeout: int = 60) -> tuple[int, str]:
        done = CliRunner().invoke(
            app, ["selftest", *self.urls(), "--listen", f"127.0.0.1:{self.port}", "--timeout", str(timeout), *options]
        )
        print(done.output)
        return done.exit_code, done.output


@pytest.fixture
def monitoring(tmp_path: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Monitoring:
    monkeypatch.chdir(tmp_path)
    return Monitoring(tmp_path, servers)


def test_an_alert_goes_its_whole_way_and_nothing_is_left(monitoring: Monitoring) -> None:
    monitoring.start(monitoring.rules)
    status, said = monitoring.ask()
    assert status == 0, said
    steps = [line.split()[:2] for line in said.splitlines()[:-1]]
    assert steps == [
        ["ok", one] for one in ("push", "rules", "targets", "alert", "alertmanager", "receiver", "resolved")
    ]
    assert said.splitlines()[-1] == "an alert reaches whoever must act"
    assert "has the alert, for mlmonitor-selftest" in said
    assert b"mlmonitor_selftest" not in monitoring.gateway.get("/metrics")


def test_rules_that_are_not_loaded_are_named(monitoring: Monitoring) -> None:
    monitoring.start()
    status, said = monitoring.ask()
    assert status == 1
    assert (
        "FAILED  rules         Prometheus does not know 32 rules of 32: " in said and "MLMonitorArtifactsGone" in said
    )
    assert b"mlmonitor_selftest" not in monitoring.gateway.get("/metrics")


def test_a_pushgateway_that_nobody_scrapes_is_said(monitoring: Monitoring) -> None:
    monitoring.start(monitoring.rules, scrape=False)
    status, said = monitoring.ask(timeout=8)
    assert status == 1
    assert (
        "FAILED  targets       what was pushed does not come to Prometheus" in said and "Targets of ours: none" in said
    )


def test_a_target_that_is_down_is_said(monitoring: Monitoring, servers: Servers) -> None:
    with refusing() as dead:
        monitoring.prometheus = servers.prometheus(
            {"pushgateway": [monitoring.gateway.url], "mlmonitor-textfile": [dead]},
            rules=[monitoring.rules],
            alertmanagers=[monitoring.alertmanager.url],
        )
        status, said = monitoring.ask()
    assert status == 1
    assert "FAILED  targets       1 target of 2 cannot be scraped: mlmonitor-textfile" in said


def test_an_alertmanager_that_tells_somebody_else_is_said(monitoring: Monitoring, servers: Servers) -> None:
    with receiving() as other:
        config = f'{{"route": {{"receiver": "r"}}, "receivers": [{{"name": "r", "webhook_configs": [{{"url": "{other.url}/"}}]}}]}}'
        monitoring.alertmanager = servers.alertmanager(config)
        monitoring.start(monitoring.rules)
        status, said = monitoring.ask(timeout=15)
    assert status == 1
    assert "ok      alertmanager  has the alert, for r" in said
    assert "FAILED  receiver      nobody told the selftest of it" in said


@pytest.mark.parametrize("which", ["--push", "--prometheus", "--alertmanager"])
def test_a_server_that_is_away_is_said(monitoring: Monitoring, which: str) -> None:
    monitoring.start(monitoring.rules)
    with refusing() as away:
        status, said = monitoring.ask(which, away, timeout=15)
    assert status == 1
    assert "FAILED" in said and "Connection refused" in said
    assert b"mlmonitor_selftest" not in monitoring.gateway.get("/metrics")


def test_a_port_that_is_taken_is_no_answer(monitoring: Monitoring) -> None:
    monitoring.start(monitoring.rules)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", monitoring.port))
        taken.listen()
        status, said = monitoring.ask()
    assert status == 3
    assert f"127.0.0.1:{monitoring.port}: cannot listen there: Address already in use" in said


def test_secrets_of_the_policy_are_used_and_not_shown(monitoring: Monitoring) -> None:
    """The URL with a password is a variable's; a Pushgateway without passwords takes it all the same."""
    monitoring.start(monitoring.rules)
    monitoring.policy.write_text(
        '[metrics]\npush_url_env = "PUSH"\nprometheus_url_env = "PROM"\n[alerts.alertmanager]\nurl_env = "AM"\n'
    )
    word = "s3cr3t-of-the-gateway"
    urls = {"PUSH": monitoring.gateway.url, "PROM": monitoring.prometheus.url, "AM": monitoring.alertmanager.url}
    environ = {name: url.replace("http://", f"http://user:{word}@") for name, url in urls.items()}
    done = subprocess.run(
        [COMMAND, "selftest", "--listen", f"127.0.0.1:{monitoring.port}", "--timeout", "60"],
        capture_output=True, text=True, check=False, cwd=monitoring.directory, env={**os.environ, **environ},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert word not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "selftest needs metrics.push_url in the policy, or --push URL"),
        (["--push", "http://127.0.0.1:1"], "selftest needs metrics.prometheus_url in the policy, or --prometheus URL"),
        (["--push", "http://127.0.0.1:1", "--listen", "here"], "--listen 'here': expected HOST:PORT"),
    ],
)
def test_without_servers_it_is_wrong_usage(tmp_path: Path, options: list[str], words: str) -> None:
    done = subprocess.run([COMMAND, "selftest", *options], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (
            'push_url_env = "PUSH_URL"',
            "metrics.push_url_env names PUSH_URL, which is not set, and the file that PUSH_URL_FILE names cannot be used: ",
        ),
        (
            'push_url = "http://127.0.0.1:1"\npush_user_env = "PUSH_USER"\npush_password_env = "PUSH_PASSWORD"',
            "metrics.push_user_env names PUSH_USER, which is not set",
        ),
    ],
)
def test_a_variable_that_holds_nothing_is_wrong_usage(tmp_path: Path, policy: str, words: str) -> None:
    (tmp_path / "mlmonitor.toml").write_text(f"[metrics]\n{policy}\n", encoding="utf-8")
    variables = {**os.environ, "PUSH_URL_FILE": str(tmp_path / "nowhere")}
    done = subprocess.run(
        [COMMAND, "selftest"], capture_output=True, text=True, check=False, cwd=tmp_path, env=variables
    )
    assert done.returncode == 2
    assert words in done.stderr


def test_every_sender_of_the_policy_is_tried(tmp_path: Path, receiver: Receiver) -> None:
    senders = 'slack = {url_env = "SLACK"}\npagerduty = {routing_key_env = "PD"}'
    (tmp_path / "mlmonitor.toml").write_text(f'[alerts]\nwebhook = {{url = "{receiver.url}/hook"}}\n{senders}\n')
    receiver.answer("/slack", Answer(403, body=b"no_token: T0-s3cr3t"))
    done = subprocess.run(
        [COMMAND, "selftest", "--senders"],
        capture_output=True, text=True, check=False, cwd=tmp_path, env={**os.environ, "SLACK": f"{receiver.url}/slack/T0-s3cr3t"},
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines[:-1]] == [
        ["FAILED", "pagerduty"],
        ["FAILED", "slack"],
        ["ok", "webhook"],
    ]
    assert lines[-1] == "an alert does not reach whoever must act"
    assert "s3cr3t" not in done.stdout + done.stderr
    assert len(receiver.to("/hook")) == 2


def test_without_a_sender_there_is_nothing_to_try(tmp_path: Path) -> None:
    done = subprocess.run([COMMAND, "selftest", "--senders"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "needs a sender in the policy" in done.stderr


def test_a_selftest_that_is_ended_leaves_nothing_in_the_gateway(tmp_path: Path, receiver: Receiver) -> None:
    (tmp_path / "mlmonitor.toml").touch()
    receiver.answer("/api/v1/rules", Answer(delay=30))
    asked = [str(COMMAND), "selftest", "--push", receiver.url, "--prometheus", receiver.url]
    with subprocess.Popen([*asked, "--listen", f"127.0.0.1:{free_port()}"], cwd=tmp_path) as command:
        pushed = receiver.wait_for("/metrics", lambda one: one.method == "PUT")
        receiver.wait_for("/api/v1/rules")
        command.terminate()
        receiver.wait_for(pushed.path, lambda one: one.method == "DELETE")
    assert command.returncode == 143
