"""A line a run; what is wrong is named when it is new."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from pytest_mlmonitor.integrations.watch.run_lines import RunLines
from pytest_mlmonitor.integrations.watch.watched_run import WatchedRun, _told

BEGAN = datetime(2026, 11, 29, 8, 0, 0, 500_000, tzinfo=UTC)
NEXT = datetime(2026, 11, 29, 8, 10, 12, tzinfo=UTC)


def artifact(
    name: str, verdict: str, family: str | None = None, headline: str = "1 key occurs more than once"
) -> dict[str, Any]:
    more = {"family": family} if family else {}
    return {"kind": "dataset", "name": name, "verdict": verdict, "headline": headline, **more}


def verdict(*artifacts: dict[str, Any], status: int | None = None) -> WatchedRun:
    bad = any(one["verdict"] in ("failed", "error") for one in artifacts)
    exit_status = int(bad) if status is None else status
    counts = {"pass": 3, "fail": 0, "error": 0, "not_checked": 0, "warned": 0}
    results: Any = {"artifacts": list(artifacts), "counts": counts, "exit_status": exit_status}
    return WatchedRun("verdict", BEGAN, 3.4, results, output="one\ntwo", exit_status=exit_status)


def said(lines: RunLines, run: WatchedRun, missed: int = 0) -> list[str]:
    return list(lines.of(run, missed, NEXT))


def test_the_lines_of_a_day() -> None:
    lines = RunLines()
    assert said(lines, verdict(artifact("a@1", "ok", "a"), artifact("b", "warned"))) == [
        "2026-11-29 08:00:00 UTC  ok          2 artifacts, 1 warned · took 3 s · next 08:10:12"
    ]
    broken = verdict(artifact("a@2", "failed", "a"), artifact("b", "ok"))
    assert said(lines, broken) == [
        "2026-11-29 08:00:00 UTC  FAILED      1 failed of 2 artifacts · 1 new · took 3 s · next 08:10:12",
        "    FAILED  dataset a: 1 key occurs more than once",
    ]
    # the next version of the same, whose words are other ones
    again = verdict(artifact("a@3", "failed", "a", "2 keys occur more than once"), artifact("b", "ok"))
    assert len(said(lines, again)) == 1, "no flood"
    assert said(lines, WatchedRun("no_verdict", BEGAN, 0.5, reason="pytest was killed by SIGKILL")) == [
        "2026-11-29 08:00:00 UTC  NO VERDICT  pytest was killed by SIGKILL · took 0.5 s · next 08:10:12"
    ]
    assert len(said(lines, again)) == 1, "nor after a run that came to nothing"
    worse = said(lines, verdict(artifact("a@3", "error", "a", "rows could not run"), artifact("b", "ok")))
    assert "new" not in worse[0] and worse[1] == "    ERROR   dataset a: rows could not run"
    assert said(lines, verdict(artifact("a@4", "ok", "a"), artifact("b", "ok")), missed=2) == [
        "2026-11-29 08:00:00 UTC  ok          2 artifacts · 1 fixed · took 3 s · longer than the interval: 2 ticks skipped"
        " · next 08:10:12",
        "    fixed or gone: dataset a",
    ]


def test_a_part_is_not_said_to_be_the_whole() -> None:
    run = verdict(artifact("a", "ok"), artifact("b", "partial"))
    assert run.results is not None
    run.results["narrowed"] = True
    assert "ok          2 artifacts, of which a part was judged · took" in said(RunLines(), run)[0]


def test_many_that_fail_are_counted() -> None:
    lines = RunLines()
    found = said(lines, verdict(*(artifact(f"d{n}", "failed") for n in range(8))))
    assert found[0].startswith("2026-11-29 08:00:00 UTC  FAILED      8 failed of 8 artifacts · took"), "new to nobody"
    assert [line.split(":")[0].strip() for line in found[1:]] == [
        *(f"FAILED  dataset d{n}" for n in range(5)),
        "and 3 more",
    ]
    assert said(lines, verdict(artifact("d0", "ok")))[1].endswith(
        "dataset d0, dataset d1, dataset d2, dataset d3, dataset d4 and 3 more"
    )


def test_names_move_no_cursor() -> None:
    (_, line) = said(RunLines(), verdict(artifact("a\x1b[2K\r", "failed", headline="x\ny")))
    assert line == "    FAILED  dataset a\\x1b[2K\\x0d: x\\x0ay"


def test_a_test_of_the_project_may_fail_alone() -> None:
    (line,) = said(RunLines(), verdict(artifact("a", "ok"), status=1))
    assert "FAILED      tests of the project, no artifact of 1 artifact" in line


def test_verbose_relays_what_pytest_printed_where_something_is_wrong() -> None:
    lines = RunLines(verbose=True)
    assert len(said(lines, verdict(artifact("a", "ok")))) == 1
    assert said(lines, verdict(artifact("a", "failed")))[2:] == ["  | one", "  | two"]
    assert said(lines, verdict(artifact("a", "failed")))[1:] == ["  | one", "  | two"]


def test_json() -> None:
    lines = RunLines(as_json=True)
    first, second = (
        json.loads(one)
        for run in (verdict(artifact("a", "ok")), verdict(artifact("a", "failed")))
        for one in said(lines, run, missed=1)
    )
    assert (first["new"], first["fixed"]) == (None, None), "nobody knows"
    assert second == {
        "at": "2026-11-29T08:00:00Z",
        "outcome": "verdict",
        "exit_status": 1,
        "artifacts": {"failed": 1},
        "results": {"pass": 3, "fail": 0, "error": 0, "not_checked": 0, "warned": 0},
        "narrowed": None,
        "new": 1,
        "fixed": 0,
        "reason": None,
        "seconds": 3.4,
        "skipped": 1,
        "next": "2026-11-29T08:10:12Z",
    }


def test_of_what_pytest_printed_the_line_counts_that_says_why() -> None:
    head = "pytest was called wrongly, or the policy cannot be used (exit status 4)"
    printed = "===== test session starts =====\nERROR: mlmonitor: unknown key freshnes\n\n"
    assert _told(f"{head}; it printed:\n{printed}") == (f"{head}: unknown key freshnes", printed)
    assert _told("pytest was killed by SIGKILL") == ("pytest was killed by SIGKILL", "")
