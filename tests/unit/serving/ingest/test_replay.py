"""Reading what is new says what reading everything says, whatever the platform did between the runs."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.files.record_files import Content
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.serving.model import Deployment
from tests.unit.serving_trees import MINUTE, NOW, Tree, at, compare, encoded, place, plainly, said, window

ODD_PLACES = (
    "0.jsonl",
    "z.jsonl",
    "2026-04-26/x.jsonl",
    "2026-04-25/00/metrics_00.jsonl",
    "2026-04-26/12/metrics_05.jsonl",
    "é/ü.jsonl",
)


@contextmanager
def new_tree(lookback: float | None = None) -> Iterator[Tree]:
    """Give a tree of its own to every example of a property."""
    with tempfile.TemporaryDirectory() as directory:
        tree = Tree(Path(directory).resolve() / "root", Settings(serving=ServingPolicy(lookback_seconds=lookback)))
        tree.metrics.mkdir(parents=True)
        yield tree


def odd_window(chance: random.Random) -> dict[str, Any]:
    """Return a window that may be late, far ahead, a duplicate, of another deployment or endpoint, or odd in its numbers."""
    minute = chance.choice([*range(-12, 12)] * 3 + [-400, -370, -1440, -1441, 400, 0.5, 1500])
    fields: dict[str, Any] = {"deployment_id": chance.choice(["dep", "dep", "dep", "other", "dep\u2028\n::"])}
    if chance.random() < 0.3:
        fields["endpoint_name"] = "/b"
    if chance.random() < 0.2:
        fields["model_version"] = chance.choice(["v2", "v3"])
    if chance.random() < 0.2:
        fields |= {"request_count": chance.choice([0, 3]), "stale_feature_count": chance.choice([None, 4])}
    if chance.random() < 0.1:
        fields["window_end"] = (at(minute) + chance.choice([3, 0, -1]) * MINUTE).isoformat()
    if chance.random() < 0.1:
        fields["heartbeat_emitted_at"] = at(minute + chance.choice([-1, 30, 0.5])).isoformat()
    if chance.random() < 0.1:
        fields["extra"] = "field"
    return window(minute, **fields)


BAD = (
    b"{",
    b"null",
    b'{"deployment_id":"dep","x":',
    b'{"deployment_id":"dep"}',
    b"\xff",
    encoded(window(3, request_count="1")),
    encoded(window(3, endpoint_name=" ")),
    encoded(window(3))[:-1] + b',"endpoint_name":"/b"}',
)


NO_LINES = (
    [b"a,b,c\n", b"1,2,3\n", b"4,5,6\n"],
    [b"[\n", encoded(window(5)) + b",\n", encoded(window(6)) + b"\n", b"]\n"],
    [b"{\n", b'"a": 1\n', b"}\n"],
    [encoded(window(5)).decode().encode("utf-16")],
    [b'{"windows": [' + encoded(window(7)) + b"]}\n", encoded(window(8)) + b"\n"],
    [b"PAR1", b"\x00\n\x15"],
    [b"\n\n", b"\x00" * 100],
)


def pack(path: Path, into: Path, *, keep: bool = False) -> None:
    """Compress a file, whose time stays what it was."""
    before = path.stat()
    into.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    os.utime(into, ns=(before.st_atime_ns, before.st_mtime_ns))
    if not keep:
        path.unlink()


class Platform:
    """Something that writes to a tree, mostly as it should."""

    def __init__(self, tree: Tree, chance: random.Random) -> None:
        self.tree, self.chance = tree, chance
        self.written: list[dict[str, Any]] = []
        self.torn: dict[str, bytes] = {}
        self.whole: set[str] = set()
        self.gone: set[str] = set()

    def act(self) -> None:
        chance = self.chance
        act = chance.choice(
            [self.put] * 6
            + [self.tear] * 3
            + [self.rotate] * 2
            + [self.spoil, self.pad, self.repeat, self.activate, self.retire, self.mistake]
        )
        act()

    def put(self) -> None:
        records = [odd_window(self.chance) for _ in range(self.chance.randint(1, 4))]
        records.sort(key=lambda record: record["window_start"])
        for record in records:
            self.write(record, encoded(record) + b"\n")

    def write(self, record: dict[str, Any], data: bytes) -> str:
        start = datetime.fromisoformat(record["window_start"])
        name = f"{start:%Y-%m-%d/%H/metrics_%M.jsonl}"
        if self.chance.random() < 0.25:
            name = self.chance.choice(ODD_PLACES)
        if name not in self.gone:
            self.written.append(record)
        self.append(name, data)
        return name

    def append(self, name: str, data: bytes) -> None:
        if name in self.gone:
            return  # a file that comes back with other content has been rewritten
        if name in self.torn:
            data = self.torn.pop(name) + b"\n" + data
        elif name in self.whole:
            data = self.chance.choice([b"\n", b"\n", b"\r\n", b" \n\n"]) + data
            self.whole.discard(name)
        self.tree.append(name, data)

    def tear(self) -> None:
        record = odd_window(self.chance)
        data = encoded(record)
        cut = self.chance.choice([1, len(data) // 2, len(data) - 1, len(data)])
        name = self.write(record, data[:cut])
        if cut < len(data):
            self.torn[name] = data[cut:]
        else:
            self.whole.add(name)

    def spoil(self) -> None:
        self.append(self.chance.choice([place(0), place(1), *ODD_PLACES]), self.chance.choice(BAD) + b"\n")

    def pad(self) -> None:
        self.append(self.chance.choice([place(2), *ODD_PLACES]), self.chance.choice([b"\n", b"\r\n", b"  \n\n", b""]))

    def repeat(self) -> None:
        if self.written:
            record = self.chance.choice(self.written)
            self.write(record, encoded(record | self.chance.choice([{}, {"latency_p99_ms": 99.0}])) + b"\n")

    def activate(self) -> None:
        self.tree.activate(self.chance.randint(-20, 20), deployment_id=self.chance.choice(["dep", "third"]))

    def rotate(self) -> None:
        """Move a file away as logrotate does: its elder goes further, the oldest falls off, some are compressed."""
        names = [name for name in self.tree.names() if name.endswith(".jsonl")]
        if not names:
            return
        name = self.chance.choice(names)
        path = self.tree.metrics / name
        self.torn.pop(name, None)
        self.whole.discard(name)
        way = self.chance.choice(["row", "row", "copy", "pack", "date"])
        if way == "row":
            elder, oldest = path.with_name(f"{path.name}.1"), path.with_name(f"{path.name}.2.gz")
            if elder.exists():
                pack(elder, oldest)
            path.rename(elder)
        elif way == "copy":
            pack(path, path.with_name(f"{path.name}.gz"), keep=True)
        elif not path.with_name(f"{path.name}.gz").exists() and not path.with_name(f"{path.name}-20260427").exists():
            if way == "date":
                path.rename(path.with_name(f"{path.name}-20260427"))
            else:
                pack(path, path.with_name(f"{path.name}.gz"))

    def mistake(self) -> None:
        """Write what is no JSON lines to a file of its own, in pieces."""
        for line in self.chance.choice(NO_LINES):
            self.append(f"{at(0):%Y-%m-%d}/{self.chance.choice('pq')}.jsonl", line)
            if self.chance.random() < 0.4:
                return

    def retire(self) -> None:
        """Take away a file, as retention does."""
        names = self.tree.names()
        if names and self.chance.random() < 0.5:
            name = self.chance.choice(names)
            (self.tree.metrics / name).unlink()
            self.torn.pop(name, None)
            self.gone.add(name)


SLOW = settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])


@given(st.integers(0, 2**32), st.sampled_from([None, None, 600, 7 * 3600]))
@SLOW
def test_any_order_of_lines_in_any_files(seed: int, lookback: float | None) -> None:
    with new_tree(lookback) as tree:
        platform = Platform(tree, random.Random(seed))  # noqa: S311
        for _ in range(12):
            platform.act()
        tree.append(place(0), b"")  # a tree without any record is something else
        found = {deployment.ref.name: deployment for deployment in tree.read()}
        plain = plainly(tree)
        for name, one in plain.items():
            compare(found[name], one, tree, NOW)


@given(st.integers(0, 2**32), st.sampled_from([None, None, 600, 7 * 3600]))
@SLOW
def test_a_run_that_remembers_says_what_one_that_does_not_says(seed: int, lookback: float | None) -> None:
    with new_tree(lookback) as tree:
        chance = random.Random(seed)  # noqa: S311
        platform, state, now = Platform(tree, chance), State(tree.root.parent / "state.db"), NOW
        for step in range(7):
            for _ in range(chance.randint(0, 3)):
                platform.act()
            now += timedelta(minutes=chance.choice([0, 1, 1, 5, 60, 400, -3, -500]))
            assert said(tree.read(now, state)) == said(tree.read(now)), f"seed {seed}, step {step}"


# -- single steps -----------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path.resolve() / "root")


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "memory" / "state.db")


def both(tree: Tree, state: State, now: datetime = NOW) -> dict[str, Deployment]:
    """Read with and without memory, and return what both say."""
    found = tree.read(now, state)
    assert said(found) == said(tree.read(now))
    return {deployment.ref.name: deployment for deployment in found}


def test_a_line_that_is_finished_later_is_one_line(tree: Tree, state: State) -> None:
    line = encoded(window(0))
    tree.append(place(0), line[:50])
    assert not both(tree, state)["unattributed"].windows
    tree.append(place(0), line[50:])
    assert len(both(tree, state)["dep"].windows) == 1
    tree.append(place(0), b"\n{\n")
    finding = both(tree, state)["unattributed"].unreadable[0]
    assert (finding.location or "").endswith(":2")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \n", b"\n\n"])
def test_the_newline_that_comes_later(end: bytes, tree: Tree, state: State) -> None:
    tree.append(place(0), encoded(window(0)))
    both(tree, state)
    tree.append(place(0), end)
    assert len(both(tree, state)["dep"].windows) == 1
    tree.append(place(0), encoded(window(0, endpoint_name="/b")) + b"\n")
    assert len(both(tree, state)["dep"].windows) == 2


def test_a_file_with_too_many_bad_lines_that_grows(tree: Tree, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_mlmonitor.records.lines.MAX_BAD_LINES", 3)
    tree.put(window(0))
    for _ in range(4):
        tree.append(place(0), b"{\n{\n")
        both(tree, state)
    tree.put(window(0, endpoint_name="/b"))
    assert len(both(tree, state)["dep"].windows) == 1


def test_nothing_is_read_beyond_too_many_bad_lines_for_a_late_window_either(
    tree: Tree, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_mlmonitor.records.lines.MAX_BAD_LINES", 3)
    tree.put(window(0))
    tree.append(place(0), b"{\n" * 6)
    tree.put(window(0, endpoint_name="/b"))
    assert len(both(tree, state)["dep"].windows) == 1
    tree.put(window(2), window(1), name=place(2))
    assert both(tree, state)["dep"].history.windows == 3


def test_only_what_is_new_is_read(tree: Tree, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    from pytest_mlmonitor.serving.ingest import days as window_units

    def noting(path: Path) -> Content:
        opened.append(path.name)
        return real(path)

    real = window_units.read_records
    monkeypatch.setattr(window_units, "read_records", noting)
    tree.put(*(window(minute) for minute in range(5)))
    tree.read(NOW, state)
    opened.clear()
    tree.read(NOW, state)
    assert opened == []
    tree.put(window(3, endpoint_name="/b"))
    tree.put(window(9))
    tree.read(NOW, state)
    assert opened == ["metrics_03.jsonl", "metrics_09.jsonl"]


def test_windows_from_the_future_are_judged_when_their_time_comes(tree: Tree, state: State) -> None:
    tree.put(*(window(minute) for minute in (-1, 20, 500)))
    assert len(both(tree, state)["dep"].history.ahead) == 2
    assert len(both(tree, state, at(30))["dep"].history.ahead) == 1
    assert len(both(tree, state, at(600))["dep"].history.ahead) == 0
    assert len(both(tree, state, at(5))["dep"].history.ahead) == 2


def test_a_day_of_future_windows_is_read_again_when_they_were_not_kept(
    tree: Tree, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_mlmonitor.serving.fold.fold.MAX_AHEAD", 3)
    tree.put(*(window(minute) for minute in range(10)))
    both(tree, state, at(0))
    assert both(tree, state, at(5))["dep"].history.more_ahead == 2
    assert both(tree, state, at(20))["dep"].history.ahead == ()


def test_counts_beyond_sixty_four_bits(tree: Tree, state: State) -> None:
    most = 2**63 - 1
    tree.put(*(window(i, request_count=most, success_count=most, prediction_count=most) for i in range(3)))
    for _ in range(2):
        assert both(tree, state)["dep"].history.judged.requests == 3 * most


def test_names_that_are_no_text(tmp_path: Path, state: State) -> None:
    for root in (tmp_path / "plain", Path(os.fsdecode(bytes(tmp_path) + b"/\xff"))):
        tree = Tree(root.resolve())
        tree.put(window(0))
        tree.put(window(1), name=os.fsdecode(b"2026-04-26/\xff.jsonl"))
        tree.put(window(2), name=os.fsdecode(b"\xff/x.jsonl"))
        for _ in range(2):
            assert len(both(tree, state)["dep"].windows) == 3


def test_top_level_files_are_read_in_their_order(tree: Tree, state: State) -> None:
    tree.put(window(0, latency_p99_ms=31.0), name="0.jsonl")
    tree.put(window(0, latency_p99_ms=32.0))
    tree.put(window(1, latency_p99_ms=32.0))
    tree.put(window(1, latency_p99_ms=33.0), name="z.jsonl")
    one = both(tree, state)["dep"]
    assert [w.latency_p99_ms for w in one.windows] == [31.0, 32.0]
    assert one.history.latest == list(one.windows)[-1]


def test_a_misplaced_duplicate_is_misplaced(tree: Tree, state: State) -> None:
    tree.put(window(0))
    tree.put(window(0), name=place(7))
    one = both(tree, state)["dep"]
    assert len(one.misplaced) == len(one.duplicates) == 1
    assert len(one.windows) == 1


def test_a_torn_line_whose_name_is_blank_belongs_to_nobody(tree: Tree, state: State) -> None:
    tree.append(place(0), b'{"deployment_id":"  ","x\n')
    assert list(both(tree, state)) == ["unattributed"]


def test_another_policy_remembers_for_itself(tree: Tree, state: State) -> None:
    tree.put(*(window(minute) for minute in (-90, -89, -3, -2)))
    for lookback in (None, 600, 7200, None, 600):
        tree.settings = Settings(serving=ServingPolicy(lookback_seconds=lookback))
        both(tree, state)


# -- files that are rewritten -----------------------------------------------------------------------------------------


def rewritten(found: list[Deployment]) -> list[str]:
    return [finding.message for deployment in found for finding in deployment.rewritten]


def truncate(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"\n") + 1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def change(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"20.0", b"21.0"))


def change_and_grow(path: Path) -> None:
    change(path)
    path.write_bytes(path.read_bytes() + encoded(window(0, endpoint_name="/c")) + b"\n")


def put_before(path: Path) -> None:
    path.write_bytes(encoded(window(0, endpoint_name="/c")) + b"\n" + path.read_bytes())


def glue(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"  x\n")


REWRITES: tuple[tuple[Callable[[Path], None], str], ...] = (
    (truncate, "shrank"),
    (empty, "shrank"),
    (change, "changed"),
    (change_and_grow, "changed"),
    (put_before, "changed"),
    (glue, "changed"),
)


@pytest.mark.parametrize(("how", "word"), REWRITES, ids=lambda value: getattr(value, "__name__", value))
def test_a_rewritten_file_is_named_until_it_is_accepted(
    how: Callable[[Path], None], word: str, tree: Tree, state: State
) -> None:
    tree.put(window(0), window(0, endpoint_name="/b"), window(1))
    assert rewritten(tree.read(NOW, state)) == []
    how(tree.metrics / place(0))
    for minute in range(3):
        found = tree.read(at(minute), state)
        (message,) = rewritten(found)
        assert place(0) in message and word in message
        assert said(found, without=["rewritten"]) == said(tree.read(at(minute)), without=["rewritten"])
        tree.put(window(minute + 2))  # life goes on
    (deployment,) = [one for one in tree.read(NOW, state) if one.rewritten]
    assert deployment.rewritten[0].severity == Severity.ERROR
    assert (deployment.rewritten[0].location or "").endswith(place(0))
    assert rewritten(tree.read(NOW, state, full=True)) == []
    assert rewritten(tree.read(NOW, state)) == []
    both(tree, state)


def test_a_file_that_is_rewritten_again_and_again_is_named_once(tree: Tree, state: State) -> None:
    tree.put(window(0))
    for number in range(5):
        (tree.metrics / place(0)).write_bytes(encoded(window(0, latency_p99_ms=40.0 + number)) + b"\n")
        found = tree.read(NOW, state)
    assert len(rewritten(found)) == 1


def test_a_rewrite_beside_retention_is_noticed(tree: Tree, state: State) -> None:
    tree.put(window(0), window(1))
    tree.read(NOW, state)
    (tree.metrics / place(1)).unlink()
    change(tree.metrics / place(0))
    assert len(rewritten(tree.read(NOW, state))) == 1


def test_a_rewrite_is_noticed_by_a_run_that_looks_back_in_time(tree: Tree, state: State) -> None:
    tree.put(window(0), window(1))
    tree.read(at(10), state)
    change(tree.metrics / place(0))
    assert len(rewritten(tree.read(at(-10), state))) == 1


def test_what_was_found_outlives_another_policy(tree: Tree, state: State) -> None:
    tree.put(window(0))
    tree.read(NOW, state)
    change(tree.metrics / place(0))
    assert len(rewritten(tree.read(NOW, state))) == 1
    tree.settings = Settings(serving=ServingPolicy(lookback_seconds=600))
    assert len(rewritten(tree.read(NOW, state))) == 1


def test_retention_is_no_rewriting(tree: Tree, state: State) -> None:
    tree.put(*(window(minute) for minute in (-1440, -1439, 0, 1)))
    both(tree, state)
    (tree.metrics / place(0)).unlink()
    assert rewritten(list(both(tree, state).values())) == []
    shutil.rmtree((tree.metrics / place(-1440)).parents[1])
    assert rewritten(list(both(tree, state).values())) == []


def test_a_touched_or_replaced_file_of_the_same_content_is_no_finding(tree: Tree, state: State) -> None:
    tree.put(window(0), window(1))
    both(tree, state)
    path = tree.metrics / place(0)
    os.utime(path)
    assert rewritten(list(both(tree, state).values())) == []
    other = path.with_name("other")
    shutil.copyfile(path, other)
    other.replace(path)
    assert rewritten(list(both(tree, state).values())) == []


def test_what_was_not_read_may_change(tree: Tree, state: State) -> None:
    """A torn line is nothing yet: a writer that takes it back rewrites nothing that was read."""
    path = tree.append(place(0), encoded(window(0)) + b'\n{"torn')
    both(tree, state)
    path.write_bytes(encoded(window(0)) + b"\n" + encoded(window(0, endpoint_name="/b")) + b"\n")
    assert rewritten(list(both(tree, state).values())) == []


@pytest.mark.parametrize(("rest", "windows", "torn"), [(b"", 2, 0), (b"\n", 2, 0), (b"\n{", 2, 1)])
def test_a_file_that_grows_between_listing_and_reading(
    rest: bytes, windows: int, torn: int, tree: Tree, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_mlmonitor.serving.ingest import tree as window_tree

    tree.put(window(0))
    real = window_tree.listing

    def before(*args: Any) -> Any:
        listed = real(*args)
        tree.append(place(0), encoded(window(0, endpoint_name="/b")) + rest)
        return listed

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(window_tree, "listing", before)
        found = tree.read(state=state)
    assert [one.history.windows for one in found if one.ref.name == "dep"] == [windows]
    assert sum(len(one.unreadable) for one in found) == torn
    assert rewritten(list(both(tree, state).values())) == []


@pytest.mark.parametrize("endpoint", ["/predict", "/new"])
def test_a_line_that_is_finished_while_a_run_looks_at_it(
    endpoint: str, tree: Tree, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_mlmonitor.serving.ingest import tree as window_tree

    line = encoded(window(0, endpoint_name=endpoint))
    tree.append(place(0), line[:100])
    tree.put(window(1), window(2))
    real = window_tree.tails

    def later(*args: Any) -> None:
        tree.append(place(0), line[100:] + b"\n")
        real(*args)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(window_tree, "tails", later)
        assert tree.fold_of(state=state).history.windows == 2  # it is late: the next run puts it in order
    assert both(tree, state)["dep"].history.windows == 3


def test_recent_windows_are_forgotten_when_they_are_recent_no_more(tree: Tree, state: State) -> None:
    for day in range(3):
        tree.put(*(window(day * 1440 + minute) for minute in range(3)))
        (found,) = tree.read(at(day * 1440 + 5), state)
        assert len(list(found.history.recent())) == 3
        assert len(found.history._recent) == len(next(iter(tree.read(at(day * 1440 + 5)))).history._recent)


def test_records_in_wrong_files_are_one_finding(tree: Tree) -> None:
    for minute in range(30):
        tree.append(place(minute + 60), encoded(window(minute)))
    (found,) = tree.read(NOW)
    (finding,) = found.misplaced
    assert "29 more" in finding.message
