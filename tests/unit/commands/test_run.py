"""How ``mlmonitor run`` starts pytest."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pytest_mlmonitor.commands.roots import BadInput
from pytest_mlmonitor.commands.run import command_of
from pytest_mlmonitor.core.policy.places import PolicyError

START = [sys.executable, "-P", "-m", "pytest", "-p", "mlmonitor"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with artifacts in two places, and nothing else."""
    for name in ("artifacts/p2", "others"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "artifacts" / "p2" / "dataset_metadata.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def started(*words: str, cwd: Path | None = None, **environ: str) -> list[str]:
    command = command_of(words, cwd or Path.cwd(), environ)[0]
    assert command[: len(START)] == START
    return command[len(START) :]


def test_without_a_policy_pytest_reads_no_configuration(here: Path) -> None:
    expected = ["-c", os.devnull, f"--rootdir={here}"]
    assert started("artifacts") == [*expected, "--mlmonitor=artifacts"]
    assert started("artifacts", "others") == [*expected, "--mlmonitor=artifacts", "--mlmonitor=others"]


def test_what_follows_the_first_option_is_pytests(here: Path) -> None:
    words = ["-k", "row_count", "--mlmonitor-out", "out", "-n2"]
    assert started("artifacts", *words) == ["-c", os.devnull, f"--rootdir={here}", *words, "--mlmonitor=artifacts"]
    assert started("artifacts", "--rootdir=x") == ["-c", os.devnull, "--rootdir=x", "--mlmonitor=artifacts"]


def test_ids_stay_in_one_word(here: Path) -> None:
    one = "artifacts/p2/dataset_metadata.json"
    assert started(f"{one}::row_count")[-1] == f"--mlmonitor={one}::row_count"
    assert started(one)[-2:] == ["--mlmonitor=artifacts", one], "the directory is data, and the file narrows"


@pytest.mark.parametrize("name", ["notes.txt", "p2/part.jsonl", "p2/test_evil.py", "conftest.py"])
def test_a_file_lies_in_data_whatever_it_is(here: Path, name: str) -> None:
    """What is no artifact would be pytest's own business, and the conftest.py beside it be imported."""
    (here / "artifacts" / name).write_text("")
    assert started(f"artifacts/{name}")[-1] == f"artifacts/{name}"
    assert started(f"artifacts/{name}")[-2] in ("--mlmonitor=artifacts", "--mlmonitor=artifacts/p2")
    (here / "pyproject.toml").write_text('[tool.mlmonitor]\nartifacts = ["others"]\n')
    assert started(f"artifacts/{name}")[-2].startswith("--mlmonitor=artifacts")
    (here / "pyproject.toml").write_text("[tool.mlmonitor]\nartifacts = []\n")
    assert started(f"artifacts/{name}")[-2].startswith("--mlmonitor=artifacts")


def test_a_directory_around_declared_roots_is_data_too(here: Path) -> None:
    (here / "pyproject.toml").write_text('[tool.mlmonitor]\nartifacts = ["artifacts/p2"]\n')
    assert started("artifacts")[-1] == "--mlmonitor=artifacts"
    assert started("artifacts", "artifacts/p2")[-2:] == ["--mlmonitor=artifacts", "--mlmonitor=artifacts/p2"]
    assert started(".", "-c", "pyproject.toml")[-1] == ".", "whose policy was named is code"
    assert started("artifacts/p2", "--mlmonitor=others")[-1] == "--mlmonitor=artifacts/p2"


def test_a_policy_beside_the_data_in_which_one_stands(here: Path) -> None:
    (here / "artifacts" / "mlmonitor.toml").write_text('fail_on = "never"')
    with pytest.raises(PolicyError, match=r"unsafe: the policy .* lies beside the artifacts that you stand in"):
        command_of(["."], here / "artifacts" / "p2", {})
    (here / "pyproject.toml").write_text('[tool.mlmonitor]\nartifacts = ["artifacts"]\n')
    assert started(".", cwd=here / "artifacts" / "p2")[1] == str(here / "pyproject.toml")


POLICY = '[tool.mlmonitor]\nartifacts = ["artifacts"]\n'


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"pyproject.toml": POLICY}, "pyproject.toml"),
        ({"pyproject.toml": POLICY, "pytest.ini": ""}, "pytest.ini"),
        ({"pyproject.toml": POLICY, "pytest.toml": "", "pytest.ini": ""}, "pytest.toml"),
        ({"pyproject.toml": POLICY, "tox.ini": "[pytest]\n"}, "tox.ini"),
        ({"pyproject.toml": POLICY, "tox.ini": "[tox]\n"}, "pyproject.toml"),
        ({"pyproject.toml": f"{POLICY}[tool.pytest]\n", "tox.ini": "[pytest]\n"}, "pyproject.toml"),
        ({"pyproject.toml": POLICY, "setup.cfg": "[tool:pytest]\n"}, "setup.cfg"),
        ({"mlmonitor.toml": 'artifacts = ["artifacts"]', "pyproject.toml": ""}, "pyproject.toml"),
        ({"mlmonitor.toml": 'artifacts = ["artifacts"]'}, None),
    ],
)
def test_the_configuration_is_the_one_beside_the_policy(here: Path, files: dict[str, str], named: str | None) -> None:
    for name, text in files.items():
        (here / name).write_text(text)
    expected = ["-c", str(here / named)] if named else ["-c", os.devnull, f"--rootdir={here}"]
    assert started("-q") == [*expected, "-q"]
    assert started("artifacts/p2") == [*expected, "artifacts/p2"], "a part of a declared root"
    assert started("others") == [*expected, "--mlmonitor=others"]
    assert started("-q", cwd=here / "artifacts" / "p2") == [*expected, "-q"]
    if "mlmonitor.toml" in files:
        assert started("-c", "mlmonitor.toml") == expected


@pytest.mark.parametrize(
    "words", [("-c", "x.toml"), ("-cx.toml",), ("--config-file", "x.toml"), ("--config-file=x.toml",)]
)
def test_a_configuration_that_is_named_is_the_only_one(here: Path, words: tuple[str, ...]) -> None:
    (here / "x.toml").write_text(POLICY)
    assert started(*words, "-q") == ["-c", "x.toml", "-q"]


def test_where_nothing_says_what_to_check(here: Path) -> None:
    with pytest.raises(BadInput, match="nothing to check: name a directory"):
        started("-q")
    assert started("-q", MLMONITOR_ARTIFACTS="artifacts")[-1] == "-q"
    assert started("--mlmonitor=artifacts")[-1] == "--mlmonitor=artifacts"
    with pytest.raises(BadInput, match="nowhere: does not exist"):
        started("nowhere")
    assert started("s3://bucket/x", "-q")[-2:] == ["--mlmonitor=s3://bucket/x", "-q"]


def test_modules_where_you_stand_are_data_for_workers_too(here: Path) -> None:
    inside = command_of(["."], here / "artifacts", {})
    assert inside[0][-2:] == [f"--rootdir={here}", "--mlmonitor=."]
    assert inside[1] == {"PYTHONSAFEPATH": "1"}
    assert command_of(["artifacts"], here, {"A": "b"})[1] == {"A": "b"}


def test_a_policy_that_is_not_read_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "pyproject.toml").write_text("[project]\n")
    assert started(".")[-1] == "--mlmonitor=."
    assert capsys.readouterr().err == ""
    (here / "mlmonitor.toml").write_text("min_rows = ")
    assert started(".")[1] == os.devnull
    said = capsys.readouterr().err
    assert "mlmonitor.toml lies in what is checked (.), and is not read" in said
    assert f"-c {here / 'mlmonitor.toml'}" in said
