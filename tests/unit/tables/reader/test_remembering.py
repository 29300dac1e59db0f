"""The reader is asked once of a table that nobody touches; what it says from memory is what it says when it reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor import Platform
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.tables.contract.table import Column, Limit, Metric, SqlRule, TableContract
from pytest_mlmonitor.tables.profile import ParquetHead, SqlAnswer, Statistics, TableProfile
from pytest_mlmonitor.tables.reader import identity, ingredients, remembering
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from pytest_mlmonitor.tables.reader.remembering import RememberedAnswers
from pytest_mlmonitor.tables.unreadable import Unreadable

HEAD = ParquetHead(("a",), ("int64",), 3, {})
SQL = TableContract("t", (), sql=(SqlRule("r", "SELECT count(*) FROM {name}", Limit("==", (0,))),))


class Asked:
    """Counts how often it is asked."""

    def __init__(self, answer: Any = HEAD) -> None:
        self.times = 0
        self.answer = answer

    def __call__(self) -> Any:
        self.times += 1
        return self.answer


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "FINE_NS", 0)  # files of a test are milliseconds old


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"1234")
    return path


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., RememberedAnswers]:
    """Return what makes the memory of a further run."""

    def made(*, full: bool = False, **policy: Any) -> RememberedAnswers:
        platform = Platform((), Settings(**policy), state=tmp_path / "state" / "state.db", full=full)
        return RememberedAnswers(platform)

    return made


Run = Callable[..., RememberedAnswers]


def test_an_answer_is_the_same_the_second_time(run: Run, file: Path) -> None:
    asked = Asked()
    for _ in range(3):
        assert run().answer("head", (file,), asked) == HEAD
    assert asked.times == 1


def test_nothing_is_remembered_without_a_state(file: Path) -> None:
    asked = Asked()
    for _ in range(2):
        assert RememberedAnswers(Platform()).answer("head", (file,), asked) == HEAD
    assert asked.times == 2


@pytest.mark.parametrize("verify", ["stat", "digest"])
def test_a_file_that_changed_is_asked_of_again(run: Run, file: Path, verify: str) -> None:
    asked = Asked()
    run(state_verify=verify).answer("head", (file,), asked)
    file.write_bytes(b"5678")
    run(state_verify=verify).answer("head", (file,), asked)
    assert asked.times == 2


@pytest.mark.parametrize(("verify", "times"), [("stat", 2), ("digest", 1)])
def test_by_its_bytes_a_table_is_known_again_in_another_directory(
    run: Run, file: Path, tmp_path: Path, verify: str, times: int
) -> None:
    other = tmp_path / "elsewhere" / file.name
    other.parent.mkdir()
    other.write_bytes(file.read_bytes())
    asked = Asked()
    for path in (file, other):
        run(state_verify=verify).answer("drift", (path, (path,), "f"), asked)
    assert asked.times == times
    renamed = other.rename(other.with_name("b.parquet"))
    run(state_verify=verify).answer("drift", (renamed, (file,), "f"), asked)
    assert asked.times == times + 1


def test_every_table_of_a_question_counts(run: Run, file: Path, tmp_path: Path) -> None:
    others = (tmp_path / "b.parquet", tmp_path / "c.parquet")
    for other in others:
        other.write_bytes(b"9")
    asked = Asked()
    run().answer("drift", (file, others), asked)
    others[1].write_bytes(b"8")
    run().answer("drift", (file, others), asked)
    run().answer("drift", (file, others[:1]), asked)
    run().answer("drift", (others[0], (file,)), asked)
    assert asked.times == 4


def test_other_questions_have_other_answers(run: Run, file: Path) -> None:
    asked = Asked()
    memory = run()
    for question in ((file,), (file, "a"), (file, ["a"]), (file, ("a",)), (file, 1), (file, 1.0), (file, True)):
        for function in ("head", "scan"):
            memory.answer(function, question, asked)
    assert asked.times == 14


def test_another_state_of_the_product_is_asked_anew(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked()
    run().answer("head", (file,), asked)
    monkeypatch.setattr(remembering, "ingredients", lambda: "another")
    run().answer("head", (file,), asked)
    assert asked.times == 2


def test_a_full_run_passes_over_it_and_remembers_anew(run: Run, file: Path) -> None:
    run().answer("head", (file,), Asked())
    asked = Asked(ParquetHead(("b",), ("int64",), 3, {}))
    assert run(full=True).answer("head", (file,), asked).names == ("b",)
    assert run().answer("head", (file,), asked).names == ("b",)
    assert asked.times == 1


def test_what_is_replaced_while_it_is_read_is_not_remembered(run: Run, file: Path) -> None:
    def replaced() -> ParquetHead:
        file.write_bytes(b"5678")
        return HEAD

    run().answer("head", (file,), replaced)
    asked = Asked()
    run().answer("head", (file,), asked)
    file.write_bytes(b"1234")
    run().answer("head", (file,), asked)
    assert asked.times == 2


def test_what_was_written_just_now_is_not_remembered(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "FINE_NS", 10**12)
    asked = Asked()
    for _ in range(2):
        run().answer("head", (file,), asked)
    assert asked.times == 2


def test_what_cannot_be_read_is_tried_again(run: Run, file: Path) -> None:
    def refuses() -> ParquetHead:
        raise Unreadable("took longer than 60 s to read")

    with pytest.raises(Unreadable):
        run().answer("head", (file,), refuses)
    assert run().answer("head", (file,), Asked()) == HEAD


@pytest.mark.parametrize(
    "answer",
    [
        TableProfile(HEAD, answers={(0, 0): SqlAnswer("r", None, "cannot run: it took longer than 30 s")}),
        [object()],
        "x" * (2 << 20),
    ],
)
def test_what_is_not_whole_or_has_no_form_or_is_data_is_not_remembered(run: Run, file: Path, answer: Any) -> None:
    asked = Asked(answer)
    for _ in range(2):
        assert run().answer("scan", (file,), asked) is answer
    assert asked.times == 2


def test_sql_that_may_have_been_interrupted_is_not_remembered(
    run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(TableProfile(HEAD, answers={(0, 0): SqlAnswer("r", 1)}))
    monkeypatch.setattr(remembering, "SQL_SECONDS", 0.0)
    run().answer("scan", (file, (SQL,)), asked)
    monkeypatch.setattr(remembering, "SQL_SECONDS", 20.0)
    for _ in range(2):
        run().answer("scan", (file, (SQL,)), asked)
    assert asked.times == 2


def test_sql_that_reads_the_clock_is_not_remembered(run: Run, file: Path) -> None:
    rule = SqlRule("r", "SELECT count(*) FROM {name} WHERE t > now()", Limit("==", (0,)))
    asked = Asked()
    for _ in range(2):
        run().answer("scan", (file, (TableContract("t", (), sql=(rule,)),)), asked)
    assert asked.times == 2


def test_torn_answers_are_set_aside_and_counted(run: Run, file: Path, tmp_path: Path) -> None:
    run().answer("head", (file,), Asked())
    with sqlite3.connect(tmp_path / "state" / "state.db") as connection:
        connection.execute("UPDATE answers SET content = substr(content, 1, length(content) - 1)")
    asked = Asked()
    platform = Platform((), state=tmp_path / "state" / "state.db")
    assert RememberedAnswers(platform).answer("head", (file,), asked) == HEAD
    assert asked.times == 1 and platform.answers is not None and platform.answers.unsound == 1
    assert run().answer("head", (file,), asked) == HEAD and asked.times == 1


def test_what_it_is_made_of_changes_with_a_library_and_a_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {ingredients.ingredients.__wrapped__()}
    monkeypatch.setattr(ingredients, "_installed", lambda: {"pyarrow": "0.1"})
    found.add(ingredients.ingredients.__wrapped__())
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    found.add(ingredients.ingredients.__wrapped__())
    assert len(found) == 3


def test_the_versions_are_those_of_the_libraries() -> None:
    import duckdb

    found = ingredients._installed()
    assert (found["pyarrow"], found["duckdb"]) == (pa.__version__, duckdb.__version__)


# What is remembered is what is read.

NUMBERS = st.one_of(st.none(), st.integers(-3, 3), st.just(2**53))
CONTRACTS = st.builds(
    lambda nullable, least, values, unique, share: TableContract(
        "t",
        (
            Column("a", ("int64",), nullable=nullable, minimum=least, unique=unique),
            Column("b", ("string",), nullable=True, values=values),
        ),
        metrics=(Metric("null", Limit("<=", (share,), percent=True), ("b",)),),
    ),
    st.booleans(),
    st.one_of(st.none(), st.integers(-2, 2)),
    st.one_of(st.none(), st.just(("x", "y"))),
    st.booleans(),
    st.integers(0, 100),
)


FEATURES = (("a", "numeric"), ("b", "categorical"))


@pytest.fixture(scope="module")
def reader() -> IsolatedReader:
    return IsolatedReader()


@given(
    st.lists(st.tuples(NUMBERS, st.one_of(st.none(), st.sampled_from(["x", "y", "z", "\U0001f6b2"]))), max_size=12),
    CONTRACTS,
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_remembered_answer_is_that_of_a_fresh_reading(
    reader: IsolatedReader,
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[Any, Any]],
    contract: TableContract,
) -> None:
    place = tmp_path_factory.mktemp("random")
    file = place / "t.parquet"
    pq.write_table(
        pa.table({"a": pa.array([a for a, _ in rows], pa.int64()), "b": pa.array([b for _, b in rows], pa.string())}),
        file,
    )
    statistics = Statistics(distinct=("a",), mean=("a",), summary=("a",), unique=(("b",),))

    def asked(state: Path | None, process: IsolatedReader) -> tuple[Any, ...]:
        client = TableReader(Platform((), reader=process, state=state))
        return (
            client.head(file),
            repr(client.scan(file, (contract,), statistics)),
            repr(client.drift(file, (file,), FEATURES)),
        )

    fresh = asked(None, reader)
    first = asked(place / "state.db", reader)
    dead = IsolatedReader()
    dead.call = None  # type: ignore[assignment]  # nobody may ask it
    assert asked(place / "state.db", dead) == first == fresh
