"""The file of the DAGs: its text, and whether one that is there may be written over."""

from __future__ import annotations

import hashlib
import re
import shlex
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from pytest_mlmonitor import __version__
from pytest_mlmonitor.core.text.names import safe

CHECK, RETRAIN, TRAINING = "ml_drift_check", "ml_retrain_trigger", "ml_training_pipeline"
"""Ids of the DAGs, as the ML monitoring stack calls them."""

ASSET: Final = "mlmonitor_retraining"
"""The asset by which one DAG wakes another."""

PREFIX: Final = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9_.-]{0,59})?")
"""What may stand before the ids: Airflow allows no other characters."""

_PACKAGE: Final = "pytest_mlmonitor.integrations.airflow"
_TEMPLATE: Final = "mlmonitor_dags.py.txt"
_PLACE: Final = re.compile(r"@@(\w+)@@")
_LAST: Final = "# Unchanged since it was written: "
_LARGEST: Final = 1_000_000


@dataclass(frozen=True)
class DagFile:
    """What the DAGs run, and where.

    Attributes:
        project: directory of the policy, as the workers of Airflow see it.
        out: where the check leaves its outputs, below the project or absolute; None for nowhere.
        mlmonitor: the command, word by word.
        train: what trains, word by word; empty where nobody said it yet.
        prefix: what stands before the ids (:data:`PREFIX`), for more than one project in one Airflow.
    """

    project: str
    out: str | None = None
    mlmonitor: tuple[str, ...] = ("mlmonitor",)
    train: tuple[str, ...] = ()
    prefix: str = ""

    @property
    def name(self) -> str:
        """The name of the file."""
        return f"{self.prefix}mlmonitor_dags.py"

    @property
    def text(self) -> str:
        """The file; always the same for the same values and the same version of this package."""
        values = {
            "DAGS": self._dags(),
            "VERSION": __version__,
            "COMMAND": safe(self._command()),
            "MLMONITOR": _words(self.mlmonitor),
            "TRAIN": _words(self.train),
            "PROJECT": _literal(self.project),
            "OUT": "None" if self.out is None else _literal(self.out),
            "ASSET": _literal(f"{self.prefix}{ASSET}"),
            "CHECK_DAG": _literal(f"{self.prefix}{CHECK}"),
            "RETRAIN_DAG": _literal(f"{self.prefix}{RETRAIN}"),
            "TRAINING_DAG": _literal(f"{self.prefix}{TRAINING}"),
        }
        template = files(_PACKAGE).joinpath(_TEMPLATE).read_text(encoding="utf-8")
        text = _PLACE.sub(lambda place: values[place[1]], template)
        return f"{text}\n{_LAST}{_digest(text)}\n"

    def _dags(self) -> str:
        said = {
            CHECK: "every 6 hours: runs the whole suite, red where it finds something; asks for retrainings that are decided",
            RETRAIN: "when a retraining is asked for: takes each decision once, and trains its model",
            TRAINING: "on Sundays at 2 (UTC): trains, unless the datasets are wrong",
        }
        return "\n".join(f"- `{self.prefix}{name}` {what}" for name, what in said.items())

    def _command(self) -> str:
        """Return the command that writes the file."""
        words = ["mlmonitor", "dags", "--out", "DIR", "--project", self.project]
        if self.mlmonitor != ("mlmonitor",):
            words += ["--mlmonitor-command", shlex.join(self.mlmonitor)]
        if self.train:
            words += ["--train-command", shlex.join(self.train)]
        if self.prefix:
            words += ["--prefix", self.prefix]
        return shlex.join(words)


def is_unchanged(data: bytes) -> bool:
    """Return whether ``data`` is a file of DAGs that nobody changed since it was written.

    >>> is_unchanged(DagFile("/srv/churn").text.encode()), is_unchanged(b"from airflow.sdk import DAG")
    (True, False)
    """
    if len(data) > _LARGEST:
        return False
    text, mark, digest = data.decode("utf-8", errors="replace").rpartition(f"\n{_LAST}")
    return bool(mark) and digest.rstrip("\n") == _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def _words(words: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_literal, words))}]"


def _literal(text: str) -> str:
    """Return text as a literal of Python in one line of ASCII, in the quotes that formatters prefer."""
    return f'"{text}"' if re.fullmatch(r"[ -!#-\[\]-~]*", text) else ascii(text)
