"""What a run says below its artifacts: what was left aside, what was written and told, and last of all what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.formats.foreign_files import ForeignFiles
from pytest_mlmonitor.plugin.next_step import of_failures, of_unjudged
from pytest_mlmonitor.plugin.run_plan import RunPlan

_BETWEEN = " · "


def print_closing(
    write: pytest.TerminalReporter, record: RunRecord, plan: RunPlan, written: str, remembered: Iterable[str]
) -> None:
    """Say what was left aside, what was written and who was told; where all is well under ``-q``, only what is no routine.

    Args:
        write: where to print.
        record: of the run.
        plan: what it was to judge.
        written: which files were written, empty for none.
        remembered: what is said of tables that were not read.
    """
    verbose = write.verbosity > 0
    parts = list(_left_aside(record, verbose))
    parts += [one.said for one in record.exports if one.said]
    if write.verbosity >= 0 and written:
        parts.append(written)
    if record.narrowed:
        nothing = "" if written else ", nothing is written (--mlmonitor-out DIR does)"
        parts.append(f"a part of what the roots hold was judged{nothing}")
    if write.verbosity >= 0:
        parts += remembered
    for line in _packed(parts, write._tw.fullwidth):
        write.line(line)
    if verbose:
        foreign = ForeignFiles()
        for path in record.unclaimed:
            known_as = foreign.format_of(path)
            more = f"  {known_as.what}: {known_as.advice}" if known_as is not None else ""
            write.line(f"  unclaimed  {shown(path)}{more}")
    if not plan.narrowed:
        for line in of_unjudged(record.unclaimed, plan.shown, described=bool(record.results)):
            write.line(line)


def print_next_step(write: pytest.TerminalReporter, record: RunRecord, report: Path | None) -> None:
    """Say in the very last line what to do next; nothing where all is well, nor under ``-q``.

    Args:
        write: where to print.
        record: of the run.
        report: the report for people, None where none was written.
    """
    if write.verbosity < 0 or write.no_summary:
        return
    line = of_failures(record, report)
    if line is not None:
        write.line(line)


def _left_aside(record: RunRecord, verbose: bool) -> Iterator[str]:
    if record.unclaimed:
        hint = "" if verbose else " (-v lists them)"
        known = ", ".join(ForeignFiles().counted(record.unclaimed))
        which = f": {known}" if known else ""
        yield f"{count(len(record.unclaimed), 'file')} unclaimed{which}{hint}"
    if record.older:
        yield f"{count(len(record.older), 'older version')} listed, not judged (versions)"


def _packed(parts: Sequence[str], width: int) -> Iterator[str]:
    """Yield parts behind one another, in lines that break between them only."""
    line = ""
    for part in parts:
        if line and len(line) + len(_BETWEEN) + len(part) > width:
            yield line
            line = part
        else:
            line = f"{line}{_BETWEEN if line else ''}{part}"
    if line:
        yield line
