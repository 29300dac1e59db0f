"""``mlmonitor retrain``: who may train, in exit codes that a script can rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pytest_mlmonitor.commands import app as command_line
from pytest_mlmonitor.commands.app import app
from pytest_mlmonitor.core.store.decisions import KeptDecision, decide
from pytest_mlmonitor.core.store.sqlite_store import SqliteStore
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.outputs.retraining.retrain_decision import as_json, forced_decision

LONG_AGO = parse_timestamp("2026-01-01T00:00:00Z")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mlmonitor.toml").write_text('environment = "production"\n')
    return tmp_path


def decided(project: Path, model: str, when: datetime = LONG_AGO, environment: str = "production") -> str:
    document = forced_decision(model, environment, when)
    kept = KeptDecision(document["idempotency_key"], environment, document["model"], as_json(document), when)
    store = SqliteStore(project / ".mlmonitor" / "store.db")
    assert store.transaction(lambda transaction: decide(transaction, kept, timedelta(hours=12), 2))
    store.close()
    return kept.key


def retrain(*words: str) -> Result:
    return CliRunner().invoke(app, ["retrain", *words])


def test_what_waits_is_claimed_once(project: Path) -> None:
    key = decided(project, "bike")
    first, second = retrain("claim", "bike"), retrain("claim", "bike")
    assert (first.exit_code, second.exit_code) == (0, 1)
    assert first.stdout.startswith("claimed bike: ") and key in first.stdout
    assert second.stdout == "" and "was taken" in second.stderr and "--force" in second.stderr


def test_json_says_the_same(project: Path) -> None:
    key = decided(project, "bike")
    first, second = (json.loads(retrain("claim", "bike", "--json").stdout) for _ in range(2))
    assert first["claimed"] is True and first["decision"]["idempotency_key"] == key
    assert second["claimed"] is False and second["decision"] is None and "was taken" in second["reason"]


def started(*words: str, out: object) -> subprocess.CompletedProcess[str]:
    code = "from pytest_mlmonitor.commands.app import main; main()"
    place = str(Path(__file__).parents[3])
    return subprocess.run(
        [sys.executable, "-c", code, "retrain", *words],
        stdout=out,  # type: ignore[call-overload]
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": place},
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_decision_that_cannot_be_printed_waits_on(project: Path, words: tuple[str, ...]) -> None:
    """Else nobody would train: who asked was told that there is nothing to take, and it was taken."""
    key = decided(project, "bike")
    with open("/dev/full", "w") as full:
        failed = started("claim", "bike", *words, out=full)
    assert failed.returncode == 3
    assert "could not be printed (No space left on device), so it is not taken" in failed.stderr
    assert "Traceback" not in failed.stderr
    again = retrain("claim", "bike")
    assert again.exit_code == 0 and key in again.stdout


def test_a_reader_that_goes_away_has_read_it(project: Path) -> None:
    """``mlmonitor retrain claim bike | grep -q claimed && train`` trains, so nobody else may."""
    decided(project, "bike")
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "w") as gone:
        assert started("claim", "bike", out=gone).returncode == 0
    assert retrain("claim", "bike").exit_code == 1


def test_a_variable_that_is_not_set_is_no_model(project: Path) -> None:
    refused = retrain("claim", "", "--force")
    assert refused.exit_code == 2 and "MODEL" in refused.stderr
    assert retrain("list").stdout == "nothing is decided yet\n"


def test_force_claims_what_nobody_decided_and_counts(project: Path) -> None:
    assert retrain("claim", "bike").exit_code == 1
    first = retrain("claim", "bike", "--force", "--json")
    assert first.exit_code == 0 and json.loads(first.stdout)["decision"]["forced"] is True
    assert retrain("claim", "bike").exit_code == 1
    assert retrain("claim", "bike", "--force").exit_code == 0
    assert retrain("list").stdout.count("taken") == 2


def test_force_takes_what_waits_first(project: Path) -> None:
    key = decided(project, "bike")
    claimed = json.loads(retrain("claim", "bike", "--force", "--json").stdout)
    assert claimed["decision"]["idempotency_key"] == key
    assert len(retrain("list").stdout.splitlines()) == 1


def test_another_name_is_told_which_there_are(project: Path) -> None:
    decided(project, "bike_demand")
    result = retrain("claim", "bike_demnd")
    assert result.exit_code == 1
    assert "nothing is decided of 'bike_demnd' in the environment production" in result.stderr
    assert "bike_demand" in result.stderr


def test_another_environment_is_another_matter(project: Path) -> None:
    decided(project, "bike", environment="staging")
    assert retrain("claim", "bike").exit_code == 1
    assert retrain("list").stdout == "nothing is decided yet\n"


def test_without_a_policy_there_is_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (["claim", "bike"], ["claim", "bike", "--force"], ["list"]):
        result = retrain(*words)
        assert result.exit_code == 3 and "policy file" in result.stderr


def test_a_store_that_cannot_be_used_is_no_answer(project: Path) -> None:
    (project / ".mlmonitor" / "store.db").mkdir(parents=True)
    result = retrain("claim", "bike")
    assert result.exit_code == 3 and "cannot be used" in result.stderr


@pytest.mark.parametrize(
    ("words", "policy"),
    [([], ""), (["claim"], ""), (["claim", "bike", "--frce"], ""), (["claim", "bike"], "retrain.cooldwn = 1")],
)
def test_mistakes_in_the_call_or_the_policy_are_usage(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], policy: str
) -> None:
    (project / "mlmonitor.toml").write_text(f"{policy}\n")
    monkeypatch.setattr(sys, "argv", ["mlmonitor", "retrain", *words])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == 2
    capsys.readouterr()


def test_a_name_with_control_characters_is_the_same_on_both_sides(project: Path) -> None:
    decided(project, "bike\x1b[31m\x00")
    result = retrain("claim", "bike\x1b[31m\x00")
    assert result.exit_code == 0 and "\x1b" not in result.stdout


def test_the_list_says_what_became_of_each(project: Path) -> None:
    decided(project, "bike", LONG_AGO)
    decided(project, "bike", LONG_AGO + timedelta(days=1))
    decided(project, "taxi", LONG_AGO + timedelta(hours=1))
    retrain("claim", "taxi")
    lines = [line.split()[:3] for line in retrain("list").stdout.splitlines()]
    assert [(state, name) for state, _, name in lines] == [
        ("waiting", "bike:"),
        ("taken", "taxi:"),
        ("replaced", "bike:"),
    ]
    entries = json.loads(retrain("list", "--json").stdout)
    assert [one["state"] for one in entries] == ["waiting", "taken", "replaced"]
    assert entries[1]["taken_at"] is not None and entries[0]["posted_at"] is None
    assert len(json.loads(retrain("list", "--json", "--most", "1").stdout)) == 1
