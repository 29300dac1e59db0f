"""What to do next, in one line: about what failed, or for somebody whose directory holds data that this run did not judge."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.formats.foreign_files import DATA_CONTRACT_SPECIFICATION, ForeignFiles
from pytest_mlmonitor.front_door import data_below
from pytest_mlmonitor.outputs.overview.headlines import next_action
from pytest_mlmonitor.plugin.arguments import next_step
from pytest_mlmonitor.plugin.run_plan import path_of

TABLES = (".parquet", ".parq")
_YAML = (".yaml", ".yml")


def of_undeclared(config: pytest.Config) -> str | None:
    """Return what to type where ``pytest DIR`` found no test, and DIR holds data that nobody declared; None where it holds none."""
    cwd = config.invocation_params.dir
    for arg in config.known_args_namespace.file_or_dir or ["."]:
        place = Path(cwd, path_of(arg))
        found = data_below(place) if place.is_dir() else None
        if found is not None:
            if place == cwd and found.parent != cwd:  # what lies beside the data is no data
                place = cwd / found.relative_to(cwd).parts[0]
                return next_step(place.name, place, found)
            return next_step(arg, place, found)
    return None


def of_unjudged(unclaimed: Sequence[Path], roots: Sequence[str], *, described: bool) -> Iterator[str]:
    """Yield what to do with files below a root that nothing claims.

    Args:
        unclaimed: the files.
        roots: as the user wrote them.
        described: whether anything was judged: who has described some of the data knows how.
    """
    foreign = ForeignFiles()
    for path in unclaimed:
        if path.name.endswith(_YAML) and foreign.format_of(path) is DATA_CONTRACT_SPECIFICATION:
            yield (
                f"{shown(path)} is a Data Contract Specification, which is not read: `datacontract export odcs "
                f"{shlex.quote(shown(path))} --output {shlex.quote(_odcs_beside(path))}` converts it (datacontract-cli)"
            )
    tables = [path for path in unclaimed if path.name.endswith(TABLES)]
    if tables and not described:
        first = shown(tables[0])
        more = f" and {len(tables) - 1:,} more" if len(tables) > 1 else ""
        beside = shlex.quote(_odcs_beside(tables[0]))
        said = f"nothing says what {first}{more} must be like: "
        if more and len(roots) == 1:
            yield f"{said}`mlmonitor init {shlex.quote(roots[0])}` writes a first project, with sources and contracts"
        else:
            yield f"{said}`mlmonitor infer-contract {shlex.quote(first)} -o {beside}` writes a first contract"


def of_failures(record: RunRecord, report: Path | None) -> str | None:
    """Return what to do about the worst artifact, and where the rest is to be read; None where none failed.

    Args:
        record: of the run.
        report: the report for people, None where none was written.
    """
    worst = next(iter(record.artifacts()), None)
    if worst is None or worst.verdict not in ("error", "failed"):
        return None
    steps = []
    action, runbook = next_action(worst), safe(worst.runbook or "")
    if action:
        steps.append(f"{safe(worst.ref.name)}: {action[0].lower()}{action[1:]}")
    if runbook and runbook.strip().rstrip(".") != action:
        steps.append(f"runbook {runbook}")
    if report is not None:
        steps.append(f"open {shown(report)}")
    return f"next: {' · '.join(steps) or f'mlmonitor describe {shlex.quote(shown(worst.ref.path))}'}"


def _odcs_beside(path: Path) -> str:
    return f"{shown(path).removesuffix(path.suffix)}.odcs.yaml"
