"""``mlmonitor dags``: what it writes, what it leaves alone, and how it says what is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pytest_mlmonitor.commands.app import app
from pytest_mlmonitor.commands.roots import BadInput
from pytest_mlmonitor.core.policy.places import PolicyError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "a shop"
    (path / "notebooks").mkdir(parents=True)
    (path / "mlmonitor.toml").write_text('artifacts = ["lake"]\nout = "reports"\n', encoding="utf-8")
    monkeypatch.chdir(path / "notebooks")
    return path


def dags(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["dags", *map(str, words)])


def refused(*words: str | Path) -> str:
    found = dags("--out", "dags", *words).exception
    assert isinstance(found, BadInput | PolicyError)
    return str(found)


def test_the_project_around_is_what_is_checked(project: Path) -> None:
    result = dags("--out", "dags", "--train-command", "python 'my train.py'")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "written   dags/mlmonitor_dags.py\n", "")
    text = Path("dags/mlmonitor_dags.py").read_text(encoding="utf-8")
    for line in (
        f'PROJECT = "{project}"',
        'OUT = "reports"',
        'MLMONITOR = ["mlmonitor"]',
        'TRAIN_COMMAND = ["python", "my train.py"]',
    ):
        assert f"\n{line}\n" in text


def test_a_long_command_is_words_and_a_name_that_is_too_long_is_refused(project: Path) -> None:
    features = ",".join(f"feature_{number}" for number in range(100))
    assert dags("--out", "dags", "--train-command", f"python train.py {features}").exit_code == 0
    assert features in Path("dags/mlmonitor_dags.py").read_text(encoding="utf-8")
    assert "does not exist" in refused("--project", "x" * 300)


def test_a_file_is_written_over_where_nobody_changed_it(project: Path) -> None:
    path = Path("dags/mlmonitor_dags.py")
    dags("--out", "dags")
    assert dags("--out", "dags").stdout.startswith("as it was dags/")
    assert dags("--out", "dags", "--mlmonitor-command", "/opt/m/bin/mlmonitor").stdout.startswith("written ")
    assert dags("--out", "dags", "--prefix", "shop_").stdout == "written   dags/shop_mlmonitor_dags.py\n"
    edited = path.read_text(encoding="utf-8").replace("TRAIN_COMMAND = []", 'TRAIN_COMMAND = ["make"]')
    path.write_text(edited, encoding="utf-8")
    assert refused() == (
        "dags/mlmonitor_dags.py: was changed since it was written, or by somebody else, and is left alone: move it away, or write "
        "elsewhere with --out"
    )
    assert path.read_text(encoding="utf-8") == edited


def test_what_is_no_file_is_left_alone(project: Path) -> None:
    Path("dags").mkdir()
    os.mkfifo("dags/mlmonitor_dags.py")  # nobody waits for what may come out of it
    assert "is left alone" in refused()


def test_what_is_not_said_is_told(project: Path) -> None:
    (project / "mlmonitor.toml").write_text('artifacts = ["lake"]\n', encoding="utf-8")
    said = dags("--out", "dags").stderr.splitlines()
    assert said[0] == 'mlmonitor: the policy says nothing of outputs, so no report is kept: out = "DIR" in it does'
    assert said[1].startswith("mlmonitor: nothing trains yet: say what does (--train-command)")


def test_a_project_of_another_machine_is_taken_as_it_is_named(project: Path) -> None:
    result = dags("--out", "dags", "--project", "/opt/airflow/pro'ject", "--train-command", "make")
    assert result.exit_code == 0 and "is not on this machine" in result.stderr
    assert 'PROJECT = "/opt/airflow/pro\'ject"\n' in Path("dags/mlmonitor_dags.py").read_text(encoding="utf-8")
    assert "does not exist; for a directory of another machine" in refused("--project", "elsewhere")


def test_a_link_to_a_project_is_called_as_it_is(project: Path) -> None:
    link = project.parent / "current"
    link.symlink_to(project)
    dags("--out", "dags", "--project", link)
    text = Path("dags/mlmonitor_dags.py").read_text(encoding="utf-8")
    assert f'PROJECT = "{link}"\n' in text and 'OUT = "reports"\n' in text


def test_a_project_without_a_usable_policy_is_refused(project: Path, tmp_path: Path) -> None:
    assert "no policy is here, which says what is checked" in refused("--project", tmp_path)
    assert "is no directory; name that of the policy" in refused("--project", project / "mlmonitor.toml")
    (project / "mlmonitor.toml").write_text("freshness = 7\nnonsense = 1\n", encoding="utf-8")
    assert "nonsense" in refused()
    assert not Path("dags").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mlmonitor-command", "/opt/it's"], "no closing quotation"),
        (["--mlmonitor-command", " "], "it is empty"),
        (["--train-command", "a\0b"], "zero byte"),
        (["--prefix", "a b"], "expected letters"),
        (["--prefix", "../"], "expected letters"),
    ],
)
def test_a_wrong_option_is_a_usage_error(project: Path, words: list[str], said: str) -> None:
    result = dags("--out", "dags", *words)
    assert result.exit_code == 2 and said in " ".join(result.stderr.split())
    assert not Path("dags").exists()


def test_a_command_whose_path_has_a_space_is_quoted(project: Path) -> None:
    command = project / "mlmonitor"
    command.touch()
    assert "the path holds a space" in dags("--out", "dags", "--mlmonitor-command", str(command)).stderr
    assert dags("--out", "dags", "--mlmonitor-command", f"'{command}'").exit_code == 0
    assert f'MLMONITOR = ["{command}"]\n' in Path("dags/mlmonitor_dags.py").read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_said(project: Path) -> None:
    result = dags("--out", "/proc/dags")  # where nobody makes a directory, not even root
    assert result.exit_code == 3
    assert result.stderr == "mlmonitor: /proc/dags/mlmonitor_dags.py: cannot be written: No such file or directory\n"
    Path("dags").touch()
    assert refused() == "dags: is no directory; name the folder that Airflow reads DAGs from"
