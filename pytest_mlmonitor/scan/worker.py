"""The child process that reads what nobody vouches for: ``python -P -m pytest_mlmonitor.scan.worker``.

It takes one request after another from stdin and answers on stdout. A broken file may abort it, fill its memory or hang it;
the parent then says so of that file and starts another one. Only checks in Python (of a bound pandera schema) read rows in
pytest's own process, after this one has read the whole file; Spark reads by itself.
"""

from __future__ import annotations

import os
import pickle
import resource
import struct
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from pytest_mlmonitor.scan import progress
from pytest_mlmonitor.scan.key_join import join_on_key
from pytest_mlmonitor.scan.source import columns, head
from pytest_mlmonitor.scan.table_scan import scan
from pytest_mlmonitor.scan.unreadable import Unreadable


def _describe(path: Path) -> Any:
    from pytest_mlmonitor.scan.describe import describe  # only a command asks for it

    return describe(path)


def _drift(current: Path, reference: Path, features: list[tuple[str, Any]], cache: Path | None, extra: bool) -> Any:
    from pytest_mlmonitor.scan.drift import compare  # contracts alone need none of it

    return compare(current, reference, features, cache=cache, extra=extra)


def _correlations(path: Path, target: str, features: list[str]) -> Any:
    from pytest_mlmonitor.scan.correlation import correlations

    return correlations(path, target, features)


def _scores(path: Path, label: str, predicted: str, score: str) -> Any:
    from pytest_mlmonitor.scan.scores import scores_of

    return scores_of(path, label, predicted, score)


def _live_scores(path: Path, log: Any, labels: Any, *datasets: Path) -> Any:
    from pytest_mlmonitor.scan.label_join import joined

    return joined(path, log, labels, *datasets)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "head": head,
    "scan": scan,
    "join": join_on_key,
    "columns": columns,
    "describe": _describe,
    "drift": _drift,
    "correlations": _correlations,
    "scores": _scores,
    "live_scores": _live_scores,
}
LENGTH = struct.Struct("!Q")


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more.

    A request is a length and a pickled (function, arguments); an answer a length and a pickled (status, value) with status
    ``ok``, ``unreadable`` or ``error``, after any number of answers with status ``progress``.
    """

    def send(answer: tuple[str, Any]) -> None:
        data = pickle.dumps(answer)
        answers.write(LENGTH.pack(len(data)) + data)
        answers.flush()

    while header := requests.read(LENGTH.size):
        function, arguments = pickle.loads(requests.read(LENGTH.unpack(header)[0]))  # noqa: S301 (our own parent)
        progress.listen(lambda done, total: send(("progress", (done, total))))
        try:
            answer: tuple[str, Any] = ("ok", FUNCTIONS[function](*arguments))
        except Unreadable as error:
            answer = ("unreadable", str(error))
        except MemoryError:
            answer = ("unreadable", "needs more memory than the reader may use")
        except Exception:
            answer = ("error", traceback.format_exc())
        send(answer)


class _NoPandas:
    """Keeps pandas out: where it is installed pyarrow imports it to look at plain lists, a quarter of a second for nothing."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuse pandas and leave every other module to the other finders."""
        del path, target
        if name == "pandas":
            raise ModuleNotFoundError("the reader process does without pandas", name=name)


def main() -> None:
    """Bound the memory, keep stdout for answers alone, and serve."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = int(sys.argv[1]) if hard == resource.RLIM_INFINITY else min(int(sys.argv[1]), hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not tear an answer
    sys.meta_path.insert(0, _NoPandas())
    answers.write(b"ready")
    answers.flush()
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
