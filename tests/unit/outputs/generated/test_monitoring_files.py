"""What is generated is the same whenever the policy is, and holds no secret."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from pytest_mlmonitor.outputs.generated.monitoring_files import ALERTMANAGER, write_files
from tests.unit.outputs.generated.policies import generated

SCHEMA = Path("/work/shared/schemas/grafana/alerting.json")

SENDERS = """
[alerts]
slack = {url_env = "SLACK_WEBHOOK_URL"}
pagerduty = {routing_key_env = "PAGERDUTY_KEY"}
teams = {url_env = "TEAMS_URL"}
discord = {url_env = "DISCORD_URL"}
webhook = {url_env = "HOOK_URL", token_env = "HOOK_TOKEN"}
smtp = {host = "mail.example", to = ["on-call@example.org"], user_env = "MAIL_USER", password_env = "MAIL_PASSWORD"}
apprise = {urls_env = "APPRISE_URLS"}
alertmanager = {url_env = "ALERTMANAGER_URL", token_env = "ALERTMANAGER_TOKEN"}
[metrics]
push_url_env = "PUSH_URL"
push_user_env = "PUSH_USER"
push_password_env = "PUSH_PASSWORD"
prometheus_url_env = "PROMETHEUS"
"""
VARIABLES = re.findall(r'_env = "(\w+)"', SENDERS)


def test_no_secret_is_in_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, f"https://secret.example/{name}-k3y")
    made = generated(tmp_path, SENDERS)
    for name, content in made.files.items():
        assert b"k3y" not in content, name
    assert not [note for note in made.notes if "k3y" in note]


def test_what_alertmanager_cannot_be_told_is_said(tmp_path: Path) -> None:
    made = generated(tmp_path, SENDERS)
    for sender in ("teams", "discord", "webhook", "smtp", "apprise"):
        assert [note for note in made.notes if note.startswith(f"{sender} is not in")], sender
    head = made.files[ALERTMANAGER].decode()
    assert "#   - webhook_url_file: /etc/alertmanager/secrets/DISCORD_URL\n" in head
    assert "api_url_file: /etc/alertmanager/secrets/SLACK_WEBHOOK_URL\n" in head


def test_without_a_sender_it_is_said_that_nobody_is_told(tmp_path: Path) -> None:
    (note,) = generated(tmp_path).notes
    assert note.startswith("alerts reach nobody: the policy names no sender")


def test_a_severity_that_goes_nowhere_is_said(tmp_path: Path) -> None:
    made = generated(tmp_path, '[alerts]\nslack = {url_env = "A"}\nroutes = {warning = []}\n')
    assert [
        note for note in made.notes if note == "alerts of severity warning reach nobody: alerts.routes leaves them out"
    ]


def receivers(made: bytes) -> dict[str, set[str]]:
    return {one["name"]: set(one) - {"name"} for one in yaml.safe_load(made)["receivers"]}


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        (
            "",
            {
                "critical": {"slack_configs", "pagerduty_configs"},
                "error": {"slack_configs"},
                "warning": {"slack_configs"},
            },
        ),
        (
            'routes = {critical = ["pagerduty"], warning = []}',
            {
                "critical": {"pagerduty_configs"},
                "emergency": {"pagerduty_configs"},
                "error": {"slack_configs"},
                "warning": set(),
            },
        ),
        ("routes = {emergency = ['slack']}", {"emergency": {"slack_configs"}}),
    ],
)
def test_severities_go_where_the_policy_sends_them(tmp_path: Path, routes: str, expected: dict[str, set[str]]) -> None:
    policy = f'[alerts]\nslack = {{url_env = "A"}}\npagerduty = {{routing_key_env = "B"}}\n{routes}\n'
    found = receivers(generated(tmp_path, policy).files[ALERTMANAGER])
    for severity, wanted in expected.items():
        assert found[f"mlmonitor-{severity}"] == wanted, severity


def test_alerts_that_are_switched_off_go_nowhere(tmp_path: Path) -> None:
    found = receivers(generated(tmp_path, "alerts = false").files[ALERTMANAGER])
    assert found["mlmonitor-critical"] == set()


def test_the_same_policy_makes_the_same_files_and_leaves_them(tmp_path: Path) -> None:
    made = generated(tmp_path, SENDERS)
    out = tmp_path / "out"
    assert sorted(write_files(made, out)) == sorted(made.files)
    assert write_files(generated(tmp_path, SENDERS), out) == []
    (out / ALERTMANAGER).write_text("changed")
    assert write_files(made, out) == [ALERTMANAGER]


def test_grafana_has_a_variable_where_a_secret_stands(tmp_path: Path) -> None:
    made = generated(tmp_path, SENDERS).files
    points = yaml.safe_load(made["grafana/provisioning/alerting/contact-points.yaml"])["contactPoints"]
    critical = next(one for one in points if one["name"] == "mlmonitor-critical")
    settings = {one["type"]: one["settings"] for one in critical["receivers"]}
    assert settings["slack"] == {"url": "${SLACK_WEBHOOK_URL}"}
    assert settings["pagerduty"]["integrationKey"] == "${PAGERDUTY_KEY}"
    assert set(settings) == {"slack", "pagerduty", "teams", "discord", "webhook", "email"}
    (policies,) = yaml.safe_load(made["grafana/provisioning/alerting/policies.yaml"])["policies"]
    names = {one["name"] for one in points}
    assert {route["receiver"] for route in policies["routes"]} <= names and policies["receiver"] in names
    sources = yaml.safe_load(made["grafana/provisioning/datasources/mlmonitor.yaml"])["datasources"]
    assert [one["url"] for one in sources] == ["${PROMETHEUS}", "${ALERTMANAGER_URL}"]


def test_a_dollar_of_the_policy_is_none_of_grafana(tmp_path: Path) -> None:
    made = generated(tmp_path, '[metrics]\nprometheus_url = "http://prometheus/$HOME"\n').files
    (source,) = yaml.safe_load(made["grafana/provisioning/datasources/mlmonitor.yaml"])["datasources"]
    assert source["url"] == "http://prometheus/$$HOME"


def test_contact_points_and_policies_are_valid_by_grafanas_schema(tmp_path: Path) -> None:
    if not SCHEMA.exists():
        pytest.skip(f"{SCHEMA} is not there: Grafana's schema is not part of this repository")
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    made = generated(tmp_path, SENDERS).files

    def errors(definition: str, document: object) -> list[str]:
        validator = jsonschema.Draft7Validator({**schema, "$ref": f"#/definitions/{definition}"})
        return [error.message for error in validator.iter_errors(document)]

    points = yaml.safe_load(made["grafana/provisioning/alerting/contact-points.yaml"])["contactPoints"]
    for point in points:
        for receiver in point["receivers"]:
            assert errors("ContactPoint", {"name": point["name"], **receiver}) == []
    (policy,) = yaml.safe_load(made["grafana/provisioning/alerting/policies.yaml"])["policies"]
    del policy["orgId"]  # of the file, not of the policy
    assert errors("NotificationPolicy", policy) == []
