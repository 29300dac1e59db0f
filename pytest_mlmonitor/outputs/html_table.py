"""The table of artifacts and verdicts on top of the HTML report; everything in it is escaped here."""

from __future__ import annotations

from html import escape

from pytest_mlmonitor.core.record import JudgedArtifact, RunRecord
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.words import count, instant
from pytest_mlmonitor.outputs.alike import Fold, by_verdict, others, totals
from pytest_mlmonitor.outputs.failing import failing_checks, failing_often, words_of

# pytest-html puts its environment table first; the verdicts belong on top and the environment at the end.
_STYLE = """<style>
body{display:flex;flex-direction:column}
#environment-header,#environment{order:1}
.mlmonitor{border-collapse:collapse;margin:.5em 0 1.5em;width:100%;font-size:13px}
.mlmonitor th,.mlmonitor td{border:1px solid #e0e0e0;padding:5px 8px;text-align:left;vertical-align:top}
.mlmonitor th{background:#f6f6f6}
.mlmonitor td{color:#222}
.mlmonitor td.v{font-weight:bold;white-space:nowrap}
.mlmonitor .failed td.v,.mlmonitor .error td.v{color:#c0241c}
.mlmonitor .warned td.v,.mlmonitor .partial td.v{color:#a86500}
.mlmonitor .ok td.v{color:#2a7d2e}
.mlmonitor td.m{overflow-wrap:anywhere}
.mlmonitor-more{border-collapse:collapse;margin:5px 0;width:100%}
.mlmonitor details summary{cursor:pointer}
.mlmonitor-note{color:#555;font-size:13px}
</style>"""

MAX_ROWS = 500
"""Rows of the table; artifacts are sorted worst first, so what is cut off is said and is fine."""


def summary_html(record: RunRecord, roots: list[str], rows_left_out: int = 0) -> str:
    """Return the summary as HTML: counts, roots, evaluation time, and the artifacts, the worst first.

    Every artifact has a row; where many say the same, all but a few of them are behind a line that opens.

    Args:
        record: the run.
        roots: as the user wrote them.
        rows_left_out: checks without finding that pytest-html's own table and counters leave out.
    """
    judged = record.artifacts()
    folds = by_verdict(judged[:MAX_ROWS])
    rows = "".join(_rows(fold) for fold in folds)
    counts = record.counts()
    said = ", ".join(f"{number} {status.replace('_', ' ')}" for status, number in counts.items() if number)
    left = len(judged) - MAX_ROWS
    more = (
        f'<p class="mlmonitor-note">… and {count(left, "more artifact")}, none worse, in results.json</p>'
        if left > 0
        else ""
    )
    if rows_left_out:
        more += (
            f'<p class="mlmonitor-note">{count(rows_left_out, "check")} without any finding (passed or not checked) '
            "have no row in the table below and are not in its counters; results.json lists them all.</p>"
        )
    if record.unread:
        more += f'<p class="mlmonitor-note">{_text(record.unread)}</p>'
    sums = "".join(f'<p class="mlmonitor-note">{_text(line)}</p>' for line in totals(judged, folds))
    return (
        f"{_STYLE}<h2>Artifacts</h2>"
        f'<p class="mlmonitor-note">{_text(", ".join(roots))} · evaluated at {_text(instant(record.evaluated_at))} · '
        f"{_text(said or 'nothing checked')}</p>{sums}"
        '<table class="mlmonitor"><thead><tr><th>Verdict</th><th>Kind</th><th>Artifact</th>'
        "<th>Worst finding, and all failing checks</th>"
        f"<th>Path</th></tr></thead><tbody>{rows}</tbody></table>{more}{_unclaimed(record)}"
    )


def _rows(fold: Fold[JudgedArtifact]) -> str:
    rows = "".join(map(_row, fold.shown))
    if not fold.left:
        return rows
    verdict, kind = fold.left[0].verdict, _text(fold.left[0].ref.kind)
    inner = "".join(map(_row, fold.left))
    often = "".join(f"<br>{_text(words)}" for words in [" · ".join(failing_often(fold.left))] if words)
    return (
        f'{rows}<tr class="{verdict} more"><td class="v">{verdict}</td><td>{kind}</td><td class="m" colspan="3">'
        f'<details><summary>… and {_text(others(fold))}{often}</summary><table class="mlmonitor-more">{inner}</table></details>'
        "</td></tr>"
    )


def _row(j: JudgedArtifact) -> str:
    said = _text(words_of(j)) or count(j.checked, "check")
    said += f'<br><span class="mlmonitor-note">{_text(" · ".join(failing_checks(j)))}</span>' if j.failing else ""
    said += f'<br><span class="mlmonitor-note">{_text(j.answers)}</span>' if j.answers else ""
    return (
        f'<tr class="{j.verdict}"><td class="v">{j.verdict}</td><td>{_text(j.ref.kind)}</td><td>{_text(j.ref.name)}</td>'
        f'<td class="m">{said}</td><td class="m">{_text(shown(j.ref.path))}</td></tr>'
    )


def _unclaimed(record: RunRecord) -> str:
    if not record.unclaimed:
        return ""
    items = "".join(f"<li>{_text(shown(path))}</li>" for path in record.unclaimed[:MAX_ROWS])
    left = len(record.unclaimed) - MAX_ROWS
    more = f"<li>… and {left:,} more</li>" if left > 0 else ""
    title = f"{count(len(record.unclaimed), 'file')} that no reader claimed"
    return f'<details class="mlmonitor-note"><summary>{title}</summary><ul>{items}{more}</ul></details>'


def _text(value: str) -> str:
    return escape(safe(value), quote=True)
