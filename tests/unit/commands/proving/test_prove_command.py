"""``mlmonitor prove``: its exit status, its words and what it writes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pytest_mlmonitor.commands.app import main
from tests.unit.prove.tiny import NOW, tiny_platform

Prove = Callable[..., tuple[int, str, str]]


@pytest.fixture
def prove(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Prove:
    monkeypatch.chdir(tmp_path)

    def called(*words: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mlmonitor", "prove", *map(str, words)])
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capsys.readouterr()
        return (caught.value.code if isinstance(caught.value.code, int) else 0), out, err

    return called


def seen(root: Path) -> dict[Path, tuple[bytes, int, int]]:
    """Return what lies in a root, and when each file and its entry changed last."""
    return {path: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ctime_ns) for path in root.iterdir()}


def test_the_score_comes_first_and_the_documents_say_the_same(prove: Prove, tmp_path: Path) -> None:
    root = tiny_platform(tmp_path / "data")
    before = seen(root)
    code, out, err = prove(root, "--now", NOW, "--out", tmp_path / "out", "--min", "0.99", "--budget", "5m")
    proof = json.loads((tmp_path / "out" / "proof.json").read_bytes())
    killed, survived = proof["counts"]["killed"], proof["counts"]["survived"]
    assert code == 1 and "below --min 0.99" in err
    assert out.startswith(f"score {int(proof['score'] * 100) / 100:.2f}: {killed} of {killed + survived} faults")
    assert killed and survived
    assert {one["column"]: one["fate"] for one in proof["mutants"] if one["fault"] == "nulls_20"} == {
        "trip": "killed",
        "at": "killed",
        "distance": "survived",
        "fare": "killed",
    }
    noticed = next(one for one in proof["mutants"] if (one["fault"], one["column"]) == ("nulls_20", "trip"))
    assert noticed["notice"]["severity"] == "error" and noticed["fails_build"]
    suites = ElementTree.parse(tmp_path / "out" / "proof-junit.xml").getroot()  # noqa: S314 (our own)
    assert len(suites.findall(".//testcase")) == len(proof["mutants"])
    assert len(suites.findall(".//failure")) == survived
    assert proof["evaluated_at"] == NOW and proof["evaluated_because"] == ""
    assert seen(root) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--min", "1.5"), "--min 1.5: expected a score from 0 to 1"),
        (("--budget", "60"), "--budget '60': 60 has no unit"),
        (("--artifact", ""), "--artifact '': expected"),
        (("--now", "soon"), "--now"),
        (("s3://lake/gold",), "is a URL"),
        (("nowhere",), "does not exist"),
        ((), "nothing to prove: name a directory"),
    ],
)
def test_what_cannot_be_meant_is_bad_usage(words: tuple[str, ...], said: str, prove: Prove) -> None:
    code, out, err = prove(*words)
    assert (code, out) == (2, "") and said in err and err.count("\n") == 1


def test_a_policy_inside_the_root_is_refused(prove: Prove, tmp_path: Path) -> None:
    (tmp_path / "mlmonitor.toml").write_text('fail_on = "never"\n', encoding="utf-8")
    code, _, err = prove(tmp_path)
    assert code == 2 and "unsafe: the policy" in err


def test_nothing_to_prove_is_no_score(prove: Prove, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    code, _, err = prove(tmp_path / "data")
    assert code == 3 and "nothing to prove under data" in err


@pytest.mark.parametrize("words", [("--out", "data/out"), ("--write", "--out", "data/out"), ("--out", "data")])
def test_nothing_is_written_among_the_data(prove: Prove, tmp_path: Path, words: tuple[str, ...]) -> None:
    root = tiny_platform(tmp_path / "data")
    before = seen(root)
    code, out, err = prove(root, *words)
    assert (code, out) == (2, "") and "lies inside an artifact root" in err
    assert seen(root) == before
