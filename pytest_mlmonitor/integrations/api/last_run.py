"""The last run of a project, as its ``results.json`` says: read once, and not again before it is another one."""

from __future__ import annotations

import os
import stat
import threading
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.integrations.api.http_problems import SOON, HttpProblem
from pytest_mlmonitor.outputs.results import ResultsError, read_results, refuse_begun, refuse_no_verdict
from pytest_mlmonitor.outputs.results_shape import ArtifactEntry, ResultEntry, Results
from pytest_mlmonitor.outputs.run_details.model_shape import ModelEntry

MAX_BYTES = 256 << 20
"""Of a ``results.json``: one of 10,000 results has 3.4 MB, and about ten times as much in memory."""

_TRIES = 20
_Place = tuple[str, str, str | None]


class _Identity(NamedTuple):
    """By which a file is known again: whoever writes it anew puts another file in its place."""

    inode: int
    modified: int
    changed: int
    size: int


class RunDocument:
    """A record with a verdict, and where in it things stand.

    Attributes:
        results: the document.
        models: by name.
        artifacts: by id.
    """

    def __init__(self, results: Results) -> None:
        self.results = results
        self.models: dict[str, ModelEntry] = {one["name"]: one for one in results.get("models", ())}
        self.artifacts: dict[str, ArtifactEntry] = {one["id"]: one for one in results["artifacts"] if "id" in one}
        self._about: dict[_Place, list[ResultEntry]] = defaultdict(list)
        for one in results["results"]:
            self._about[one["kind"], one["artifact"], one["path"]].append(one)

    def about(self, artifact: ArtifactEntry) -> list[ResultEntry]:
        """Return the results about an artifact."""
        return self._about.get((artifact["kind"], artifact["name"], artifact["path"]), [])


class LastRun:
    """The record in a directory of outputs; any number of threads may ask.

    Args:
        out: the directory.
        environment: of the policy: a record of another one is none of ours.
    """

    def __init__(self, out: Path, environment: str) -> None:
        self.out = out
        self._environment = environment
        self._file = out / "results.json"
        self._lock = threading.Lock()
        self._known: tuple[_Identity, RunDocument | str] | None = None

    def document(self) -> RunDocument:
        """Return the record of the last run.

        Raises:
            HttpProblem: 503, there is none with a verdict now; the words say why.
        """
        identity = self._identity()
        known = self._known
        if known is None or known[0] != identity:
            with self._lock:  # a hundred readers parse it once
                known = self._known
                if known is None or known[0] != self._identity():
                    known = self._known = self._read()
        if isinstance(known[1], str):
            raise _no_verdict(known[1])
        try:
            refuse_begun(self._file)
        except ResultsError as error:
            raise _no_verdict(f"{safe(str(self._file))}: {error}") from None
        except OSError:
            raise self._gone() from None
        environment = known[1].results["environment"]
        if environment != self._environment:
            raise HttpProblem(
                503,
                "other_environment",
                f"the last run is of the environment {environment}, and this server of {self._environment}: start it with "
                f"MLMONITOR_ENVIRONMENT={environment}, or with --out for the outputs of {self._environment}",
            )
        return known[1]

    def _identity(self) -> _Identity:
        try:
            found = self._file.stat()
        except OSError:
            raise self._gone() from None
        return _Identity(found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)

    def _read(self) -> tuple[_Identity, RunDocument | str]:
        """Return the record that lies there, or why it is no verdict, with what it is known by."""
        for _ in range(_TRIES):
            before = self._identity()
            read = self._read_once(before)
            if self._identity() == before:
                return before, read
        raise _no_verdict(f"{safe(str(self._file))} is written anew all the time")

    def _read_once(self, identity: _Identity) -> RunDocument | str:
        if identity.size > MAX_BYTES:
            return f"{safe(str(self._file))} has {identity.size} bytes: expected at most {MAX_BYTES >> 20} MiB"
        try:
            results = read_results(self._file, gate=False)
        except ResultsError as error:
            return str(error)
        try:
            refuse_no_verdict(results)
        except ResultsError as error:
            return f"{safe(str(self._file))}: {error}"
        if "models" not in results:
            return (
                f"{safe(str(self._file))} was written by an earlier pytest_mlmonitor, which does not say which data feed which "
                "model: run the suite again"
            )
        return RunDocument(results)

    def _gone(self) -> HttpProblem:
        return _no_verdict(f"{safe(str(self._file))} is not there: no run has written it yet, or one begins just now")


def _no_verdict(words: str) -> HttpProblem:
    return HttpProblem(503, "no_verdict", words, {"Retry-After": str(SOON)})


def opened_file(path: Path) -> tuple[int, os.stat_result] | None:
    """Return a handle of a regular file and what it is; None where there is none. Never waits for a pipe."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        return None
    return handle, found
