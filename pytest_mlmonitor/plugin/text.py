"""What a person reads of a result in the terminal."""

from __future__ import annotations

from pytest_mlmonitor.core.finding import headline
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.words import count

MAX_SHOWN = 8
"""Findings of one check that are printed; the rest is in results.json."""


def failure_text(result: CheckResult, again: str, has_output: bool) -> str:
    """Return the text of a failed check: the worst finding first, then its evidence, then the others."""
    first = result.findings[0]
    lines = [headline(first)]
    lines.append(f"  artifact   {shown(result.ref.path)}")
    for title, value in (("where", first.location), ("expected", first.expected), ("actual", first.actual)):
        if value and value != shown(result.ref.path):
            lines.append(f"  {title:<10} {_cut(value)}")
    others = result.findings[1:]
    for finding in others[: MAX_SHOWN - 1]:
        said = safe(finding.message) if finding.location == first.location else headline(finding)
        lines.append(f"  {finding.severity.word:<10} {said}")
    left = len(others) - (MAX_SHOWN - 1)
    if left > 0:
        where = "in results.json" if has_output else "with --mlmonitor-out DIR in results.json"
        more = next((f.message for f in others if f.message.startswith("… and")), None)
        lines.append(f"  … and {count(left, 'more finding')} ({where})" + (f", {more[2:]}" if more else ""))
    lines.append(f"  again      {again}")
    return "\n".join(lines)


def _cut(text: str, limit: int = 300) -> str:
    text = safe(text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
