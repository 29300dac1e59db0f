"""What may be asked of data files, typed: the reader process answers, and every answer is kept for the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.profile import NO_STATISTICS, KeyJoin, ParquetHead, Statistics, TableProfile
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from pytest_mlmonitor.tables.reader.reference_columns import reference_columns
from pytest_mlmonitor.tables.reader.remembering import RememberedAnswers
from pytest_mlmonitor.tables.source.directories import fingerprint
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:  # what answers are made of; this process needs no more of them
    from pytest_mlmonitor.tables.drift.calendar.taken import Taken
    from pytest_mlmonitor.tables.drift.feature_drift import ConceptDrift, FeatureDrift
    from pytest_mlmonitor.tables.foreign_keys.key_answers import KeyColumns, MissingKeys
    from pytest_mlmonitor.tables.foreign_keys.online_rows import OnlineRows
    from pytest_mlmonitor.tables.logs.form import GatheredLog, LogForm
    from pytest_mlmonitor.tables.logs.mapped_log import LogMapping, RewrittenLog
    from pytest_mlmonitor.tables.scores.scores import LabelColumns, LogColumns, Scores
    from pytest_mlmonitor.tables.source.listed.column_times import ChunkCounts, Latest

T = TypeVar("T")


class TableReader:
    """The client of the reader process.

    Attributes:
        lasting: it looks at files, not at artifacts, so that it stays when others are held.
        answers: what was answered in this run, by question; whoever only looks here reads nothing.

    Every method raises :class:`~pytest_mlmonitor.tables.unreadable.Unreadable` where a file is no sound table.
    """

    lasting = True

    def __init__(self, platform: Artifacts) -> None:
        """Start nothing yet; platforms that were given a reader share its process."""
        self._platform = platform
        self.answers: dict[Any, Any] = {}
        self._equal: dict[TableContract, int] = {}
        self._numbers: dict[int, tuple[TableContract, int]] = {}
        self._remembered = RememberedAnswers(platform)
        self._passing: set[Path] = set()

    @property
    def process(self) -> IsolatedReader:
        """The process that opens data files."""
        if self._platform.reader is None:
            self._platform.reader = IsolatedReader(self._platform.settings.reader_memory_mib << 20)
        found: IsolatedReader = self._platform.reader
        return found

    def start(self) -> None:
        """Start the process ahead of the first question, unless earlier runs left answers."""
        if not self._remembered.likely:
            self.process.start()

    def head(self, path: Path, allowed: Mapping[str, tuple[str, ...]] | None = None) -> ParquetHead:
        """Return what the footers of a table say; its partition columns have types that are ``allowed``, if they can."""
        asked = (path, dict(allowed)) if allowed else (path,)
        key = ("head", path, tuple(sorted(allowed.items())) if allowed else ())
        found: ParquetHead = self._once(key, path, lambda: self._call("head", *asked))
        return found

    def known_head(self, path: Path) -> ParquetHead | None:
        """Return what :meth:`head` says where this run, another process of it, or an earlier run asked; nothing is read."""
        found = self.answers.get(("head", path, ()))
        if found is None:
            found = self._remembered.known("head", (path, {}))
        return found if isinstance(found, ParquetHead) else None

    def types(self, path: Path) -> dict[str, str]:
        """Return the Arrow types of the columns, as the footer says."""
        head = self.head(path)
        return dict(zip(head.names, head.types, strict=True))

    def committed(self, path: Path) -> datetime | None:
        """Return when a table with a log was last written (see :func:`pytest_mlmonitor.tables.source.commits.committed`)."""
        found: datetime | None = self._once(("committed", path), path, lambda: self._call("committed", path))
        return found

    def latest(self, path: Path, column: str) -> Latest:
        """Return the last value of a column (see :func:`pytest_mlmonitor.tables.source.listed.column_times.latest`)."""
        found: Latest = self._once(("latest", path, column), path, lambda: self._call("latest", path, column))
        return found

    def chunk_counts(self, path: Path, column: str, seconds: float, zone: str | None) -> ChunkCounts:
        """Return the rows by chunk (see :func:`pytest_mlmonitor.tables.source.listed.column_times.chunk_counts`)."""
        found: ChunkCounts = self._asked(path, "chunk_counts", column, seconds, zone)
        return found

    def scan(
        self,
        path: Path,
        contracts: Sequence[TableContract] = (),
        statistics: Statistics = NO_STATISTICS,
        others: Mapping[str, Path] | None = None,
    ) -> TableProfile:
        """Return the scan of a table by ``contracts``; every one is scanned once a run for what is asked of it.

        SQL rules may name ``others``.
        """
        beside = (tuple(others), tuple(others.values())) if others else ()
        key = ("scan", path, tuple(map(self._number, contracts)), statistics, beside)
        return self._once(key, path, lambda: self._scanned(path, tuple(contracts), statistics, beside))

    def _number(self, contract: TableContract) -> int:
        """Return one number for contracts that are equal: to hash one takes as long as many a check."""
        known = self._numbers.get(id(contract))
        if known is None:
            number = self._equal.setdefault(contract, len(self._equal))
            known = self._numbers[id(contract)] = (contract, number)  # held, so that nothing else gets its id
        return known[1]

    def join(self, left: Path, right: Path, key: tuple[str, str], left_value: str, right_value: str) -> KeyJoin:
        """Look every row of ``left`` up in ``right`` (see :func:`pytest_mlmonitor.tables.scores.key_join.join_on_key`)."""
        found: KeyJoin = self._asked(left, "join", right, key, left_value, right_value)
        return found

    def missing_keys(
        self, path: Path, own: KeyColumns, paths: tuple[Path, ...], others: tuple[KeyColumns, ...]
    ) -> MissingKeys:
        """Return the keys that other tables lack (see :func:`pytest_mlmonitor.tables.foreign_keys.missing_keys.missing_keys`)."""
        found: MissingKeys = self._asked(path, "missing_keys", own, paths, others)
        return found

    def online(self, path: Path, offline: Path, entity: Sequence[str], event_ts: str | None) -> OnlineRows:
        """Compare what serving reads with what it was taken from (:func:`.foreign_keys.online_rows.compare_online`)."""
        found: OnlineRows = self._asked(path, "online", offline, list(entity), event_ts)
        return found

    def drift(
        self,
        current: Path,
        references: tuple[Path, ...],
        features: Sequence[tuple[str, str]],
        event_ts: str | None = None,
        *,
        distances: bool = False,
    ) -> list[FeatureDrift]:
        """Compare features of a table with those of others as one (see :func:`pytest_mlmonitor.tables.drift.compare.compare`)."""
        asked = list(features)

        def read() -> list[FeatureDrift]:
            found: list[FeatureDrift] = self.process.call(
                "drift", current, references, asked, event_ts=event_ts, extra=distances, **self._cache()
            )
            return found

        def ask() -> list[FeatureDrift]:
            if current in self._passing:
                return read()
            question = (current, references, asked, event_ts, distances)
            found: list[FeatureDrift] = self._remembered.answer("drift", question, read)
            return found

        return self._once(("drift", current, references, tuple(features), event_ts, distances), current, ask)

    def concept(
        self,
        current: Path,
        references: tuple[Path, ...],
        target: str,
        features: Sequence[str],
        event_ts: str | None = None,
    ) -> list[ConceptDrift]:
        """Compare what features say of a target (see :func:`pytest_mlmonitor.tables.drift.concept.compare_concepts`)."""

        def ask() -> list[ConceptDrift]:
            found: list[ConceptDrift] = self._call(
                "concept", current, references, target, list(features), event_ts=event_ts
            )
            return found

        return self._once(("concept", current, references, target, tuple(features), event_ts), current, ask)

    def taken(self, path: Path, column: str, features: Sequence[str], rows: int) -> Taken | None:
        """Return some rows with their event times (see :func:`pytest_mlmonitor.tables.drift.calendar.taken.taken`)."""
        found: Taken | None = self._asked(path, "taken", column, list(features), rows)
        return found

    def told_apart(self, path: Path, references: tuple[Path, ...], names: Sequence[str], now: int) -> dict[str, str]:
        """Return which columns only tell rows, builds or moments apart (:func:`.drift.apart.telling_apart.told_apart`)."""
        found: dict[str, str] = self._asked(path, "told_apart", references, list(names), now)
        return found

    def scores(self, path: Path, label: str, predicted: str, score: str) -> Scores:
        """Return how right predictions with labels are (see :func:`pytest_mlmonitor.tables.scores.tally.scores_of`)."""
        key = ("scores", path, label, predicted, score)
        found: Scores = self._once(key, path, lambda: self._call("scores", path, label, predicted, score))
        return found

    def live_scores(
        self, path: Path, log: LogColumns, labels: Sequence[LabelColumns], datasets: Sequence[Path]
    ) -> Scores:
        """Return how right a log is by targets of datasets (see :func:`pytest_mlmonitor.tables.logs.joined.joined`)."""
        found: Scores = self._asked(path, "live_scores", log, list(labels), *datasets)
        return found

    def log(self, path: Path, form: LogForm, window: Path, now: int, skew: int) -> GatheredLog:
        """Return what is in a prediction log (see :func:`pytest_mlmonitor.tables.logs.log_gathering.gather`).

        It is not remembered between runs: the file ``window``, which it writes, lasts no longer than this one.
        """
        self._passing.add(window)
        key = ("log", path, form.required, now, skew)
        found: GatheredLog = self._once(key, path, lambda: self.process.call("log", path, form, str(window), now, skew))
        return found

    def rewritten(self, paths: Sequence[Path], mapping: LogMapping, path: Path) -> RewrittenLog:
        """Return a log of tables, written to ``path`` (see :func:`pytest_mlmonitor.tables.logs.mapped_log.rewrite_tables`)."""
        first, *others = paths
        found: RewrittenLog = self.process.call("rewritten", first, others, mapping, str(path))
        return found

    def columns(self, path: Path, names: Sequence[str]) -> dict[str, list[Any]]:
        """Return the values of those columns in ``names`` that a parquet file has."""
        return dict(self._asked(path, "columns", list(names)))

    def cannot_open(self, path: Path) -> str | None:
        """Return why a table cannot even be opened, None for one that can; the words follow the file's name."""
        return problem_of(lambda: self.head(path))

    def _scanned(
        self, path: Path, contracts: tuple[TableContract, ...], statistics: Statistics, beside: tuple[Any, ...]
    ) -> TableProfile:
        if self._platform.settings.engine == "spark":
            from pytest_mlmonitor.tables.scan.spark.spark_scan import spark_scan

            return spark_scan(
                self.process.call, path, contracts, statistics, dict(zip(*beside, strict=True)) if beside else {}
            )
        found: TableProfile = self._call("scan", path, contracts, statistics, *beside)
        return found

    def fingerprint(self, path: Path) -> str:
        """Return a digest of a table's bytes (see :func:`pytest_mlmonitor.tables.source.directories.fingerprint`)."""
        return self._once(
            ("fingerprint", path),
            path,
            lambda: str(self._remembered.answer("fingerprint", (path,), lambda: fingerprint(path))),
        )

    def _call(self, function: str, *arguments: Any, **options: Any) -> Any:
        if self._passing.intersection(arguments[:1]):
            return self.process.call(function, *arguments, **options)
        return self._remembered.answer(
            function, (*arguments, options), lambda: self.process.call(function, *arguments, **options)
        )

    def _asked(self, path: Path, function: str, *arguments: Any) -> Any:
        try:
            return self._call(function, path, *arguments)
        except Unreadable as error:
            raise Unreadable(error.reason, error.path or path) from None

    def _once(self, key: Any, path: Path, ask: Callable[[], T]) -> T:
        if key not in self.answers:
            try:
                self.answers[key] = ask()
            except Unreadable as error:
                self.answers[key] = Unreadable(error.reason, error.path or path)
        found = self.answers[key]
        if isinstance(found, Unreadable):
            raise found
        kept: T = found
        return kept

    def _cache(self) -> dict[str, Any]:
        """Return where columns of references are kept, and whether a file is hashed anew to find its own."""
        return {"cache": reference_columns(self._platform), "rehash": self._platform.settings.state_verify == "digest"}


def start(platform: Artifacts) -> None:
    """Start the reader process, which imports its libraries while documents are read, unless it may not be needed at all."""
    platform.view(TableReader).start()


def problem_of(ask: Callable[[], object]) -> str | None:
    """Return why what is asked for cannot be read, None where it can; the words follow the file's name."""
    try:
        ask()
    except Unreadable as error:
        return error.reason
    return None
