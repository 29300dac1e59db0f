"""Decisions are posted a few at a time, within the time that there is, and what was not taken is told in few words."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pytest_mlmonitor.core.policy.outlets.alerts_policy import WebhookPolicy
from pytest_mlmonitor.core.store.database import Transaction
from pytest_mlmonitor.core.store.decisions import KeptDecision, decide, waiting
from pytest_mlmonitor.core.store.sqlite_store import SqliteStore
from pytest_mlmonitor.outputs.retraining.decision_posts import post_decisions

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
MODELS = 40


@contextmanager
def server(status: int) -> Iterator[tuple[str, list[int]]]:
    """A server that answers so; its URL, and how many requests it had at each time one came."""
    open_now, seen, lock = [0], list[int](), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with lock:
                open_now[0] += 1
                seen.append(open_now[0])
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(0.02)
            with lock:
                open_now[0] -= 1
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{http.server_port}/hook", seen
    finally:
        http.shutdown()
        http.server_close()


def kept(tmp_path: Path) -> SqliteStore:
    store = SqliteStore(tmp_path / "store.db")

    def work(transaction: Transaction) -> None:
        for number in range(MODELS):
            one = KeptDecision(f"key-{number}", "production", f"model_{number:02}", "{}", NOW)
            assert decide(transaction, one, timedelta(hours=12), 2)

    store.transaction(work)
    return store


def unsent(store: SqliteStore) -> list[KeptDecision]:
    return [one for one in store.transaction(lambda some: waiting(some, "production")) if one.sent_at is None]


def posted(store: SqliteStore, url: str, seconds: float) -> tuple[list[str], list[str]]:
    return post_decisions(store, unsent(store), WebhookPolicy(url=url), {}, NOW, time.monotonic() + seconds)


def test_a_dataset_that_feeds_many_models_asks_for_few_answers_at_once(tmp_path: Path) -> None:
    store = kept(tmp_path)
    with server(200) as (url, seen):
        models, problems = posted(store, url, 60)
    assert (len(models), problems, len(seen)) == (MODELS, [], MODELS)
    assert max(seen) <= 8
    assert unsent(store) == []


def test_one_fault_of_a_server_is_one_line_and_all_are_posted_by_the_next_run(tmp_path: Path) -> None:
    store = kept(tmp_path)
    with server(403) as (url, _):
        models, (problem,) = posted(store, url, 60)
    assert models == [] and "403" in problem and "model_00" in problem and "37 more" in problem
    with server(200) as (url, _):
        assert len(posted(store, url, 60)[0]) == MODELS


def test_what_there_is_no_time_for_is_left_to_the_next_run(tmp_path: Path) -> None:
    store = kept(tmp_path)
    with server(200) as (url, seen):
        models, problems = posted(store, url, -1)
        assert models == [] and seen == [] and len(problems) <= 4
        assert "no time was left" in problems[-1]
        assert len(posted(store, url, 60)[0]) == MODELS
