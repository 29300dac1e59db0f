"""What the benchmarks of our own commands rest on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.generate_serving import SILENT_MINUTES, Tree
from benchmarks.measure import Command, environment, forget
from benchmarks.ours import PYTEST, STATE, remembered
from benchmarks.peers.straightforward import ServingWindow
from benchmarks.places import REPOSITORY
from benchmarks.serving import (
    FIVE_CHECKS,
    Disagreement,
    agree,
    bare,
    items_per_deployment,
    straightforward,
    their_verdicts,
    verdicts,
)
from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.kinds import built_in
from pytest_mlmonitor.serving.record import ServingWindowRecord
from tests.unit.support import EVENTS, METRICS, SAMPLE, platform_at

MINUTES = SILENT_MINUTES + 5


@pytest.fixture(autouse=True)
def _forgetful() -> Iterator[None]:
    yield
    forget(remembered())


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(tmp_path / "artifacts", 50, MINUTES)
    made.write()
    return made


def files(root: Path) -> dict[Path, bytes]:
    return {path.relative_to(root): path.read_bytes() if path.is_file() else b"" for path in root.rglob("*")}


def noticed(tree: Tree, more: int = 0) -> dict[str, str]:
    """Run every check over every deployment in this process; return the deployments with findings, by check."""
    platform = platform_at(tree.root, now=parse_timestamp(tree.now(more)))
    checks = [check for check in built_in() if check.kind == "deployment"]
    found: dict[str, str] = {}
    for ref, artifact in platform.artifacts:
        for check in checks:
            if check.concerns(artifact, context_of(artifact)):
                result = run_check(check, artifact, platform.settings, ref)
                assert result.status != "error", result.reason
                for finding in (f for f in result.findings if f.severity > Severity.INFO):
                    found[ref.name] = f"{check.name}: {finding.message.split('=')[0].split(' ')[0:2]}"
                    assert (finding.severity == Severity.ERROR) == ("unhealthy" in finding.message)
    assert len(platform.artifacts) == tree.deployments
    return found


INTENDED = {
    **{f"dep-2026-04-30-linked-{i:05d}": "serving_health: ['degraded:', 'p95']" for i in (44, 45, 46)},
    **{f"dep-2026-04-30-linked-{i:05d}": "serving_health: ['degraded:', 'failure_rate']" for i in (47, 48)},
    "dep-2026-04-30-linked-00049": "serving_health: ['unhealthy:', 'staleness']",
}


def test_a_cold_run_remembers_nothing() -> None:
    """The statistics of drift references lie beside the state; nothing of anyone else does."""
    forgotten = remembered()
    for path in (STATE, STATE.parent / "references"):
        assert any(path.is_relative_to(one) for one in forgotten)
    assert all("mlmonitor-bench" in one.name for one in forgotten)


def test_a_generated_tree_breaks_only_what_is_meant_to_be_broken(tree: Tree) -> None:
    assert noticed(tree) == INTENDED
    assert {name for name, status in tree.intended.items() if status != "healthy"} == set(INTENDED)


def test_a_generated_tree_has_as_many_windows_as_it_says(tree: Tree, tmp_path: Path) -> None:
    for made in (tree, Tree(tmp_path / "sparse", 50, 5, sparse=True)):
        made.write()
        metrics = made.root / "serving" / "metrics"
        assert made.windows == sum(path.read_bytes().count(b"\n") for path in metrics.rglob("*.jsonl"))
        assert len(list(metrics.rglob("*.jsonl"))) == made.minutes


def test_the_same_tree_twice_is_the_same_bytes(tree: Tree, tmp_path: Path) -> None:
    again = Tree(tmp_path / "again", 50, MINUTES)
    again.write()
    assert files(again.root) == files(tree.root)


def test_generated_records_look_like_those_of_the_serving_layer(tree: Tree) -> None:
    sample = next(iter(sorted((SAMPLE / METRICS).glob("*.jsonl"))))
    for real, made in (
        (sample, tree.root / "serving/metrics/2026-05-01/00/metrics_00.jsonl"),
        (SAMPLE / EVENTS, tree.root / "serving/events/2026-04-30/deployment_events.jsonl"),
    ):
        first, second = (path.read_text().split("\n")[0] for path in (real, made))
        assert list(json.loads(first)) == list(json.loads(second))
        assert len(second) == pytest.approx(len(first), rel=0.1)


def test_a_tree_that_has_grown_is_as_healthy_as_before(tree: Tree) -> None:
    tree.grow(30)
    tree.grow(10, after=30)
    assert noticed(tree, 40) == INTENDED


def test_a_tree_shrinks_to_what_it_was(tree: Tree) -> None:
    before = files(tree.root)
    tree.grow(60)
    assert len(files(tree.root)) == len(before) + 61  # and the next hour
    tree.shrink()
    assert files(tree.root) == before


def test_a_sparse_tree_is_healthy(tmp_path: Path) -> None:
    sparse = Tree(tmp_path, 60, 5, sparse=True)
    sparse.write()
    assert noticed(sparse) == {}
    assert set(sparse.intended.values()) == {"healthy"}


def test_the_straightforward_way_reads_the_fields_of_the_contract() -> None:
    ours, theirs = ServingWindowRecord.model_fields, ServingWindow.model_fields
    assert theirs.keys() == ours.keys()
    assert {n for n, f in theirs.items() if f.is_required()} == {n for n, f in ours.items() if f.is_required()}


def test_the_straightforward_way_judges_as_a_whole_run_of_ours_does(tree: Tree) -> None:
    ours = verdicts(tree)
    agree(tree, ours, their_verdicts(tree), "both")
    agree(tree, ours, tree.intended, "ours and the generator")


def test_another_verdict_is_a_loud_failure(tree: Tree) -> None:
    other = {**tree.intended, "dep-2026-04-30-linked-00044": "healthy"}
    with pytest.raises(Disagreement, match=r"1 of 50 deployments .*-00044: degraded and healthy"):
        agree(tree, tree.intended, other, "both")
    del other["dep-2026-04-30-linked-00000"]
    with pytest.raises(Disagreement, match="-00000: healthy and None"):
        agree(tree, tree.intended, other, "both")


def test_the_straightforward_way_needs_nothing_of_ours() -> None:
    command = straightforward(Tree(Path("nowhere"), 1, 1))
    code = f"import sys, {command.words[2]}; print([n for n in sys.modules if n.startswith('pytest_mlmonitor')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_the_five_checks_are_five(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DATA", str(tmp_path))
    assert items_per_deployment(FIVE_CHECKS) == 5
    assert items_per_deployment() > 5


def test_bare_items_pass(tmp_path: Path) -> None:
    file = tmp_path / "items.bare"
    file.write_text("7")
    command = bare(file)
    assert command.words[: len(PYTEST)] == PYTEST  # the same verbosity and plugins as ours
    done = subprocess.run(command.words, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    assert "7 passed" in done.stdout


def test_bytecode_is_kept_between_runs_as_where_people_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in environment(Command(("true",)))
    assert environment(Command(("true",), environment={"PYTHONDONTWRITEBYTECODE": "1"}))["PYTHONDONTWRITEBYTECODE"]
