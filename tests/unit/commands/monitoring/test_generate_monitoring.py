"""``mlmonitor rules``: files from the policy, and what there is to say of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pytest_mlmonitor.commands.app import app
from pytest_mlmonitor.core.open_store import open_store
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.store.kept.expositions import Exposition, Suite, keep_exposition
from pytest_mlmonitor.core.store.run_history import PastRun, keep_run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mlmonitor.toml").write_text('[alerts]\nslack = {url_env = "SLACK_WEBHOOK_URL"}\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_are_written_and_named(project: Path) -> None:
    done = CliRunner().invoke(app, ["rules", "--out", "monitoring"])
    assert done.exit_code == 0, done.output
    named = [line.split(maxsplit=1)[1] for line in done.stdout.splitlines() if line.startswith("written")]
    written = sorted(str(path.relative_to(project)) for path in (project / "monitoring").rglob("*") if path.is_file())
    assert sorted(named) == written
    assert "rules, 5 dashboards" in done.stdout


def test_what_did_not_change_is_left_as_it_was(project: Path) -> None:
    CliRunner().invoke(app, ["rules", "--out", "monitoring"])
    before = {path: path.stat().st_mtime_ns for path in (project / "monitoring").rglob("*")}
    done = CliRunner().invoke(app, ["rules", "--out", "monitoring"])
    assert "written" not in done.stdout
    assert {path: path.stat().st_mtime_ns for path in (project / "monitoring").rglob("*")} == before


def test_secrets_lie_where_the_option_says(project: Path) -> None:
    CliRunner().invoke(app, ["rules", "--out", "m", "--secrets", "/run/secrets", "--selftest-url", "http://monitor:1/"])
    text = (project / "m" / "alertmanager" / "alertmanager.yml").read_text()
    assert "api_url_file: /run/secrets/SLACK_WEBHOOK_URL\n" in text and "url: http://monitor:1/\n" in text


def test_a_place_that_cannot_be_written_is_said(project: Path) -> None:
    (project / "taken").write_text("a file")
    done = CliRunner().invoke(app, ["rules", "--out", "taken"])
    assert done.exit_code == 3
    assert "mlmonitor: taken: cannot be written: " in done.output


def test_without_a_directory_it_is_wrong_usage(project: Path) -> None:
    assert CliRunner().invoke(app, ["rules"]).exit_code == 2


@pytest.mark.parametrize(
    ("minutes", "said", "late"),
    [
        ([], "1 d", 172800),
        ([0, 61, 121], "1 h", 7200),
        ([0, 14, 28], "15 min", 1800),
        ([0, 1440, 5760], "3 d", 518400),  # over a weekend, and not a week
    ],
)
def test_how_often_runs_are_made_the_store_says(project: Path, minutes: list[int], said: str, late: int) -> None:
    settings = load(project / "mlmonitor.toml")
    store = open_store(settings, settings.file)
    assert store is not None
    began = datetime(2026, 11, 28, tzinfo=UTC)
    for minute in minutes:
        at = began + timedelta(minutes=minute)
        run = PastRun(at, at, 1.0, "local", 0, True, False, {})
        store.transaction(lambda transaction, run=run: keep_run(transaction, run, {}, []))
    done = CliRunner().invoke(app, ["rules", "--out", "m"])
    assert f"runs are taken to be made every {said}: alerts.interval says otherwise" in done.stdout
    assert (
        f"(mlmonitor_run_last_timestamp_seconds) > {late}\n"
        in (project / "m/prometheus/mlmonitor.rules.yml").read_text()
    )


def test_of_several_suites_in_one_store_nobody_knows_whose_runs_they_were(project: Path) -> None:
    settings = load(project / "mlmonitor.toml")
    store = open_store(settings, settings.file)
    assert store is not None
    began = datetime(2026, 11, 28, tzinfo=UTC)
    for minute in range(0, 110, 10):
        at = began + timedelta(minutes=minute)
        run = PastRun(at, at, 1.0, "local", 0, True, False, {})
        store.transaction(lambda transaction, run=run: keep_run(transaction, run, {}, []))
    for suite, said in (("often", "10 min"), ("nightly", "1 d")):
        kept = Exposition(Suite(suite, "local"), began, None, "")
        store.transaction(lambda transaction, kept=kept: keep_exposition(transaction, kept))
        done = CliRunner().invoke(app, ["rules", "--out", "m"], env={"MLMONITOR_METRICS__SUITE": "often"})
        assert f"runs are taken to be made every {said}: alerts.interval says otherwise" in done.stdout
        assert "rules are about the runs of suite often: others need rules of their own" in done.stdout
