"""What Dagster shows beside an outcome: tables of plain text, numbers, and where the report is.

Dagster shows values in tables as they are; nothing here is Markdown or HTML, for they came out of artifacts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import dagster as dg

from pytest_mlmonitor.core.record import last_line
from pytest_mlmonitor.core.text.names import bare, safe
from pytest_mlmonitor.integrations.dagster.category_outcomes import CategoryOutcome, findings_of
from pytest_mlmonitor.integrations.dagster.judged_families import JudgedFamilies, JudgedVersion

MOST = 20
"""Rows of a table: the report has all."""

_CELL = 300

Cell = str | float | int | bool | None


def table(rows: Iterable[Mapping[str, Cell]], columns: Sequence[str], most: int = MOST) -> dg.MetadataValue:
    """Return a table, cut to ``most`` rows; texts are cut and made safe."""
    records = [dg.TableRecord({name: _cell(row.get(name)) for name in columns}) for row in islice(rows, most)]
    numbers = {n for n in columns if records and all(isinstance(one.data[n], float | int | None) for one in records)}
    described = [dg.TableColumn(name, "float" if name in numbers else "string") for name in columns]
    return dg.MetadataValue.table(records, dg.TableSchema(columns=described))


def report_link(out: Path | None, report_url: str | None) -> dict[str, dg.MetadataValue]:
    """Return where the report of the run is; nothing where it was temporary."""
    if report_url is not None:
        return {"report": dg.MetadataValue.url(report_url)}
    return {"report": dg.MetadataValue.path(str(out / "report.html"))} if out is not None else {}


def metadata_of(outcome: CategoryOutcome) -> dict[str, dg.MetadataValue]:
    """Return what stands beside a check: counts, findings, values against their limits, figures, what was not checked."""
    counts = outcome.counts
    found: dict[str, dg.MetadataValue] = {
        name: dg.MetadataValue.int(counts[status])
        for name, status in (
            ("passed", "pass"),
            ("failed", "fail"),
            ("warned", "warned"),
            ("could not run", "error"),
            ("not checked", "not_checked"),
        )
    }
    findings = list(findings_of(outcome))
    if findings:
        found["findings"] = table(
            (
                {
                    "severity": finding["severity"],
                    "artifact": one.identity,
                    "check": result["check"],
                    "message": finding["message"],
                    "expected": finding["expected"],
                    "actual": finding["actual"],
                    "location": finding["location"],
                    "again": finding.get("again"),
                }
                for one, result, finding in findings
            ),
            ("severity", "artifact", "check", "message", "expected", "actual", "location", "again"),
        )
        found["findings in all"] = dg.MetadataValue.int(len(findings))
    open_ones = [(one, result) for one, result in outcome.results if result["status"] in ("not_checked", "error")]
    if open_ones:
        found["not checked, and why"] = table(
            (
                {"artifact": one.identity, "check": result["check"], "reason": last_line(result["reason"])}
                for one, result in open_ones
            ),
            ("artifact", "check", "reason"),
        )
    return _measured(outcome) | found  # no figure of a check of yours takes the place of a count


def _measured(outcome: CategoryOutcome) -> dict[str, dg.MetadataValue]:
    """Return what was measured of the versions in use: against a limit, as a table, and as a number where there is one alone."""
    found: dict[str, dg.MetadataValue] = {}
    current = [(one, result) for one, result in outcome.results if one.current]
    measures = _once(
        {"artifact": one.identity, "what": m["what"], "column": m["column"], "value": m["value"], "limit": m["limit"]}
        | {"unit": m["unit"], "beyond where": m["direction"], "limit of": ", ".join(m["keys"])}
        for one, result in current
        for m in result.get("measures", ())
    )
    if measures:
        columns = ("artifact", "what", "column", "value", "limit", "unit", "beyond where", "limit of")
        found["values and limits"] = table(measures, columns)
    figures = _once(
        {"artifact": one.identity, "figure": figure["name"], "of": figure["column"], "value": figure["value"]}
        for one, result in current
        for figure in result["figures"]
    )
    if figures:
        found["figures"] = table(figures, ("artifact", "figure", "of", "value"), 5 * MOST)
    times = Counter(str(figure["figure"]) for figure in figures)
    for figure in figures:  # a number by itself is drawn over time
        name = str(figure["figure"])
        if times[name] == 1 and name not in found:
            found[name] = dg.MetadataValue.float(float(figure["value"] or 0.0))
    return found


def version_metadata(judged: JudgedFamilies, one: JudgedVersion) -> dict[str, dg.MetadataValue]:
    """Return what a version is: its facts, the verdict, who owns it."""
    entry, built = one.entry, one.figure("built_timestamp_seconds")
    found: dict[str, dg.MetadataValue] = {
        "version": dg.MetadataValue.text(safe(one.identity)),
        "verdict": dg.MetadataValue.text(entry["verdict"]),
        "path": dg.MetadataValue.path(safe(entry["path"])),
        "evaluated_at": dg.MetadataValue.text(judged.results["evaluated_at"]),
    }
    if built is not None:
        found["built_at"] = dg.MetadataValue.timestamp(built)
    for name in ("headline", "action", "owner", "contact", "runbook"):
        value = entry.get(name)
        if isinstance(value, str) and value:
            found[name] = dg.MetadataValue.text(safe(value))
    facts = [{"fact": name, "words": words} for name, words in entry.get("facts", ())]
    if facts:
        found["facts"] = table(facts, ("fact", "words"))
    return found


def _once(rows: Iterable[Mapping[str, Cell]]) -> list[Mapping[str, Cell]]:
    """Return each row once: a person's own test that calls a check measures what the check did."""
    return list({tuple(row.items()): row for row in rows}.values())


def _cell(value: Cell) -> Cell:
    return bare(value, _CELL) if isinstance(value, str) else value
