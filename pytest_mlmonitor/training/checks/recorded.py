"""Files of a run are still what was written down of them when it ran (specification 8: DVC)."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity, grouped
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.links.identities.directory_digests import RecordedDigests, TooMuch
from pytest_mlmonitor.training.model import RecordedFile, TrainingRun

_CODE = (".py", ".ipynb", ".r", ".R", ".sh", ".jl", ".sql", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".md", ".txt")
"""Ends of names of what a stage reads and is no data."""

_RAN = "ran with it"


@check(
    "training_run",
    category="reconcile",
    applies=lambda run: bool(run.recorded),
    action="Run the stage again, or restore the files it recorded",
)
def recorded_files(run: TrainingRun, context: Context) -> Iterator[Finding]:
    """What the run read and wrote is there, with the digests that were written down when it ran."""
    found: list[Finding] = []
    looked = 0
    for file in run.recorded:
        problem, judged = _judged(file, run, context)
        looked += judged
        if problem is not None:
            found.append(problem)
    yield from grouped(found)
    if not looked and not found:
        raise NotChecked("no file of it has a digest that could be taken, or all are kept elsewhere")


def _judged(file: RecordedFile, run: TrainingRun, context: Context) -> tuple[Finding | None, bool]:
    """Return what is wrong with a file, and whether anything was found out about it."""
    if file.refused is not None:
        return _elsewhere(file), False
    if file.made_elsewhere is not None:
        message = (
            f"stale: {_read(file)} another {bare(file.path)} than the one that was written last: "
            f"{_short(file.digest)}, now {_short(file.made_elsewhere)}; dvc repro"
        )
        return _finding(Severity.ERROR, message, file, "the same digest", file.made_elsewhere), True
    if file.file is None:
        return _gone(file), False
    digests = context.link(RecordedDigests)
    size = _size(file)
    if size is not None and file.size is not None and size != file.size and file.plain:
        return _changed(file, f"{size:,} bytes", f"{file.size:,} bytes"), True
    try:
        actual = digests.of_directory(file.file, run.ref.root) if file.is_directory else digests.of_file(file.file)
    except TooMuch as much:
        message = f"{bare(file.path)} is compared by its size alone: {much}"
        return _finding(Severity.INFO, message, file, "less to read", None), True
    if actual is None or file.digest is None:
        return None, False
    same = f"md5:{actual}" == file.digest
    if not same and not file.plain and not file.is_directory:
        same = f"md5:{digests.of_text(file.file)}" == file.digest
    return (None if same else _changed(file, f"md5:{actual}", file.digest)), True


def _size(file: RecordedFile) -> int | None:
    if file.is_directory or file.file is None:
        return None
    try:
        return os.lstat(file.file).st_size
    except OSError:
        return None


def _changed(file: RecordedFile, actual: str, expected: str) -> Finding:
    if file.written:
        message = f"{bare(file.path)} is not what {_writer(file)}: {_short(actual)}, expected {_short(expected)}"
        return _finding(Severity.ERROR, message, file, expected, actual)
    code = file.path.endswith(_CODE)
    message = f"stale: {bare(file.path)} has changed since {_reader(file)}: dvc repro"
    return _finding(Severity.WARNING if code else Severity.ERROR, message, file, expected, actual)


def _gone(file: RecordedFile) -> Finding | None:
    if file.written:
        message = f"{bare(file.path)}, which {_writer(file)}, is not there: dvc pull"
        return _finding(Severity.ERROR, message, file, "the file", "missing")
    message = f"{bare(file.path)}, which {_reader(file, 'read')}, is not there"
    return _finding(Severity.INFO, message, file, "the file", "missing")


def _elsewhere(file: RecordedFile) -> Finding:
    remote = file.refused is not None and file.refused.startswith("has a scheme")
    words = "is kept elsewhere, and is not looked at" if remote else file.refused or ""
    severity = Severity.INFO if remote else Severity.WARNING
    return _finding(severity, f"{bare(file.path)} {words}", file, "a path inside the root", quoted(file.path))


def _writer(file: RecordedFile) -> str:
    return f"the stage {quoted(file.stage, 60)} wrote" if file.stage else "its pointer says"


def _reader(file: RecordedFile, word: str = _RAN) -> str:
    pointer = "its pointer was written" if word == _RAN else "its pointer says was read"
    return f"the stage {quoted(file.stage, 60)} {word}" if file.stage else pointer


def _read(file: RecordedFile) -> str:
    return f"the stage {quoted(file.stage, 60)} read"


def _short(digest: str | None) -> str:
    text = (digest or "").removeprefix("md5:")
    return f"{text[:8]}…" if digest is not None and digest.startswith("md5:") else text


def _finding(severity: Severity, message: str, file: RecordedFile, expected: str, actual: str | None) -> Finding:
    column = f"{'outs' if file.written else 'deps'} {bare(file.path, 60)}"
    return Finding(severity, message, expected, actual, column, file.location)
