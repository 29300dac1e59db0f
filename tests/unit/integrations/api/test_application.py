"""What the API answers, without a server: shapes, statuses, tokens, tags."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.types import ASGIApp

from pytest_mlmonitor.core.open_store import open_store
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.store.decisions import latest_decisions, take
from pytest_mlmonitor.core.store.run_history import PastRun, keep_run
from pytest_mlmonitor.integrations.api import api_shape
from pytest_mlmonitor.integrations.api.application import MonitoringApi

from .asked import Answered, asked, put, record

TOKEN = "canary-4711-token"  # noqa: S105
BEARER = {"Authorization": f"Bearer {TOKEN}"}
M = "/api/v1/monitoring"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHURN_API_TOKEN", TOKEN)
    (tmp_path / "mlmonitor.toml").write_text('api.token_env = "CHURN_API_TOKEN"\n')
    put(tmp_path / "out", record())
    return tmp_path


def app_of(project: Path, more: str = "") -> ASGIApp:
    file = project / "mlmonitor.toml"
    file.write_text(file.read_text() + more)
    return MonitoringApi(project / "out", load(file), file).application(loopback=True)


def told(answered: Answered, shape: Any) -> Any:
    """Return an answer of the shape that docs/openapi.json promises."""
    assert answered.status == 200, answered.body
    assert answered.headers["content-type"] == "application/json"
    return msgspec.convert(answered.json, shape)


def decisions(project: Path) -> list[tuple[str, str]]:
    file = project / "mlmonitor.toml"
    store = open_store(load(file), file)
    assert store is not None
    found = store.transaction(lambda transaction: latest_decisions(transaction, "local"))
    store.close()
    return [(one.model, one.state) for one in found]


def test_drift_of_a_model_is_that_of_what_feeds_it(project: Path) -> None:
    answer = told(asked(app_of(project), f"{M}/drift/team/churn"), api_shape.DriftAnswer)
    assert (answer["model"], answer["verdict"], answer["drift_share"]) == ("team/churn", "failed", 0.5)
    (data,) = answer["artifacts"]
    assert (data["artifact"]["name"], data["artifact"]["role"]) == ("orders@2", "fed_by"), "not what it learnt from"
    assert data["features"] == [
        {"name": "amount", "drifted": True, "figures": {"psi": 0.4, "ks": 0.3}},
        {"name": "quantity", "drifted": False, "figures": {"psi": 0.01}},  # somebody accepted it
    ]
    assert [one["message"] for one in data["checks"][0]["findings"]] == ["amount drifted <b>", "quantity drifted"]


def test_performance_is_what_was_measured(project: Path) -> None:
    answer = told(asked(app_of(project), f"{M}/performance/team%2Fchurn"), api_shape.PerformanceAnswer)
    (metrics,) = answer["metrics"]
    assert (metrics["artifact"]["role"], metrics["version"], metrics["metrics"]) == ("training_run", "7", {"r2": 0.8})
    assert (answer["verdict"], answer["artifacts"]) == ("not_checked", [])


def test_config_has_what_was_set_and_the_defaults_of_the_rest(project: Path) -> None:
    answer = told(asked(app_of(project), f"{M}/config/team/churn"), api_shape.ConfigAnswer)
    keys = {(one["key"], one["origin"]): one for one in answer["keys"]}
    own, rest = keys["drift.psi_error", "file"], keys["drift.psi_error", "default"]
    assert (own["value"], own["default"], own["line"], own["artifacts"]) == ("0.5", "0.2", 3, ["a2"])
    assert (rest["value"], rest["artifacts"]) == ("0.2", ["a1"])
    assert keys["promotion.metric", "default"]["artifacts"] == ["a3"]
    assert keys["retrain.a_day", "file"]["value"] == "3" and keys["retrain.metric", "default"]["value"] == "r2"
    assert TOKEN not in json.dumps(answer) and not any(key.startswith("api") for key, _ in keys)


def test_all_models_at_one_look(project: Path) -> None:
    answer = told(asked(app_of(project), f"{M}/models"), api_shape.ModelsAnswer)
    assert answer["models"] == [{"name": "team/churn", "live": True, "drift": "failed", "performance": "not_checked"}]


def keep(project: Path, environment: str = "local", *, narrowed: bool = False) -> None:
    """Keep a run without an alert."""
    file, now = project / "mlmonitor.toml", datetime.now(UTC)
    store = open_store(load(file), file)
    assert store is not None
    run = PastRun(now, now, 1.0, environment, 0, complete=True, narrowed=narrowed, counts={})
    store.transaction(lambda transaction: keep_run(transaction, run, {}, []))
    store.close()


def test_alerts_and_metrics_are_those_of_the_store(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = app_of(project)
    keep(project, "elsewhere")
    keep(project, narrowed=True)
    assert asked(app, f"{M}/alerts").json["reason"] == "no_alerts", "nobody looked"
    keep(project)
    assert told(asked(app, f"{M}/alerts"), api_shape.AlertsAnswer)["alerts"] == []
    assert capsys.readouterr().err == ""
    store = project / ".mlmonitor" / "store.db"
    store.write_bytes(b"no database" * 500)
    assert asked(app, f"{M}/alerts").json["reason"] == "no_alerts", "what fired is lost"
    said = capsys.readouterr().err
    assert "store.db was damaged" in said and "kept as store.db.damaged-" in said and said.count("\n") == 1
    assert asked(app, "/metrics").json["reason"] == "no_metrics"
    (project / "mlmonitor.toml").unlink()
    alone = MonitoringApi(project / "out", load(None), None).application(loopback=True)
    for path in (f"{M}/alerts", "/metrics"):
        problem = asked(alone, path)
        assert (problem.status, problem.json["reason"]) == (503, "no_store") and "there is no store" in problem.json[
            "detail"
        ]


@pytest.mark.parametrize(
    "name", ["team/chrun", "%00", "%1b[31m", "%FF", "a" * 10_000, "..%2f..", "%E2%80%AE", "<script>"]
)
def test_an_unknown_model_is_404_and_nothing_of_its_name_is_answered_as_it_was(project: Path, name: str) -> None:
    answered = asked(app_of(project), f"{M}/drift/{name}")
    assert (answered.status, answered.headers["content-type"]) == (404, "application/problem+json")
    problem = msgspec.convert(answered.json, api_shape.ProblemDocument)
    assert problem["near"] == (["team/churn"] if name == "team/chrun" else [])
    assert len(answered.body) < 1000 and answered.body.isascii() and b"<" not in answered.body
    assert answered.json["detail"].isprintable()


def test_what_is_known_is_not_sent_again(project: Path) -> None:
    app = app_of(project)
    tag = asked(app, f"{M}/models").headers["etag"]
    for said in (tag, f"W/{tag}", f'"a,b", {tag}', f'{tag}, "other"', "*"):
        answered = asked(app, f"{M}/models", headers={"If-None-Match": said})
        assert (answered.status, answered.body, answered.headers["etag"]) == (304, b"", tag), said
    for said in ('"other"', tag[1:-1], f"{tag} nonsense"):
        assert asked(app, f"{M}/models", headers={"If-None-Match": said}).status == 200, said
    assert asked(app, f"{M}/models", "HEAD").headers["etag"] == tag
    put(project / "out", record(5))
    assert asked(app, f"{M}/models", headers={"If-None-Match": tag}).status == 200


def test_the_report_keeps_its_policy_and_a_page_without_one_may_do_nothing(project: Path) -> None:
    app, page = app_of(project), project / "out" / "report.html"
    assert asked(app, "/report").json["reason"] == "no_report"
    meta = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; script-src &#x27;sha256-x&#x27;">'
    text = meta + "x" * 99_999
    page.write_text(text)
    answered = asked(app, "/report")
    assert answered.body.decode() == text and answered.headers["content-length"] == str(len(text))
    assert answered.headers["content-type"] == "text/html; charset=utf-8"
    assert (
        answered.headers["content-security-policy"]
        == "default-src 'none'; script-src 'sha256-x'; frame-ancestors 'none'"
    )
    assert answered.headers["x-content-type-options"] == "nosniff"
    assert asked(app, "/report", headers={"If-None-Match": answered.headers["etag"]}).status == 304
    assert asked(app, "/report", "HEAD").body == b""
    page.write_text("<p>")
    assert asked(app, "/report").headers["content-security-policy"] == "sandbox; default-src 'none'"
    put(project / "out", record() | {"complete": False})
    assert asked(app, "/report").json["reason"] == "no_verdict", "of a run that is taken back"


def test_a_process_may_live_without_being_ready(project: Path) -> None:
    app = app_of(project)
    assert told(asked(app, "/readyz"), api_shape.ReadyAnswer)["exit_status"] == 1
    (project / "out" / "results.json").unlink()
    assert told(asked(app, "/healthz"), api_shape.HealthAnswer) == {"status": "ok"}
    answered = asked(app, "/readyz")
    assert (answered.status, answered.headers["retry-after"]) == (503, "10")


def test_other_methods_and_paths_are_refused_in_words(project: Path) -> None:
    app = app_of(project)
    answered = asked(app, f"{M}/drift/team/churn", "POST")
    assert (answered.status, answered.headers["allow"]) == (405, "GET, HEAD")
    answered = asked(app, f"{M}/retrain/team/churn")
    assert (answered.status, answered.headers["allow"]) == (405, "POST")
    assert asked(app, "/nothing").json["reason"] == "unknown_path"
    assert decisions(project) == []


def test_another_host_and_a_token_in_the_url_are_refused(project: Path) -> None:
    app = app_of(project, 'api.hosts = ["Models.example.com"]\n')
    assert asked(app, f"{M}/models", host="evil.example").status == 421
    for host in ("localhost:1", "[::1]:8080", "models.example.com", "MODELS.example.com.:443"):
        assert asked(app, f"{M}/models", host=host).status == 200, host
    encoded = TOKEN.replace("-", "%2D")
    for path in (f"x={TOKEN}", "access_token=abc", "token=abc", f"x={encoded}", f"x#/{TOKEN}"):
        answered = asked(app, f"{M}/models?{path}", headers=BEARER)
        assert (answered.status, answered.json["reason"]) == (400, "secret_in_url"), path
        assert TOKEN.encode() not in answered.body
    assert asked(app, f"{M}/drift/{encoded}", headers=BEARER).json["reason"] == "secret_in_url"
    assert asked(app, f"{M}/models?x=1").status == 200


def test_whoever_has_the_token_asks_for_a_training_once(project: Path) -> None:
    app, path = app_of(project), f"{M}/retrain/team/churn"
    for headers in (
        {},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer n\xf6"},
    ):
        answered = asked(app, path, "POST", headers)
        assert (answered.status, answered.headers["www-authenticate"][:6]) == (401, "Bearer")
    assert asked(app, f"{M}/retrain/team/chrun", "POST", BEARER).status == 404
    assert decisions(project) == [], "nobody was allowed to, and nothing was named, so nothing was written"

    answered = asked(app, path, "POST", BEARER)
    made = msgspec.convert(answered.json, api_shape.RetrainAnswer)
    assert (answered.status, made["decision"]["forced"], made["state"]) == (202, True, "waiting")
    assert decisions(project) == [("team/churn", "waiting")]

    again = asked(app, path, "POST", BEARER)
    assert (again.status, again.json["reason"], again.json["key"]) == (409, "already_waiting", made["key"])
    _taken(project)
    held = asked(app, path, "POST", BEARER)
    assert (held.status, held.json["reason"]) == (429, "cooldown")
    assert 42_000 < int(held.headers["retry-after"]) <= 43_200
    assert datetime.fromisoformat(held.json["free_from"]) == datetime.fromisoformat(made["decided_at"]) + timedelta(
        hours=12
    )
    assert decisions(project) == [("team/churn", "taken")]


def _taken(project: Path) -> None:
    file = project / "mlmonitor.toml"
    store = open_store(load(file), file)
    assert store is not None
    assert (
        store.transaction(lambda transaction: take(transaction, "local", "team/churn", datetime.now(UTC))) is not None
    )
    store.close()


@pytest.mark.parametrize(
    ("policy", "status", "reason"),
    [
        ("retrain = false\n", 403, "retraining_not_allowed"),
        ("retrain.dry_run = true\n", 403, "retraining_not_allowed"),
        ('retrain.models = ["other*"]\n', 403, "retraining_not_allowed"),
    ],
)
def test_what_the_policy_does_not_have_trained_is_not(project: Path, policy: str, status: int, reason: str) -> None:
    answered = asked(app_of(project, policy), f"{M}/retrain/team/churn", "POST", BEARER)
    assert (answered.status, answered.json["reason"]) == (status, reason)
    assert decisions(project) == []


def test_without_a_token_in_the_policy_nobody_may_ask(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_of(project)
    monkeypatch.delenv("CHURN_API_TOKEN")
    answered = asked(app, f"{M}/retrain/team/churn", "POST", {"Authorization": "Bearer "})
    assert (answered.status, answered.json["reason"]) == (503, "token_not_configured")
    (project / "token").write_text(f"{TOKEN}\n")
    monkeypatch.setenv("CHURN_API_TOKEN_FILE", str(project / "token"))
    assert asked(app, f"{M}/retrain/team/churn", "POST", BEARER).status == 202
    (project / "mlmonitor.toml").write_text("")
    answered = asked(app_of(project), f"{M}/retrain/team/churn", "POST", BEARER)
    assert (answered.status, answered.json["reason"]) == (403, "token_not_configured")


def test_reading_may_need_a_token_and_health_never_does(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_of(project, 'api.read_token_env = "MLMONITOR_READ"\n')
    assert asked(app, f"{M}/models", headers=BEARER).status == 503, "closed, not open, while nobody has set it"
    monkeypatch.setenv("MLMONITOR_READ", "another-token-42")
    for path in (f"{M}/models", "/report", "/metrics", "/openapi.json"):
        assert asked(app, path).status == 401, path
    read = {"Authorization": "bearer another-token-42"}
    assert asked(app, f"{M}/models", headers=read).status == 200
    assert asked(app, f"{M}/models", headers=BEARER).status == 200, "who may ask for a training may read"
    assert asked(app, f"{M}/retrain/team/churn", "POST", read).status == 401, "and not the other way round"
    assert asked(app, "/healthz").status == asked(app, "/readyz").status == 200


def test_a_store_that_is_damaged_is_said_and_an_error_of_ours_too(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = app_of(project)
    monkeypatch.setattr("pytest_mlmonitor.integrations.api.application.models_answer", lambda _: 1 / 0)
    answered = asked(app, f"{M}/models")
    assert (answered.status, answered.json["reason"]) == (500, "broken")
    assert "ZeroDivisionError" in capsys.readouterr().err
    (project / ".mlmonitor" / "store.db").mkdir(parents=True)
    answered = asked(app, f"{M}/alerts")
    assert (answered.status, answered.json["reason"]) == (503, "store_unusable") and "store.db" in answered.json[
        "detail"
    ]
