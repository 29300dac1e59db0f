"""The windows of one deployment as a sequence that reads the files when somebody asks for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import overload

from pytest_mlmonitor.core.files.opening import Refused
from pytest_mlmonitor.core.files.record_files import read_records
from pytest_mlmonitor.records.foreign import begins_with_an_object, foreign
from pytest_mlmonitor.serving.fold.window_lines import look_at
from pytest_mlmonitor.serving.history import as_window
from pytest_mlmonitor.serving.model import ServingWindow


class Windows(Sequence[ServingWindow]):
    """Without duplicates, sorted by window_start, then read order.

    Its length is known. Asking for a window reads every file of the tree that names the deployment, once, and keeps the
    deployment's windows: about 2 KB each.
    """

    def __init__(self, base: Path, tree: str, files: Sequence[str], deployment_id: str, number: int) -> None:
        """Know where the windows are.

        Args:
            base: the metrics directory.
            tree: the same as it is shown to people, with a separator at its end.
            files: in read order, relative to it.
            deployment_id: whose windows.
            number: how many there are.
        """
        self._base, self._tree, self._files = base, tree, files
        self._deployment_id, self._number = deployment_id, number

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[ServingWindow]:
        return iter(self._read)

    @overload
    def __getitem__(self, index: int) -> ServingWindow: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ServingWindow]: ...
    def __getitem__(self, index: int | slice) -> ServingWindow | Sequence[ServingWindow]:
        return self._read[index]

    @cached_property
    def _read(self) -> tuple[ServingWindow, ...]:
        # Any other spelling of the id has a backslash, or is not in the file at all.
        plain = json.dumps(self._deployment_id, ensure_ascii=False).encode("utf-8", "surrogatepass")
        found: dict[tuple[object, ...], ServingWindow] = {}
        for name in self._files:
            try:
                data = read_records(self._base / name).data
            except Refused:
                continue  # the check ``readable`` says so
            if plain not in data and b"\\" not in data:
                continue
            if not begins_with_an_object(data) and foreign(data, name, frozenset()) is not None:
                continue  # likewise
            for number, line in enumerate(data.split(b"\n"), 1):
                if plain in line or b"\\" in line:
                    record = look_at(line, name, number).record
                    if record is not None and record.deployment_id == self._deployment_id:
                        window = as_window(record, f"{self._tree}{name}:{number}")
                        found.setdefault(window.key, window)
        return tuple(sorted(found.values(), key=lambda window: window.window_start))


class ReadWindows(Windows):
    """The windows of a deployment that something else reads, when somebody asks for them."""

    def __init__(self, number: int, read: Callable[[], tuple[ServingWindow, ...]]) -> None:
        """``number`` is how many there are, ``read`` reads them."""
        self._number, self._ask = number, read

    @cached_property
    def _read(self) -> tuple[ServingWindow, ...]:
        return self._ask()
