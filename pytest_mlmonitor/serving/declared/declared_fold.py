"""Windows of a log folded into the deployments that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pytest_mlmonitor.serving.declared.deployment_fields import TEXTS
from pytest_mlmonitor.serving.declared.timed_files import Timed
from pytest_mlmonitor.serving.fold.declared_window import declared_window
from pytest_mlmonitor.serving.fold.fold import LineTimes, Terms, WindowFold
from pytest_mlmonitor.serving.model import LINKS

MAX_TIMES = 10_000


class _Series(NamedTuple):
    fold: WindowFold
    identity: Any
    endpoint: Any
    terms: Terms


def fold_windows(
    windows: Iterator[Timed],
    terms: Callable[[str], Terms],
    folds: dict[str, WindowFold],
    names: Sequence[str],
    uneven: timedelta,
    *,
    said_end: bool,
) -> None:
    """Fold the windows of a log, each into the fold of its deployment.

    Args:
        windows: in order of time; what is not is said by its fold (``late``).
        terms: of a deployment, by its id.
        folds: by deployment; those of further ones are added.
        names: of the files.
        uneven: by how much the clock of a writer may be early or late.
        said_end: whether the ends of windows are said, or follow from their length.
    """
    series: dict[tuple[Any, ...], _Series] = {}
    times: dict[tuple[Any, ...], LineTimes] = {}
    texts = (*TEXTS, *LINKS)
    for record in windows:
        values = record.values
        window = declared_window(values)
        file, line = names[record.file], record.line
        key = tuple(map(values.get, texts))
        found = series.get(key)
        if found is None:
            name = values["deployment_id"]
            fold = folds.get(name)
            if fold is None:
                fold = folds[name] = WindowFold()
            if len(series) >= MAX_TIMES:
                series.clear()
            identity = fold.identity_of(window, file, line)
            found = series[key] = _Series(fold, identity, fold.endpoint_of(values["endpoint_name"]), terms(name))
        start, end = record.at, values["window_end"]
        pair = (start, end, found.terms.now, found.terms.length)
        span = times.get(pair)
        if span is None:
            if len(times) >= MAX_TIMES:
                times.clear()
            span = times[pair] = _span(start, end, found.terms, uneven, said_end=said_end)
        endpoint = found.endpoint
        if endpoint is not None and endpoint.end is not None and start < endpoint.end <= start + uneven:
            endpoint.end = start
        found.fold.add(window, span, values["heartbeat_emitted_at"], found.identity, endpoint, found.terms, file, line)


def _span(start: datetime, end: datetime, terms: Terms, uneven: timedelta, *, said_end: bool) -> LineTimes:
    """Return the times of a window whose writer need not keep to a grid, and whose end may be none that it said."""
    span = LineTimes(start, end, terms)
    if not said_end or abs((end - start) - terms.length) <= uneven:
        span.odd = ()
    else:
        span.odd = span.odd[:1]
    if not said_end:
        span.ahead = start > terms.now
    return span
