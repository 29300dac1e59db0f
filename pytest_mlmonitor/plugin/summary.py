"""The end of a run in the terminal: artifacts, the worst first, with what fails of each, since when, and who answers for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from textwrap import wrap

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import headline
from pytest_mlmonitor.core.record import JudgedArtifact, RunRecord, last_line, worst_of
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.outputs.alike import by_verdict, others, totals, unfolded
from pytest_mlmonitor.outputs.failing import failing_checks, failing_often, words_of

_INDENT = " " * 8

_MARKUP = {"ok": {"green": True}, "warned": {"yellow": True}, "partial": {"yellow": True}}

_KEPT = "\u00a0"
"""Stands for a space at which no line may break."""

_NUMBER = re.compile(r"^([\d,]+) ")

_NAME = 44
"""Columns of a name; what is longer is cut."""

_ROWS = 2
"""Rows of a sentence that are shown without ``-v``."""


class ArtifactTable:
    """Prints one line per artifact, the worst first; many that are alike share one."""

    def __init__(
        self, write: pytest.TerminalReporter, record: RunRecord, said: Collection[tuple[ArtifactRef, str]]
    ) -> None:
        """Print on ``write``.

        Args:
            write: the terminal.
            record: of the run.
            said: artifacts and checks of which what is wrong stands elsewhere on the terminal: it is not said twice.
        """
        self._write = write
        self._record = record
        self._said = said
        self._verbose = write.verbosity > 0
        self._width = write._tw.fullwidth - 1

    def print(self, judged: Sequence[JudgedArtifact]) -> None:
        """Print artifacts, given worst first; under ``-q`` those alone that are not fine."""
        if self._write.verbosity < 0:
            judged = [j for j in judged if j.verdict != "ok"]
        if not judged:
            return
        self._write.write_sep("-", "artifacts")
        folds = unfolded(judged) if self._verbose else by_verdict(judged)
        rows = [j for fold in folds for j in fold.shown]
        kinds = max(len(j.ref.kind) for j in rows)
        names = max(len(_name(j)) for j in rows)
        for line in totals(judged, folds):
            self._write.line(line)
        for fold in folds:
            for j in fold.shown:
                self._print_row(j, kinds, names)
            if fold.left:
                first = fold.left[0]
                self._write.write(f"{_word(first):<7} ", **_markup(first))
                self._write.line(f"… and {others(fold)} (-v lists them)")
                self._print_parts(failing_often(fold.left))

    def _print_row(self, j: JudgedArtifact, kinds: int, names: int) -> None:
        alone = sum(map(len, j.failing.values())) == 1
        if j.verdict in ("failed", "error") and self._is_said(j):
            words, behind = _only(j) if alone else "", ""
        else:
            # One name needs no line of its own: it stands behind what its check says.
            named = alone and j.verdict != "error"
            words = words_of(j) if not self._is_note(j) else ""
            words, behind = words or self._count(j), f" ({safe(j.check)})" if named else ""
        self._write.write(f"{_word(j):<7} ", **_markup(j))
        subject = f"{j.ref.kind:<{kinds}} {_name(j):<{names}}"
        if not words:
            self._write.line(subject.rstrip())
        elif len(subject) + len(words) + len(behind) + 10 <= self._width:
            self._write.line(f"{subject}  {words}{behind}")
        else:  # a cut sentence says nothing: give it lines of its own
            self._write.line(subject.rstrip())
            self._print_sentence(words, behind)
        self._print_parts(failing_checks(j) if not alone else ())
        if j.verdict != "ok":
            self._print_parts(one.replace(" ", _KEPT) for one in (*self._since(j), *_answers(j)))
        if self._verbose:
            for line in self._whole_reasons(j):
                self._print_sentence(line)

    def _is_said(self, j: JudgedArtifact) -> bool:
        """Return whether what is worst stands elsewhere."""
        return all((j.ref, check) in self._said for check in j.failing.get("error", (j.check,)))

    def _is_note(self, j: JudgedArtifact) -> bool:
        """Return whether what is said of an artifact that is fine is for those alone who want to know everything."""
        return j.verdict == "ok" and j.worst is not None and j.worst.accepted is None and not self._verbose

    def _count(self, j: JudgedArtifact) -> str:
        said = [count(j.checked, "check")]
        left = sum(result.status == "not_checked" for result in j.results)
        if left and j.checked and self._verbose:
            said.append(f"{left} not checked")
        if self._is_note(j) and words_of(j):
            said.append(f"{count(sum(len(result.findings) for result in j.results), 'note')} (-v)")
        return ", ".join(said)

    def _since(self, j: JudgedArtifact) -> Iterator[str]:
        """Yield since when an artifact has its verdict, as far as the store knows."""
        history = self._record.histories.get(j.ref)
        if history is None or history.since is None:
            return
        since, now = history.since, self._record.evaluated_at
        if history.new:
            yield "new in this run"
        elif since < now:
            year = f"{since:%Y} " if since.year != now.year else ""
            runs = f", {count(history.runs, 'run')}" if history.runs else ""
            yield f"since {since.day} {since:%b} {year}{since:%H:%M}{runs}"

    def _whole_reasons(self, j: JudgedArtifact) -> Iterator[str]:
        """Yield what no other line says: what warns, and why what was not checked was not."""
        reasons: dict[str, list[str]] = {}
        for result in j.results:
            if result.findings and result.check != j.check and (j.ref, result.check) not in self._said:
                yield f"{result.severity.word if result.severity else ''} {safe(result.check)}: {headline(worst_of(result))}"
            elif result.status == "not_checked":
                names = reasons.setdefault(safe(last_line(result.reason)), [])
                names.append(safe(result.check))
        if j.unchecked and j.verdict == "ok" and j.worst is None:
            return
        for reason, names in reasons.items():
            yield f"not checked {', '.join(dict.fromkeys(names))}: {reason}"

    def _print_sentence(self, words: str, behind: str = "") -> None:
        lines = _wrapped(f"{words}{behind}", self._width, "")
        if len(lines) > _ROWS and not self._verbose:
            room = (self._width - len(_INDENT)) * _ROWS - len(behind) - 12
            cut = _cut(words, room)
            lines = _wrapped(f"{cut}{behind}", self._width, "")
        for line in lines:
            self._write.line(line)

    def _print_parts(self, parts: Iterable[str]) -> None:
        """Print parts behind one another; a line breaks between words, never within one."""
        kept = " · ".join(_NUMBER.sub(rf"\1{_KEPT}", one).replace(" (", f"{_KEPT}(") for one in parts)
        for line in _wrapped(kept, self._width, "  "):
            self._write.line(line.replace(_KEPT, " "))


def _wrapped(text: str, width: int, hanging: str) -> list[str]:
    return wrap(
        text, width, initial_indent=_INDENT, subsequent_indent=_INDENT + hanging, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _only(j: JudgedArtifact) -> str:
    """Return the name of the only check that fails."""
    return f"{safe(j.crashed)} could not run" if j.crashed else safe(j.check)


def _answers(j: JudgedArtifact) -> list[str]:
    return [f"{name} {safe(value)}" for name, value in (("owner", j.owner), ("runbook", j.runbook)) if value]


def _name(j: JudgedArtifact) -> str:
    return _cut(safe(j.ref.name), _NAME)


def _word(j: JudgedArtifact) -> str:
    return j.verdict if j.verdict == "ok" else j.verdict.upper()


def _markup(j: JudgedArtifact) -> dict[str, bool]:
    return _MARKUP.get(j.verdict, {"red": True})


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
