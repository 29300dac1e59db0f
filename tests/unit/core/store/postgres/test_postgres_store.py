"""The store in PostgreSQL: nothing that was acknowledged is lost, whatever happens to the process, the server or the network."""

# ruff: noqa: S608 -- schemas are ours

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from pytest_mlmonitor.core.memory.patience import Patience
from pytest_mlmonitor.core.store import counters, store_tables
from pytest_mlmonitor.core.store.claims import claim
from pytest_mlmonitor.core.store.counters import Counted
from pytest_mlmonitor.core.store.database import StoreUnusable, Transaction
from pytest_mlmonitor.core.store.postgres import postgres_store
from pytest_mlmonitor.core.store.postgres.postgres_store import PostgresStore
from tests.services.postgres_server import PASSWORD, PostgresServer, postgres

MODEL = ("bike", "production")
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def url(postgres_server: PostgresServer) -> str:
    return postgres_server.new_url()


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that tests stop and start."""
    with postgres() as server:
        yield server


def count(period: int, number: int = 1) -> Callable[[Transaction], None]:
    return lambda transaction: counters.count(transaction, "c", {Counted(MODEL, "tree", period): number}, 20_000)


def totals(transaction: Transaction) -> int:
    return counters.totals(transaction, "c").get(MODEL, 0)


def total(url: str) -> int:
    store = at(url)
    try:
        return store.transaction(totals)
    finally:
        store.close()


def at(url: str, seconds: float = 20) -> PostgresStore:
    return PostgresStore(url, "STORE_URL", Patience(seconds))


def problem(url: str, seconds: float = 5) -> str:
    with pytest.raises(StoreUnusable) as unusable:
        at(url, seconds).transaction(totals)
    return str(unusable.value)


# What is kept, and where.


def test_tables_have_a_schema_of_their_own(postgres_server: PostgresServer) -> None:
    postgres_server.execute("CREATE TABLE run (mine TEXT)")
    try:
        at(postgres_server.url()).transaction(count(1))
        assert total(postgres_server.url()) == 1
        assert postgres_server.execute("SELECT * FROM public.run") == []
    finally:
        postgres_server.execute("DROP TABLE public.run")
        postgres_server.execute("DROP SCHEMA mlmonitor CASCADE")


def test_a_schema_in_which_others_have_such_a_table_is_left_alone(postgres_server: PostgresServer, url: str) -> None:
    schema = url.rpartition("%3D")[2]
    postgres_server.execute(f"CREATE TABLE {schema}.run (theirs TEXT)")
    assert "already exists" in problem(url)
    assert postgres_server.execute(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'") == [("run",)]


def test_a_search_path_that_leads_nowhere_is_said(postgres_server: PostgresServer) -> None:
    assert "names no schema that is there" in problem(postgres_server.url(options="-csearch_path%3Dnowhere"))


def test_somebody_without_rights_is_told(postgres_server: PostgresServer) -> None:
    postgres_server.execute("CREATE ROLE reader LOGIN PASSWORD 'reader-canary'")
    said = problem(postgres_server.url().replace("monitor:pw-canary%2F4711%40x", "reader:reader-canary"))
    assert "permission denied" in said
    assert "reader-canary" not in said


def test_a_database_in_another_encoding_is_said(postgres_server: PostgresServer) -> None:
    postgres_server.execute("CREATE DATABASE old ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    assert "encoded in LATIN1" in problem(postgres_server.url("old"))


def test_an_older_store_is_brought_forward_and_a_newer_one_left_alone(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        for module in (store_tables, postgres_store):
            older.setattr(module, "VERSION", 1)
        older.setattr(store_tables, "MIGRATIONS", store_tables.MIGRATIONS[:1])
        older.setattr(postgres_store, "TABLES", ("run", "fact"))
        at(url).transaction(count(1))
    assert total(url) == 1
    with monkeypatch.context() as newer:
        newer.setattr(store_tables, "MIGRATIONS", (*store_tables.MIGRATIONS, ("CREATE TABLE extra (x BIGINT)",)))
        for module in (store_tables, postgres_store):
            newer.setattr(module, "VERSION", len(store_tables.MIGRATIONS))
        at(url).transaction(count(2))
    assert "newer pytest_mlmonitor" in problem(url)


# Statements that fail.


def test_what_raises_did_not_happen(url: str) -> None:
    store = at(url)

    def interrupted(transaction: Transaction) -> None:
        count(1)(transaction)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.transaction(interrupted)
    assert store.transaction(totals) == 0
    store.close()


def test_a_failure_that_nobody_listened_to_is_none_the_less_one(url: str) -> None:
    def careless(transaction: Transaction) -> str:
        count(1)(transaction)
        try:
            transaction.run("SELECT nowhere FROM run")
        except Exception:
            return "kept"
        return ""

    with pytest.raises(StoreUnusable):
        at(url).transaction(careless)
    assert total(url) == 0


def test_percent_signs_and_odd_texts_are_values(url: str) -> None:
    odd = "100 % a\x00b\udcff ? %s"

    def put(transaction: Transaction) -> list[tuple[object, ...]]:
        transaction.run("INSERT INTO fact (name, number) VALUES (?, 10 % 7)", (odd,))
        return transaction.run("SELECT name, number FROM fact WHERE name LIKE '100 %'")

    store = at(url)
    assert store.transaction(put) == [("100 % a\\x00b\\xdcff ? %s", 3)]
    store.close()


def _add(url: str) -> None:
    at(url, 60).transaction(lambda transaction: transaction.run("INSERT INTO fact VALUES (?, 1)", (str(os.getpid()),)))


def test_processes_that_begin_at_once_make_the_tables_once(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_add, args=(url,)) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 6
    store = at(url)
    assert store.transaction(lambda transaction: transaction.run("SELECT count(*) FROM fact")) == [(6,)]
    store.close()


# Others, and the server.


def test_who_has_waited_in_vain_waits_no_more(url: str) -> None:
    first, second = at(url), at(url, 0.3)

    def meanwhile(transaction: Transaction) -> None:
        for _ in range(2):
            with pytest.raises(StoreUnusable, match="locked"):
                second.transaction(count(2))
        count(1)(transaction)

    first.transaction(meanwhile)
    first.close()
    assert total(url) == 1


def test_a_machine_that_is_gone_keeps_nobody_waiting(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_store, "_IDLE_SECONDS", 1)
    at(url).transaction(count(1))
    child = os.fork()
    if child == 0:  # pragma: no cover (another process)

        def stopped(transaction: Transaction) -> None:
            count(2)(transaction)
            os.kill(os.getpid(), signal.SIGSTOP)

        at(url).transaction(stopped)
        os._exit(1)
    try:
        os.waitpid(child, os.WUNTRACED)
        assert total(url) == 1
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@pytest.mark.slow(turn=2)
def test_a_server_that_is_started_again_between_and_during_transactions_loses_nothing(
    own_server: PostgresServer,
) -> None:
    url = own_server.new_url()
    store = at(url, 60)
    for number, how in enumerate((signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)):
        store.transaction(count(3 * number))
        restarted = threading.Thread(target=_restart, args=(own_server, how))
        if how == signal.SIGTERM:  # which waits until all have left
            store.close()
        restarted.start()
        store.transaction(count(3 * number + 1))
        restarted.join()
        tries: list[int] = []

        def torn(transaction: Transaction, number: int = number, tries: list[int] = tries) -> None:
            count(3 * number + 2)(transaction)
            if not tries:
                tries.append(1)
                _restart(own_server, signal.SIGQUIT)
            transaction.run("SELECT 1")

        store.transaction(torn)
    assert store.transaction(totals) == 9
    assert store.problem is None
    store.close()


def _restart(server: PostgresServer, how: signal.Signals) -> None:
    server.stop(how)
    server.start()


@contextmanager
def cut(server: PostgresServer, *, before: bool) -> Iterator[tuple[int, list[int]]]:
    """Yield the port of a proxy that cuts the line when it first sees a COMMIT: before it is passed on, or its answer is."""
    listening = socket.create_server(("127.0.0.1", 0))
    cuts: list[int] = []

    def pass_on(client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", server.port)) as there:
            back = threading.Thread(target=give_back, args=(there, client), daemon=True)
            back.start()
            while data := client.recv(65536):
                commit = b"COMMIT" in data and not cuts
                if commit:
                    cuts.append(1)
                    client.shutdown(socket.SHUT_RDWR)
                if not (commit and before):
                    there.sendall(data)
                if commit:
                    time.sleep(0.2)  # the server does what it was told before it sees that nobody is there
                    return

    def give_back(there: socket.socket, client: socket.socket) -> None:
        try:
            while data := there.recv(65536):
                client.sendall(data)
        except OSError:
            pass

    def listen() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=pass_on, args=(client,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield listening.getsockname()[1], cuts
    finally:
        listening.close()


@pytest.mark.parametrize("before", [True, False])
def test_a_line_that_is_cut_at_a_commit_does_nothing_twice(
    postgres_server: PostgresServer, url: str, before: bool
) -> None:
    def add(transaction: Transaction) -> None:
        transaction.run(
            "INSERT INTO fact (name, number) VALUES ('n', 1) ON CONFLICT (name) DO UPDATE SET number = fact.number + 1"
        )

    with cut(postgres_server, before=before) as (port, cuts):
        store = at(url.replace(f":{postgres_server.port}/", f":{port}/"))
        store.transaction(add)
        store.close()
    assert cuts
    direct = at(url)
    assert direct.transaction(lambda transaction: transaction.run("SELECT number FROM fact")) == [(1,)]
    direct.close()


def test_a_server_that_is_not_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    said = problem(f"postgresql://u:secret-canary@127.0.0.1:{port}/db", 0.5)
    assert "refused" in said
    assert "canary" not in said


def test_a_server_that_never_answers_is_waited_for_no_longer_than_patience() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = at(f"postgresql://u:secret-canary@127.0.0.1:{silent.getsockname()[1]}/db", 0.5)
        for _ in range(2):
            with pytest.raises(StoreUnusable, match="has not answered"):
                store.transaction(totals)


def test_a_server_that_falls_silent_in_the_middle_is_waited_for_no_longer(own_server: PostgresServer) -> None:
    url = own_server.new_url()
    at(url).transaction(count(1))
    store = at(url, 0.5)

    def frozen(transaction: Transaction) -> None:
        ((backend,),) = transaction.run("SELECT pg_backend_pid()")
        os.kill(backend, signal.SIGSTOP)
        try:
            transaction.run("SELECT 1")
        finally:
            os.kill(backend, signal.SIGCONT)

    with pytest.raises(StoreUnusable, match="has not answered"):
        store.transaction(frozen)
    assert total(url) == 1


# Secrets.


@pytest.mark.parametrize(
    "url",
    [
        "canary-host canary",
        "https://canary:canary@host/db",
        "postgresql://u:ca/nary4711@host/db",
        "postgresql://u:can@ary@host/db",
        "postgresql://u:canary%zz@host/db",
        "postgresql://u:4711/canary@host/db",
        "postgresql://u:canary@host/db?canary=canary",
        "postgresql://u:canary@host:port-canary/db",
        "host=localhost password=canary",
        "postgresql://u:\udcffcanary@host/db",
    ],
)
def test_nothing_is_said_of_a_url_that_is_none(url: str) -> None:
    said = problem(url)
    assert "expected postgresql://USER:PASSWORD@HOST/DATABASE" in said
    assert not any(piece in said for piece in ("canary", "4711", "nary", "ary@"))


def test_a_password_that_is_wrong_is_not_repeated(postgres_server: PostgresServer) -> None:
    said = problem(postgres_server.url().replace("4711", "canary-4712"))
    assert "password authentication failed" in said
    assert "canary" not in said
    assert PASSWORD not in said


# Kills.


@pytest.mark.slow(turn=2)
def test_a_hundred_kills_lose_nothing_acknowledged(url: str) -> None:
    acknowledged, drawn = 0, random.Random(13)  # noqa: S311
    at(url).transaction(totals)
    for _ in range(100):
        receive, send = os.pipe()
        child = os.fork()
        if child == 0:  # pragma: no cover (killed)
            try:
                store = at(url)
                for period in range(acknowledged, acknowledged + 1000):
                    store.transaction(count(period))
                    os.write(send, b".")
            finally:
                os._exit(1)
        os.close(send)
        wanted = drawn.randrange(0, 4)
        got = len(os.read(receive, 1)) if wanted else 0
        while 0 < got < wanted:
            got += len(os.read(receive, 1))
        time.sleep(drawn.random() / 50)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(receive, 4096):
            got += len(more)
        os.close(receive)
        found = total(url)
        assert acknowledged + got <= found <= acknowledged + got + 1
        acknowledged = found
    assert acknowledged > 50


# Damage.


def schema_of(url: str) -> str:
    return url.rpartition("%3D")[2]


def test_a_row_that_somebody_changed_counts_no_more_and_is_kept(postgres_server: PostgresServer, url: str) -> None:
    for period in range(3):
        at(url).transaction(count(period, 5))
    postgres_server.execute(f"UPDATE {schema_of(url)}.counted SET number = 999 WHERE period = 1")
    store = at(url)
    store.transaction(count(7))
    assert store.transaction(totals) == 11
    (notice,) = store.notices
    assert "1 row of counted" in notice
    assert "damaged_row" in notice
    ((table, told),) = postgres_server.execute(f"SELECT table_name, told FROM {schema_of(url)}.damaged_row")
    assert table == "counted"
    assert "999" in str(told)
    store.close()
    assert total(url) == 11


def test_after_a_claim_was_changed_nobody_gets_one_for_the_cooldown(postgres_server: PostgresServer, url: str) -> None:
    now = datetime.now(UTC)
    assert at(url).transaction(lambda transaction: claim(transaction, "retrain/bike", now))
    postgres_server.execute(f"UPDATE {schema_of(url)}.claim SET claimed_at = 0")
    store = at(url)
    for key in ("retrain/bike", "retrain/taxi"):
        assert not store.transaction(lambda transaction, key=key: claim(transaction, key, now))
    assert "claim" in store.notices[0]
    later = now + timedelta(hours=13)
    assert store.transaction(lambda transaction: claim(transaction, "retrain/bike", later))
    store.close()


def test_a_table_that_is_gone_is_said(postgres_server: PostgresServer, url: str) -> None:
    at(url).transaction(count(1))
    postgres_server.execute(f"DROP TABLE {schema_of(url)}.claim")
    assert "its table claim is gone: restore a backup" in problem(url)
