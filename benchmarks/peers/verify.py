"""What each peer notices of the planted faults, so that nobody is compared with a tool that checks less unawares."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.generate import write
from benchmarks.measure import Command
from benchmarks.ours import module, whole_run
from benchmarks.peers import rules
from benchmarks.peers.environments import HERE, python
from benchmarks.peers.faults import plant
from pytest_mlmonitor import read_results
from pytest_mlmonitor.datasets.builtin import TRAINING_DATASET

OURS = "pytest_mlmonitor"
ROWS = 2000


def print_table(peers: Sequence[str]) -> None:
    """Check every faulty file with every peer that has a contract and with ours; print who noticed what."""
    if wrong := disagreements():
        sys.exit("benchmarks/peers/rules.py disagrees with the built-in contract: " + "; ".join(wrong))
    names = [OURS, *(peer for peer in peers if (HERE / peer / "contract.py").is_file())]
    print(f"| planted fault | {' | '.join(names)} |")
    print(f"|---|{'---|' * len(names)}")
    missed: dict[str, int] = dict.fromkeys(names, 0)
    broken: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "training_dataset_20260601_000000.parquet"
        write(base, ROWS)
        for i, (fault, file) in enumerate(plant(Path(folder) / "faults", base)):
            cells = []
            for name in names:
                status, said = _status(name, file)
                good = i == 0
                if status not in (0, 1) or (good and status != 0):
                    broken.append(f"{name}, {fault}: exit {status}\n{said[-2000:]}")
                missed[name] += not good and status == 0
                cells.append({0: "passes" if good else "**missed**", 1: "noticed"}.get(status, f"exit {status}"))
            print(f"| {fault} | {' | '.join(cells)} |", flush=True)
    print(f"| missed | {' | '.join(str(missed[name]) for name in names)} |")
    if broken:
        sys.exit("\n\n".join(broken))


def disagreements() -> list[str]:
    """Return where the rules handed to the peers are others than those of the built-in contract."""
    kinds = {"string": "string", "timestamp[us]": "timestamp", "int32": "int", "double": "double"}
    theirs = {column.name: column for column in rules.COLUMNS}
    if list(theirs) != [column.name for column in TRAINING_DATASET.columns] or TRAINING_DATASET.key != rules.KEY:
        return ["other columns, or another key"]
    ours = (
        rules.Column(c.name, kinds[c.types[0]], c.nullable, c.minimum, c.maximum, c.values)  # type: ignore[arg-type]
        for c in TRAINING_DATASET.columns
    )
    return [f"{column} is {theirs[column.name]}" for column in ours if column != theirs[column.name]]


def _status(name: str, file: Path) -> tuple[int, str]:
    if name != OURS:
        done = _run(module(f"benchmarks.peers.{name}.contract", str(file), python=python(name)))
        # an exception is no verdict, although it too ends in 1
        crashed = done.returncode == 1 and "Traceback" in done.stderr
        return (99 if crashed else done.returncode), done.stdout + done.stderr
    with tempfile.TemporaryDirectory() as out:
        done = _run(whole_run(file.parent, out=Path(out)))
        if done.returncode != 1:
            return done.returncode, done.stdout + done.stderr
        results = read_results(Path(out) / "results.json")["results"]
        return int(any(one["status"] == "fail" for one in results)) or 98, done.stdout


def _run(command: Command) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, **command.environment}
        return subprocess.run(command.words, cwd=empty, env=environment, capture_output=True, text=True, check=False)
