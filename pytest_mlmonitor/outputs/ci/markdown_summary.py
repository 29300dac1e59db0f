"""``summary.md``: a run in Markdown, for a comment on a pull request and for the summary of a job."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.record import JudgedArtifact, RunRecord
from pytest_mlmonitor.core.result import VERDICTS
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.words import count, instant
from pytest_mlmonitor.outputs.failing import failing_checks, words_of

NAME = "summary.md"

MAX_ROWS = 50
"""Artifacts that have a row; the worst come first, and how many there are more is said."""

MAX_CHARACTERS = 60_000
"""Of a summary: a comment on GitHub may hold 65,536."""

_CUT = 400
"""Characters of what is said of one artifact."""

_SIGNS = {"ok": "✅", "warned": "⚠️", "partial": "⚠️", "failed": "❌", "error": "❌"}

# What Markdown, HTML, mentions (@team), references (#12), links and emoji begin or end with; an underscore within a word is none.
_MARKUP = re.compile(r"[&<>|`*\[\]\\~@#:!{}$^\"']|(?<![^\W_])_|_(?![^\W_])|(?<=www)\.", re.IGNORECASE)


def write_markdown_summary(out: Path, record: RunRecord, *, complete: bool) -> None:
    """Write ``summary.md``.

    Raises:
        OSError: it cannot be written.
    """
    write_atomically(out / NAME, markdown_summary(record, complete=complete).encode())


def markdown_summary(record: RunRecord, *, complete: bool = True) -> str:
    """Return a run in Markdown: its verdict, a table of the artifacts that are not fine, and how many are.

    Args:
        record: the run.
        complete: whether it came to its end.
    """
    judged = record.artifacts()
    wrong = [j for j in judged if j.verdict != "ok"]
    lines = [f"### {_headline(judged, record, complete)}", ""]
    lines += [_counts(record), ""]
    if record.narrowed:
        lines += ["Only a part of what the roots hold was judged.", ""]
    rows: list[str] = []
    length = 0
    for j in wrong[:MAX_ROWS]:
        row = _row(j)
        length += len(row)
        if length > MAX_CHARACTERS:
            break
        rows.append(row)
    if rows:
        lines += ["| | artifact | what is wrong |", "|---|---|---|", *rows, ""]
    if len(wrong) > len(rows):
        lines += [f"… and {count(len(wrong) - len(rows), 'more artifact')}, none worse, in `results.json`.", ""]
    if record.unclaimed:
        names = ", ".join(_text(shown(path)) for path in record.unclaimed[:5])
        more = f" and {len(record.unclaimed) - 5:,} more" if len(record.unclaimed) > 5 else ""
        lines += [f"{count(len(record.unclaimed), 'file')} that no check looked at: {names}{more}", ""]
    return "\n".join(lines)


def _headline(judged: list[JudgedArtifact], record: RunRecord, complete: bool) -> str:
    if not complete:
        return "❌ mlmonitor: the run did not come to its end, so it says nothing"
    if not judged:
        return "❌ mlmonitor: nothing was checked"
    worst = min((j.verdict for j in judged), key=VERDICTS.index)
    by_verdict = [
        f"{number:,} {verdict}"
        for verdict in VERDICTS
        if verdict != "ok" and (number := sum(j.verdict == verdict for j in judged))
    ]
    all_of_them = count(len(judged), "artifact")
    said = f"{', '.join(by_verdict)} of {all_of_them}" if by_verdict else f"{all_of_them}, all ok"
    sign = "❌" if record.exit_status else _SIGNS[worst]
    return f"{sign} mlmonitor: {said}" + (f" (exit status {record.exit_status})" if record.exit_status else "")


def _counts(record: RunRecord) -> str:
    counts = record.counts()
    said = ", ".join(f"{number:,} {status.replace('_', ' ')}" for status, number in counts.items() if number)
    return f"{said or 'no check ran'} · evaluated at {instant(record.evaluated_at)} · environment {_text(record.environment)}"


def _row(j: JudgedArtifact) -> str:
    said = words_of(j)
    said = said if len(said) <= _CUT else f"{said[: _CUT - 1]}…"
    cell = _text(said)
    if sum(map(len, j.failing.values())) > 1:
        cell += "".join(f"<br>{_text(words)}" for words in failing_checks(j))
    elif j.check:
        cell += f" ({_text(j.check)})"
    if j.answers:
        cell += f"<br>{_text(j.answers)}"
    return f"| {_SIGNS[j.verdict]} {j.verdict} | {j.ref.kind}<br>{_text(j.ref.name)} | {cell} |"


def _text(value: str) -> str:
    """Return text as Markdown that is nothing but that text: punctuation as entities, which no parser takes for markup."""
    return _MARKUP.sub(lambda match: f"&#{ord(match.group())};", safe(value))
