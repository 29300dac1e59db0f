"""``python -m benchmarks prove [PROCESS …] [--seed N] [--budget SECONDS]``: what proposals are worth, and what they cost.

Of every process: the score of ``mlmonitor prove`` before and after all proposals were taken, as ``--write`` writes them; and the
findings that they make over the next ten days of sound data of the same process, each of which is a false one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.proven.daily_tables import BIKES, FLIGHTS
from benchmarks.proven.model_runs import RUNS
from benchmarks.proven.process import Process, built_at
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.prove.notices import Notice, notices
from pytest_mlmonitor.prove.proof import Proof
from pytest_mlmonitor.prove.proposals.written_proposals import write_proposals
from pytest_mlmonitor.prove.proving import prove
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader

PROCESSES = {"bikes": BIKES, "flights": FLIGHTS, "runs": RUNS}
AHEAD = 10
"""Days of sound data after the proof."""

READER_BYTES = 4096 << 20


def main(arguments: list[str]) -> None:
    """Prove and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks prove", description=__doc__)
    parser.add_argument("process", nargs="*", help=f"all of {', '.join(PROCESSES)} by default")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (default: %(default)s)")
    parser.add_argument("--budget", type=float, default=60.0, help="seconds of a proof (default: %(default)s)")
    given = parser.parse_args(arguments)
    if unknown := set(given.process) - set(PROCESSES):
        parser.error(f"no such process: {', '.join(sorted(unknown))}; there are {', '.join(PROCESSES)}")
    print("| process | mutants | survived | with lines | lines | score before | after | false in ten days | seconds |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for name in given.process or PROCESSES:
        row, false = proven(PROCESSES[name], given.seed, given.budget)
        print(row, flush=True)
        for day, one in false:
            print(f"    day {day}: {one.check} of {one.artifact}: {one.message}", flush=True)


def proven(process: Process, seed: int, budget: float) -> tuple[str, list[tuple[int, Notice]]]:
    """Prove one process; return its row of the table, and the false findings, each with its day."""
    started, draw = time.monotonic(), np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(prefix="mlmonitor-bench-") as folder:
        project = Path(folder).resolve()
        root = project / "data"
        for day in range(process.days):
            process.write(root, day, draw)
        now = built_at(process.days - 1) + timedelta(hours=2)
        before, after = policy(project / "before", process, root), project / "after"
        first = prove([root], before, now, budget=budget)
        taken = taken_all(first, after, process, root)
        second = prove([root], taken, now, budget=budget)
        false = false_findings(process, root, before, taken, draw)
    fates = Counter(one.fate for one in first.results)
    with_lines = sum(bool(one.proposals) for one in first.results)
    lines = len({one.text for result in first.results for one in result.proposals})
    judged = f"{fates['killed'] + fates['survived']} of {len(first.results) - fates['equivalent']}"
    scores = " | ".join("-" if one.score is None else f"{one.score:.2f}" for one in (first, second))
    seconds = time.monotonic() - started
    row = f"| {process.words} | {judged} | {fates['survived']} | {with_lines} | {lines} | {scores} | {len(false)} |"
    return f"{row} {seconds:.0f} |", false


def policy(project: Path, process: Process, root: Path, more: str = "") -> Settings:
    """Write the policy of a process in a project, and return it."""
    project.mkdir(exist_ok=True)
    contracts = 'contracts = "contracts"\n' if (project / "contracts").is_dir() else ""
    file = project / "mlmonitor.toml"
    file.write_text(f"{contracts}{process.policy}\n{more}", encoding="utf-8")
    return load(file, overrides={"artifacts": [str(root)]})


def taken_all(proof: Proof, project: Path, process: Process, root: Path) -> Settings:
    """Put everything in force that a proof proposes, as a person does with what ``--write`` wrote; return the policy."""
    project.mkdir()
    write_proposals((one for result in proof.results for one in result.proposals), project)
    for path in project.glob("*.proposed.odcs.yaml"):
        place = project / "contracts" / path.name.replace(".proposed", "")
        place.parent.mkdir(exist_ok=True)
        path.rename(place)
    entries = project / "mlmonitor.proposed.toml"
    more = entries.read_text("utf-8").replace("[[tool.mlmonitor.", "[[") if entries.is_file() else ""
    return policy(project, process, root, more)


def false_findings(
    process: Process, root: Path, before: Settings, taken: Settings, draw: np.random.Generator
) -> list[tuple[int, Notice]]:
    """Return what the lines find in further days of sound data that is not found without them, each with its day."""
    reader = IsolatedReader(READER_BYTES)
    found: dict[tuple[int, str, str], tuple[int, Notice]] = {}
    try:
        for day in range(process.days, process.days + AHEAD):
            known = {ref for ref, _ in _platform(root, before, day, reader).artifacts}
            process.write(root, day, draw)
            without, within = (_judged(_platform(root, one, day, reader), known) for one in (before, taken))
            for one in notices(without, within):
                found.setdefault((day, one.artifact, one.message), (day, one))
    finally:
        reader.close()
    return list(found.values())


def _platform(root: Path, settings: Settings, day: int, reader: IsolatedReader) -> Platform:
    now: datetime = built_at(day) + timedelta(hours=2)
    return Platform.of_policy([root], settings, now, reader)


def _judged(platform: Platform, known: set[ArtifactRef]) -> RunRecord:
    """Judge what a day made; a registry that it added to is no new artifact and is judged too."""
    new = {ref for ref, _ in platform.artifacts if ref not in known or ref.kind == "model_registry"}
    return judge(platform, only=new)
