"""The figures of serving windows: a first run against the straightforward way, later runs, the slope, and many items.

"The start" is our run over a tree of one window and one event, since an empty root ends with 5; its CPU and wall time are
taken off ours before a ratio is formed, and never off the straightforward way's. For the slope, where fewer windows have the
same items, a run over the same number of deployments with one window each is taken off instead.
"""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks import ours
from benchmarks.figure import EXTRA, FULL, MORE, PEAK, Figure, Size, Value, figure
from benchmarks.generate_serving import SILENT_MINUTES, Tree
from benchmarks.measure import Command, Cost, Pair, environment, forget, pair, run
from benchmarks.places import REPOSITORY, data
from pytest_mlmonitor import read_results
from pytest_mlmonitor.outputs.results_shape import ResultEntry

DEPLOYMENTS = 50
FEW = 50
"""Minutes that are added to trees of different size, for what a new window costs on top of many old ones."""

FIVE_CHECKS = "serving_health or arithmetic or window_times or not_in_future or event_link"


class Disagreement(AssertionError):
    """Two sides that are to be compared say different things of the same files."""


@dataclasses.dataclass
class _Costs:
    """The costs of one tree, a value for every turn; runs of one column after the other, from one memory."""

    straightforward: list[Cost] = dataclasses.field(default_factory=list)
    first: list[Cost] = dataclasses.field(default_factory=list)
    again: list[Cost] = dataclasses.field(default_factory=list)
    few: list[Cost] = dataclasses.field(default_factory=list)
    percent: list[Cost] = dataclasses.field(default_factory=list)
    wrong: Disagreement | None = None


def serving(size: Size) -> Iterator[Figure]:
    """Windows of 50 deployments: the first run, the second, the slope."""
    judged = size.rows == FULL
    with tempfile.TemporaryDirectory() as folder:
        test = Path(folder) / "test_one.py"
        test.write_text("def test_one():\n    assert True\n")
        trivial = ours.without_plugin(test)
        smallest, fewest = tree_of(1, 1), tree_of(DEPLOYMENTS, 1, sparse=True)
        one, base = (pair(ours.whole_run(t.root, now=t.now()), trivial, size.runs) for t in (smallest, fewest))
    start = one.a
    yield figure("the start: one window, against one trivial test without the plugin", one, EXTRA)
    words = f"{DEPLOYMENTS} deployments with one window each, against one trivial test without the plugin"
    yield figure(words, base, EXTRA)

    trees = [tree_of(DEPLOYMENTS, minutes) for minutes in _minutes(size.rows // 10)]
    costs: dict[int, _Costs] = {}
    for tree in trees:
        words = f"{tree.windows:,} windows: "
        largest = tree == trees[-1]
        try:
            later = costs[tree.windows] = _turns(tree, size.runs)
        except RuntimeError as error:
            yield figure(f"{words}every run", str(error), MORE)
            return
        yield from _first(words, later, start, judged=judged and largest)
        yield from _second(words, tree, later, start, judged=judged and largest)
        if later.wrong is not None:
            raise later.wrong
    yield from _slope(costs, base.a)


def _first(words: str, later: _Costs, start: Cost, *, judged: bool) -> Iterator[Figure]:
    measured = Pair(tuple(later.first), tuple(later.straightforward))
    told = words + "the first run less the start, against the straightforward way"
    less = _less("cpu", start)
    yield figure(f"{told} (CPU: aim 4)", measured, less, "≥", 3, judged=judged)
    less = _less("wall", start)
    yield figure(f"{told} (wall time: aim 8)", measured, less, "≥", 5, judged=judged)
    yield figure(f"{words}peak memory of the first run", measured, PEAK, "≤", 250, judged=judged)


def _second(words: str, tree: Tree, later: _Costs, start: Cost, *, judged: bool) -> Iterator[Figure]:
    first = tuple(later.first)
    told = f"{words}the second run with nothing new, against the first, both less the start"
    yield figure(told, Pair(tuple(later.again), first), _share(start), "≤", 0.05, judged=judged)
    told = f"{words}a later run with 1 % new ({_percent(tree)} minutes), against the first, both less the start"
    yield figure(told, Pair(tuple(later.percent), first), _share(start), "≤", 0.10, judged=judged)


def _slope(costs: dict[int, _Costs], base: Cost) -> Iterator[Figure]:
    for windows, of in costs.items():
        first = tuple(of.first)
        yield figure(f"{windows:,} windows: the first run", Pair(first, first), _each(windows, base))
    for small, large in pairwise(costs):
        measured = Pair(tuple(costs[large].first), tuple(costs[small].first))
        words = f"the first run over {large:,} windows, against {small:,}: 1 is linear"
        yield figure(words, measured, _exponent(large / small, base))
        measured = Pair(tuple(costs[large].few), tuple(costs[small].few))
        words = f"{FEW * DEPLOYMENTS:,} new windows on top of {large:,} old ones, against {small:,}"
        yield figure(f"{words}: 1 is flat", measured, _share(base))
        yield figure(f"{words}: 0 is flat", measured, EXTRA)


def items(size: Size) -> Iterator[Figure]:
    """Many deployments of one window each: what an item costs, against an item that does nothing."""
    judged = size.rows == FULL
    tree = tree_of(max(size.rows // 1000, 10), 5, sparse=True)
    now = tree.now()
    with tempfile.TemporaryDirectory() as folder:
        for keyword, told in ((FIVE_CHECKS, "5 checks by -k"), (None, "all checks")):
            count = tree.deployments * items_per_deployment(keyword)
            file = Path(folder) / f"items_{count}.bare"
            file.write_text(str(count))
            whole = ours.whole_run(tree.root, now=now, keyword=keyword)
            words = f"{tree.deployments:,} deployments × {told}, against {count:,} items that do nothing"
            try:
                measured: Pair | str = pair(whole, bare(file), size.runs)
            except RuntimeError as error:
                measured = str(error)
            yield figure(words, measured, MORE, "≤", 1.3, judged=judged)


def bare(file: Path) -> Command:
    """Return a pytest run of the items that ``file`` asks for, without our plugin."""
    words = (*ours.PYTEST, "-p", "no:mlmonitor", "-p", "benchmarks.peers.bare_items", str(file))
    return Command(words, environment={"PYTHONPATH": str(REPOSITORY)})


def straightforward(tree: Tree) -> Command:
    """Return the straightforward way over ``tree``."""
    return ours.module("benchmarks.peers.straightforward", str(tree.root), tree.now())


def verdicts(tree: Tree, more: int = 0, *, warm: bool = False) -> dict[str, str]:
    """Return the status of every deployment as our results.json has it, from a run that is not measured.

    Args:
        tree: the tree.
        more: minutes that were added to it.
        warm: whether the run may use what an earlier one remembered.

    Raises:
        RuntimeError: the run ended otherwise than it has to.
    """
    with tempfile.TemporaryDirectory() as out:
        _printed(ours.whole_run(tree.root, now=tree.now(more), warm=warm, out=Path(out), status=_status(tree)))
        results = read_results(Path(out) / "results.json")["results"]
    return {one["artifact"]: _said(one) for one in results if one["check"] == "serving_health"}


def _said(result: ResultEntry) -> str:
    if result["findings"]:
        return str(result["findings"][0]["message"]).split(":")[0]  # a finding begins with the status
    return "healthy" if result["status"] == "pass" else f"{result['status']} ({str(result['reason'])[-300:]})"


def their_verdicts(tree: Tree) -> dict[str, str]:
    """Return what the straightforward way prints."""
    found: dict[str, str] = json.loads(_printed(straightforward(tree)))
    return found


def agree(tree: Tree, one: dict[str, str], other: dict[str, str], what: str) -> None:
    """Compare two sets of verdicts.

    Raises:
        Disagreement: naming some of the deployments that they judge differently.
    """
    names = sorted(one.keys() | other.keys())
    if wrong := [f"{n}: {one.get(n)} and {other.get(n)}" for n in names if one.get(n) != other.get(n)]:
        shown = "; ".join(wrong[:5])
        raise Disagreement(f"{what} judge {len(wrong)} of {len(names)} deployments in {tree.root} differently: {shown}")


def _turns(tree: Tree, runs: int) -> _Costs:
    """Measure every run of one tree, ``runs`` times in turn, and compare the verdicts before and after."""
    tree.shrink()
    cold = verdicts(tree)  # which warms up, too
    agree(tree, cold, their_verdicts(tree), "ours and the straightforward way")
    agree(tree, cold, tree.intended, "ours and the generator")
    costs = _Costs()
    percent = _percent(tree)
    for turn in range(runs):
        try:
            costs.straightforward.append(run(straightforward(tree)))
            costs.first.append(run(_ours(tree, warm=False)))
            costs.again.append(run(_ours(tree)))
            tree.grow(FEW)
            costs.few.append(run(_ours(tree, FEW)))
            tree.grow(percent, after=FEW)
            costs.percent.append(run(_ours(tree, FEW + percent)))
            if turn == runs - 1:
                costs.wrong = _wrong(tree, FEW + percent)
        finally:
            tree.shrink()
    return costs


def _wrong(tree: Tree, more: int) -> Disagreement | None:
    """Return what a later run judges wrongly: raised when the figures that took so long are out."""
    try:
        agree(tree, verdicts(tree, more, warm=True), tree.intended, "a later run of ours and the generator")
    except Disagreement as error:
        return error
    return None


def _ours(tree: Tree, more: int = 0, *, warm: bool = True) -> Command:
    return ours.whole_run(tree.root, now=tree.now(more), warm=warm, status=_status(tree))


def _status(tree: Tree) -> int:
    return int("unhealthy" in tree.intended.values())


def items_per_deployment(keyword: str | None = None) -> int:
    """Return how many checks a deployment has, those of ``keyword``."""
    tree = tree_of(1, 1)
    return listed_items(ours.whole_run(tree.root, now=tree.now(), keyword=keyword))


def listed_items(command: Command) -> int:
    """Return how many items a pytest run has."""
    listed = _printed(dataclasses.replace(command, words=(*command.words, "--collect-only")))
    return sum("::" in line for line in listed.splitlines())


def _printed(command: Command) -> str:
    """Run a command that is not measured and return what it prints.

    Raises:
        RuntimeError: it ended with another exit status than the one expected.
    """
    forget(command.forgets)
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            command.words, cwd=empty, env=environment(command), capture_output=True, text=True, check=False
        )
    if done.returncode != command.status:
        said = (done.stdout + done.stderr)[-3000:]
        raise RuntimeError(f"{command} ended with {done.returncode} and not {command.status}:\n{said}")
    return done.stdout


def _minutes(windows: int) -> list[int]:
    """Return the minutes of the trees of a hundredth, a tenth and all of ``windows``; the smallest ones may be one."""
    smallest = SILENT_MINUTES + 5
    return sorted({max(windows // part // DEPLOYMENTS, smallest) for part in (100, 10, 1)})


def _percent(tree: Tree) -> int:
    return max(tree.minutes // 100, 1)


def tree_of(deployments: int, minutes: int, *, sparse: bool = False) -> Tree:
    """Return a tree, generated in a process of its own unless it is there: this one stays small."""
    maker = zlib.crc32((REPOSITORY / "benchmarks" / "generate_serving.py").read_bytes())
    root = data() / f"serving-{deployments}x{minutes}{'-sparse' * sparse}-{maker:08x}"
    if not root.is_dir():
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root.parent) as folder:
            made = Path(folder) / root.name
            words = [sys.executable, "-m", "benchmarks.generate_serving", str(made), str(deployments), str(minutes)]
            subprocess.run([*words, *["--sparse"] * sparse], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
            made.rename(root)
    return Tree(root, deployments, minutes, sparse)


def _beyond(cost: Cost, start: Cost, what: str = "cpu") -> float:
    """Return the seconds that a run took beyond another; not a number where noise says it took none."""
    seconds = float(getattr(cost, what) - getattr(start, what))
    return seconds if seconds > 0 else math.nan


def _less(what: str, start: Cost) -> Value:
    return f"B / (A − start) {what}", lambda a, b: float(getattr(b, what)) / _beyond(a, start, what)


def _share(start: Cost) -> Value:
    return "A / B CPU", lambda a, b: _beyond(a, start) / _beyond(b, start)


def _each(windows: int, start: Cost) -> Value:
    return "µs of CPU per window", lambda a, _: 1e6 * _beyond(a, start) / windows


def _exponent(times: float, start: Cost) -> Value:
    return "exponent of CPU", lambda a, b: math.log(_beyond(a, start) / _beyond(b, start)) / math.log(times)
