"""Writes ``tests/samples/dvc`` with the real program: DVC 3.67.1.

    python -m tests.samples.make_dvc tests/samples/dvc

A tracked file, a stage that makes a table of it, one that trains on the table, and one that scores each region; the table is any
bytes, since DVC looks into none. It needs nothing of this package, so that it runs where only DVC is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PIPELINE = """\
vars:
- live: eval/live
stages:
  featurize:
    cmd: mkdir -p data/features && cp src/table.bin data/features/train.parquet && cp data/raw/events.csv data/features/counts.csv
    deps:
    - data/raw/events.csv
    - src/table.bin
    outs:
    - data/features
  train:
    cmd: python3 src/train.py
    deps:
    - src/train.py
    - data/features
    params:
    - train.seed
    - train.depth
    outs:
    - models/model.txt
    metrics:
    - ${live}/metrics.json:
        cache: false
    plots:
    - eval/live/plot.csv
  score:
    foreach: [us, eu]
    do:
      cmd: python3 src/score.py ${item}
      deps:
      - models/model.txt
      metrics:
      - eval/score_${item}.json:
          cache: false
"""

TRAIN = """\
import json, os

os.makedirs("eval/live", exist_ok=True)
os.makedirs("models", exist_ok=True)
with open("eval/live/metrics.json", "w") as file:
    json.dump({"avg_prec": {"train": 0.97, "test": 0.92}, "roc_auc": {"train": 0.98, "test": 0.94}}, file)
with open("models/model.txt", "w") as file:
    file.write("weights")
with open("eval/live/plot.csv", "w") as file:
    file.write("fpr,tpr\\n0.1,0.8\\n")
"""

SCORE = """\
import json, sys

with open(f"eval/score_{sys.argv[1]}.json", "w") as file:
    json.dump({"accuracy": 0.9, "regions": 1}, file)
"""

FILES = {
    "dvc.yaml": PIPELINE,
    "params.yaml": "train:\n  seed: 7\n  depth: 5\n",
    "src/train.py": TRAIN,
    "src/score.py": SCORE,
    "data/raw/events.csv": "customer,visits\n" + "".join(f"{i},{i % 7}\n" for i in range(40)),
}


def make(directory: Path, table: bytes, program: str = "dvc") -> None:
    """Make a repository in ``directory`` and run its pipeline."""
    for name, text in FILES.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (directory / "src" / "table.bin").write_bytes(table)
    for arguments in (["init", "--no-scm", "-q"], ["add", "-q", "data/raw/events.csv"], ["repro", "-q"]):
        subprocess.run([program, *arguments], cwd=directory, check=True, env={**os.environ, "DVC_NO_ANALYTICS": "1"})


def main(target: Path) -> None:
    """Write the sample anew, without DVC's cache."""
    table = (target / "src" / "table.bin").read_bytes()
    shutil.rmtree(target, ignore_errors=True)
    make(target, table)
    shutil.rmtree(target / ".dvc")
    (target / ".dvcignore").unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
