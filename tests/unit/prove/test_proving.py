"""What becomes of mutants, and in which order; the quick way says what judging everything anew says."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef, NotChecked
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.selectors import Selector
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, FileContent, Mutant
from pytest_mlmonitor.inject.mutants.operator import MutationOperator, mutation
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.prove import proving
from pytest_mlmonitor.prove.groups import judged_groups
from pytest_mlmonitor.prove.mutant_order import ListedMutant, listed
from pytest_mlmonitor.prove.notices import notices, red
from pytest_mlmonitor.prove.proof import MutantResult
from pytest_mlmonitor.prove.proof_time import judged_at, proof_time
from pytest_mlmonitor.prove.proving import Bench, prove
from pytest_mlmonitor.prove.targets import targets
from pytest_mlmonitor.prove.unchanged_tables import UnchangedTables
from pytest_mlmonitor.prove.workbench import Workbench, workplace
from tests.unit.prove.tiny import tiny_platform

NOW = datetime(2026, 4, 7, 10, 10, tzinfo=UTC)


def fault(name: str, per_artifact: int = 1) -> MutationOperator:
    @mutation("dataset", per="table", words=name, fault=name)
    def made(dataset: Any, material: Material) -> Iterator[Mutant]:
        yield from (Mutant(f"{name} {number}", dict) for number in range(per_artifact))

    return made


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Three versions of a table whose newest is the target, on a workbench."""
    for version in range(3):
        tiny_platform(tmp_path / "data", at=version)
    with workplace([tmp_path / "data"], Settings()) as (place, originals):
        (group,), _ = judged_groups(originals.platform)
        made = Workbench(place / "0", [tmp_path / "data"], Settings(), originals=originals)
        yield Bench(made, group, judged_at(made, NOW))


def mutant_of(bench: Bench, make: Any) -> ListedMutant:
    ((ref, _),) = bench.targets()
    return ListedMutant(0, ref, fault("x"), Mutant("x", make))


def test_every_fault_comes_once_before_any_comes_twice() -> None:
    targets = [(ArtifactRef("dataset", Path(name), name, Path()), None) for name in "ab"]
    found, _ = listed(targets, Material(Platform()), [fault("one", 3), fault("two", 3)])
    assert [(one.operator.fault, one.ref.name) for one in found[:4]] == [
        ("one", "a"),
        ("two", "a"),
        ("one", "b"),
        ("two", "b"),
    ]
    assert [one.mutant.what for one in found[4:6]] == ["one 1", "two 1"] and len(found) == 12


def test_what_cannot_be_made_is_said() -> None:
    @mutation("dataset", per="table", words="x")
    def refuses(dataset: Any, material: Material) -> Iterator[Mutant]:
        raise NotChecked("there are no rows")
        yield

    @mutation("dataset", per="table", words="x")
    def crashes(dataset: Any, material: Material) -> Iterator[Mutant]:
        raise KeyError("fare")
        yield

    ref = ArtifactRef("dataset", Path("a"), "a", Path())
    found, left = listed([(ref, None)], Material(Platform()), [refuses, crashes, fault("fine")])
    assert [one.operator.fault for one in found] == ["fine"]
    assert left == [
        ("dataset a", "there are no rows"),
        ("dataset a", "crashes could not be made: KeyError: 'fare'"),
    ]


def test_fates(bench: Bench) -> None:
    ((_, dataset),) = bench.targets()
    data = dataset.file.read_bytes()

    def crashes() -> FileChanges:
        raise OSError("disk")

    def gone_too() -> FileChanges:
        return {dataset.file: FileContent(None)}

    same = bench.fate(mutant_of(bench, lambda: {dataset.file: FileContent(data)}))
    assert (same.fate, same.reason) == ("equivalent", "its files are the same, byte for byte")
    gone = bench.fate(mutant_of(bench, lambda: {dataset.file: FileContent(None)}))
    assert gone.fate == "killed" and gone.fails_build and gone.notice is not None
    assert str(bench.bench.roots[0]) not in gone.notice.message
    told = replace(
        mutant_of(bench, lambda: {dataset.file: FileContent(None)}), mutant=Mutant("x", gone_too, equivalent="?")
    )
    assert bench.fate(told).fate == "killed", "whatever is thought of a mutant: what a rule tells is not equivalent"
    unseen = replace(
        told, mutant=Mutant("x", lambda: {dataset.file.with_name("note.txt"): FileContent(b"1")}, None, "?")
    )
    assert (bench.fate(unseen).fate, bench.fate(unseen).reason) == ("equivalent", "?")
    crashed = bench.fate(mutant_of(bench, crashes))
    assert (crashed.fate, crashed.reason) == ("not_judged", "could not be made: OSError: disk")


def test_bytes_of_the_same_size_and_time_are_never_taken_for_those_that_were_judged(bench: Bench) -> None:
    ((_, dataset),) = bench.targets()
    data, found = dataset.file.read_bytes(), dataset.file.stat()
    torn = data[:-8] + b"\0" * 8
    one = bench.fate(mutant_of(bench, lambda: {dataset.file: FileContent(torn, found.st_mtime)}))
    assert one.fate == "killed"
    with bench.bench.holding({}):
        assert not list(notices(bench.sound, bench.bench.judged()))


def test_the_quick_way_says_what_judging_everything_anew_says(bench: Bench) -> None:
    mutants, _ = listed(bench.targets(), Material(bench.platform))
    kinds = set()
    for one in mutants[::5]:
        quick = bench.fate(one)
        if quick.fate in ("equivalent", "not_judged"):
            continue
        with bench.bench.holding(one.mutant.make()):
            anew = Platform.of_policy(bench.bench.roots, bench.bench.settings, NOW)
            try:
                found = list(notices(bench.sound, judge(anew)))
            finally:
                anew.close()
        kinds.add(quick.fate)
        assert quick.fate == ("killed" if found else "survived"), one.mutant.what
        assert quick.fails_build == any(said.severity in ("error", "critical") for said in found), one.mutant.what
    assert kinds == {"killed", "survived"}


def test_a_budget_that_ends_is_said(tmp_path: Path) -> None:
    root = tiny_platform(tmp_path / "data")
    proof = prove([root], Settings(), NOW, budget=0.001)
    assert proof.ended_early and proof.score is None
    assert {one.reason for one in proof.results} == {f"the budget ended after 0 of {len(proof.results)} mutants"}


def test_data_that_are_not_fresh_by_the_clock_are_judged_shortly_after_they_were_made(
    bench: Bench, tmp_path: Path
) -> None:
    found = proof_time(bench.bench, None, bench.platform)
    assert found.now == datetime(2026, 4, 7, 10, 1, tzinfo=UTC) and "by the clock" in found.because
    assert not red(found.sound, Settings())
    chosen = proof_time(bench.bench, NOW, bench.platform)
    assert (chosen.now, chosen.because) == (NOW, "")


def test_words_are_of_the_original(bench: Bench, tmp_path: Path) -> None:
    told = bench.bench.told(f"no run under {bench.bench.roots[0]}/mlruns")
    assert told == f"no run under {tmp_path / 'data'}/mlruns"


def test_a_job_that_is_cancelled_inside_a_check_ends_and_kills_no_mutant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = UnchangedTables.call

    def call(self: UnchangedTables, *arguments: Any, **options: Any) -> Any:
        frame = sys._getframe()
        while frame.f_back is not None:
            frame = frame.f_back
            if frame.f_code.co_name == "run_check":
                os.kill(os.getpid(), signal.SIGTERM)
        return asked(self, *arguments, **options)

    monkeypatch.setattr(UnchangedTables, "call", call)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as caught:
        prove([tiny_platform(tmp_path / "data")], Settings(), NOW)
    assert caught.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == before
    assert [one.name for one in tmp_path.iterdir()] == ["data"]


def test_what_survived_shares_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving.time, "monotonic", lambda: 100.0)
    told: list[float] = []

    def proposed(bench: Any, platform: Any, sound: Any, results: Any, until: float) -> Any:
        told.append(until)
        return results

    monkeypatch.setattr(proving, "proposed", proposed)
    held = SimpleNamespace(bench=None, platform=None, sound=None)
    found = [
        ListedMutant(at, ArtifactRef("dataset", Path("a"), "a", Path()), fault("x"), Mutant("x", dict))
        for at in range(5)
    ]
    fates = {
        one: MutantResult(one.ref, one.operator, one.mutant, "survived" if at else "killed")
        for at, one in enumerate(found)
    }
    proving._propose(
        [held] * 3, [[(held, one) for one in some] for some in (found[:1], found[1:4], found[4:])], fates, 140.0
    )
    assert told == [100.0, 130.0, 140.0]


def test_an_artifact_that_is_asked_for_and_is_not_there_is_said(bench: Bench) -> None:
    found, left = targets(bench.platform, [Selector.parse("dataset:trips*"), Selector.parse("dataset:trop*")])
    assert len(found) == 1 and left == [("--artifact dataset:trop*", "matches nothing here")]
