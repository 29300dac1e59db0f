"""The child process that reads what nobody vouches for: ``python -P -m pytest_mlmonitor.tables.reader.worker``.

It takes one request after another from stdin and answers on stdout. A broken file may abort it, fill its memory or hang it;
the parent then says so of that file and starts another one. Only checks in Python (of a bound pandera schema) read rows in
pytest's own process, after this one has read the whole file; Spark reads by itself.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import resource
import struct
import sys
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from pytest_mlmonitor.tables.scan import progress
from pytest_mlmonitor.tables.unreadable import Unreadable

FUNCTIONS = {
    "head": "source.source:head",
    "columns": "source.source:columns",
    "committed": "source.commits:committed",
    "latest": "source.listed.column_times:latest",
    "chunk_counts": "source.listed.column_times:chunk_counts",
    "scan": "scan.scan:scan",
    "told_parts": "source.told.told_parts:told_parts",
    "shown_again": "scan.scan:shown_again",
    "spark_queries": "scan.queries.spark_queries:spark_queries",
    "spark_figures": "scan.queries.spark_queries:spark_figures",
    "describe": "inference.describe:describe",
    "drift": "drift.compare:compare",
    "concept": "drift.concept:compare_concepts",
    "taken": "drift.calendar.taken:taken",
    "told_apart": "drift.apart.telling_apart:told_apart",
    "missing_keys": "foreign_keys.missing_keys:missing_keys",
    "online": "foreign_keys.online_rows:compare_online",
    "join": "scores.key_join:join_on_key",
    "scores": "scores.tally:scores_of",
    "live_scores": "logs.joined:joined",
    "log": "logs.log_gathering:gather",
    "rewritten": "logs.mapped_log:rewrite_tables",
}
"""What may be asked for, and where it is: this process knows none of the rest before somebody asks."""

PRELOADED = ("head", "scan")
"""What every run asks for: imported while the parent is busy with its own files."""

NOT_MAPPED = "failed to map segment"
"""What the loader says of a library that has no room left in this process."""

LENGTH = struct.Struct("!Q")


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more.

    A request is a length and a pickled (function, arguments, options); an answer a length and a pickled (status, value) with status
    ``ok``, ``unreadable``, ``memory`` or ``error``, after any number of answers with status ``progress``.
    """

    def send(answer: tuple[str, Any]) -> None:
        data = pickle.dumps(answer)
        answers.write(LENGTH.pack(len(data)) + data)
        answers.flush()

    while header := requests.read(LENGTH.size):
        function, arguments, options = pickle.loads(requests.read(LENGTH.unpack(header)[0]))  # noqa: S301 (our own parent)
        progress.listen(lambda done, total: send(("progress", (done, total))))
        try:
            answer: tuple[str, Any] = ("ok", _function(function)(*arguments, **options))
        except Unreadable as error:
            answer = ("unreadable", str(error))
        except MemoryError:
            answer = ("memory", None)
        except Exception as error:
            unmapped = isinstance(error, ImportError) and NOT_MAPPED in str(error)
            answer = ("memory", None) if unmapped else ("error", traceback.format_exc())
        send(answer)


def _function(name: str) -> Callable[..., Any]:
    module, _, function = FUNCTIONS[name].partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(f"pytest_mlmonitor.tables.{module}"), function)
    return found


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
    for name in PRELOADED:
        _function(name)
    gc.freeze()  # libraries stay: looking through them again and again took 3 % of small tables
    # A plan of many columns holds what lives as long as it: looking through that took a third of a scan with a contract.
    gc.set_threshold(50_000, 20, 100)
    answers.write(b"ready")
    answers.flush()
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
