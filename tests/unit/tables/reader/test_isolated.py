"""The reader process: whatever a file does to it is one sentence about that file, and the next file is read."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.reader.isolated import IsolatedReader, ReaderError
from pytest_mlmonitor.tables.source.source import head
from pytest_mlmonitor.tables.unreadable import Unreadable, expected_of
from tests.unit.support import PARQUET, READER, SAMPLE

FILE = SAMPLE / PARQUET
REAL_PYTHON = sys.executable
SHORT_OF_MEMORY = r"^needs more memory than the reader process may use, 600 MiB; raise reader_memory_mib in the policy$"


@pytest.fixture
def reader() -> Iterator[IsolatedReader]:
    made = IsolatedReader(seconds=1.0)
    yield made
    made.close()


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let the child be a shell script that says it is ready and waits for a request."""
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nprintf ready\nhead -c 1 >/dev/null\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


def test_it_answers_what_the_function_answers() -> None:
    assert READER.call("head", FILE) == head(FILE)


def test_a_file_that_is_not_sound_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(Unreadable, match="cannot be read as parquet"):
        READER.call("head", tmp_path / "x.parquet")
    assert READER.call("head", FILE).rows == 1076


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("kill -ABRT $$", "was ended by SIGABRT"),
        ("kill -SEGV $$", "was ended by SIGSEGV"),
        ("kill -KILL $$", "was ended by SIGKILL"),
        ("exit 3", "ended with status 3"),
        ("head -c 8 >/dev/null; echo torn", "ended with status 0"),
    ],
)
def test_a_child_that_dies_is_said_of_the_file(
    script: str, words: str, reader: IsolatedReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, script)
    for _ in range(2):  # the next file is read by a new child
        with pytest.raises(Unreadable, match=words):
            reader.call("head", FILE)


def test_a_child_that_hangs_is_ended(reader: IsolatedReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader._seconds = 0.3
    stand_in(tmp_path, monkeypatch, "sleep 60")
    start = time.monotonic()
    with pytest.raises(Unreadable, match="took longer than 3 s to read, of which its process worked 0 s"):
        reader.call("head", FILE)
    assert 3 <= time.monotonic() - start < 30


def test_a_child_that_works_for_too_long_is_ended(
    reader: IsolatedReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "while :; do :; done")
    with pytest.raises(Unreadable, match="took longer than 1 s of processor time to read"):
        reader.call("head", FILE)


def test_a_child_that_is_kept_waiting_is_not_ended(
    reader: IsolatedReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take more time by the clock than it has of processor time: others use the machine too."""
    stand_in(tmp_path, monkeypatch, "sleep 2.5; exit 3")
    with pytest.raises(Unreadable, match="ended with status 3"):
        reader.call("head", FILE)


def test_a_child_that_cannot_start_is_no_fault_of_the_file(
    reader: IsolatedReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(ReaderError, match="did not start"):
        reader.call("head", FILE)


def test_an_interrupted_call_leaves_no_answer_for_the_next_one(
    reader: IsolatedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader._seconds = 30
    assert reader.call("head", FILE).rows == 1076
    read = reader._read

    def interrupted(*arguments: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(reader, "_read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        reader.call("head", FILE)
    monkeypatch.setattr(reader, "_read", read)
    assert set(reader.call("columns", FILE, ["station_id"])) == {"station_id"}


def test_an_error_of_ours_is_no_property_of_the_file() -> None:
    with pytest.raises(ReaderError, match="KeyError: 'nothing'"):
        READER.call("nothing", FILE)


def test_a_file_that_needs_too_much_memory(tmp_path: Path) -> None:
    path = tmp_path / "zeros.parquet"
    table = pa.table({"a": pa.array([b"\0" * (256 << 20)], pa.large_binary())})
    pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)
    assert path.stat().st_size < 1 << 20
    small = IsolatedReader(memory_bytes=600 << 20)
    try:
        with pytest.raises(Unreadable, match=SHORT_OF_MEMORY) as caught:
            small.call("scan", path, None)
        assert expected_of(caught.value.reason) == "enough memory to read it"
        assert small.call("head", FILE).rows == 1076
    finally:
        small.close()


@pytest.mark.parametrize("words", [b"terminate called after throwing an instance of 'std::bad_alloc'", b"MemoryError"])
def test_a_process_that_died_for_lack_of_memory(reader: IsolatedReader, words: bytes) -> None:
    """A library that cannot allocate may abort: that says nothing against the file."""
    reader._seconds = 30
    reader.call("head", FILE)
    assert reader._words is not None and reader._child is not None
    reader._words.write(words)
    reader._words.flush()
    reader._child.send_signal(signal.SIGABRT)
    reader._child.wait()
    with pytest.raises(
        Unreadable, match=r"^needs more memory than the reader process may use, 4,096 MiB; raise reader_"
    ):
        reader.call("head", FILE)
    reader.call("head", FILE)
    reader._child.send_signal(signal.SIGABRT)
    reader._child.wait()
    with pytest.raises(Unreadable, match=r"^crashed the reader: its process was ended by SIGABRT$") as caught:
        reader.call("head", FILE)
    assert expected_of(caught.value.reason) == "a sound parquet file"


DIES_AT_200_MIB = 'import os; held = b"x" * (200 << 20); os.kill(os.getpid(), 11)'
SAYS_WHY = """
import sys
from pathlib import Path
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from pytest_mlmonitor.tables.unreadable import Unreadable

program, file, memory, held = sys.argv[1:]
ours = b"x" * (int(held) << 20)
sys.executable = program
reader = IsolatedReader(int(memory) << 20, seconds=30)
try:
    reader.call("head", Path(file))
except Unreadable as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("memory", "held", "words"),
    [
        (512, 0, "needs more memory than the reader"),
        (4096, 0, "crashed the reader: its process was ended by SIGSEGV"),
        (
            512,
            600,
            "crashed the reader: its process was ended by SIGSEGV",
        ),  # what this process holds is not the child's
    ],
)
def test_a_child_that_dies_with_its_memory_full_was_short_of_it(
    memory: int, held: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Libraries do not look at every allocation: one that fails may end in a segmentation fault without a word."""
    stand_in(tmp_path, monkeypatch, f"exec {REAL_PYTHON} -c '{DIES_AT_200_MIB}'")
    command = [REAL_PYTHON, "-c", SAYS_WHY, sys.executable, os.fspath(FILE), str(memory), str(held)]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    assert made.stdout.startswith(words)


def test_closing_ends_the_child_and_a_call_starts_another(reader: IsolatedReader) -> None:
    reader._seconds = 30
    reader.call("head", FILE)
    child = reader._child
    assert child is not None and child.poll() is None
    reader.close()
    assert child.poll() is not None
    assert reader.call("head", FILE).rows == 1076


def test_the_current_directory_is_not_on_the_childs_path(
    reader: IsolatedReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader._seconds = 30
    (tmp_path / "pyarrow.py").write_text("raise SystemExit('planted')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert reader.call("head", FILE).rows == 1076


def test_a_lower_limit_of_the_shell_is_kept() -> None:
    code = (
        "import sys; from pathlib import Path; from pytest_mlmonitor.tables.reader.isolated import IsolatedReader\n"
        "print(IsolatedReader().call('head', Path(sys.argv[1])).rows)"
    )

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))

    made = subprocess.run(
        [sys.executable, "-c", code, os.fspath(FILE)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited,
    )
    assert made.stdout.strip() == "1076", made.stderr.strip().splitlines()[-1]
