"""One fault after the other: done, noticed, told, repaired, over; and nothing else told on the way."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from platform_demo.bike_platform import BikePlatform
from platform_demo.faults import WHAT
from platform_live.inbox import Inbox
from platform_live.phases import EXPECTED, Expected
from platform_live.servers import NotSeen, alerts, evaluated, wait_for
from platform_live.table import Line
from platform_live.watching import Watch

OF_RUNS = "MLMonitorCheckFailed"


class Show:
    """What is shown.

    Args:
        platform: that is watched.
        watch: what watches it.
        inbox: whoever is told.
        reports: directory for the report of every phase.
    """

    def __init__(self, platform: BikePlatform, watch: Watch, inbox: Inbox, reports: Path) -> None:
        self._platform = platform
        self._watch = watch
        self._inbox = inbox
        self._reports = reports
        self._phases = 0

    def healthy(self) -> None:
        """Let an hour pass in which all is well; nothing is found, fires or is told.

        Raises:
            NotSeen: something was.
        """
        print("healthy: an hour in which all is well …", flush=True)
        began = time.monotonic()
        self._platform.pass_hour()
        failed = self._run("healthy")
        if failed:
            raise NotSeen(f"healthy: expected no finding, but {_words(failed)}")
        self._quiet("healthy", Expected(frozenset(), frozenset()), began)

    def fault(self, name: str) -> Line:
        """Do one fault, see it noticed and told, repair it, and see it over.

        Raises:
            NotSeen: something of it was not seen, or something else was.
        """
        expected = EXPECTED[name]
        print(f"{name}: {WHAT[name]}", flush=True)
        began = time.monotonic()
        self._platform.pass_hour(name)
        failed = self._run(name)
        noticed = time.monotonic()
        pairs = {(one["kind"], one["check"]) for one in failed if one["severity"] != "warning"}
        if pairs != expected.checks:
            raise NotSeen(f"{name}: expected {_pairs(expected.checks)} to fail, but {_words(failed) or 'nothing'} did")
        said = failed[0]["findings"][0]["message"]
        print(f"  noticed: {said[:150]}", flush=True)
        wait_for(lambda: expected.rules <= self._firing(), f"{name}: {sorted(expected.rules)} fire")
        fired = time.monotonic()
        names = {check for _, check in expected.checks}
        wait_for(lambda: names <= self._told("firing", began), f"{name}: the receiver is told of {sorted(names)}")
        arrived = max(one.at for one in self._inbox.since(began) if one.check in names)
        print(f"  told of {', '.join(sorted(names))}; repairing …", flush=True)
        resolved = self._repaired(name, expected)
        self._quiet(name, expected, began)
        print(f"  over after {resolved:.0f} s", flush=True)
        checks, rules = _pairs(expected.checks), ", ".join(sorted(expected.rules))
        return Line(name, checks, said, rules, noticed - began, fired - began, arrived - began, resolved)

    def _repaired(self, name: str, expected: Expected) -> float:
        began = time.monotonic()
        self._platform.repair()
        failed = self._run(f"{name}-repaired")
        loud = [one for one in failed if one["severity"] != "warning"]
        if loud:
            raise NotSeen(f"{name}: repaired, and still {_words(loud)}")
        names = {check for _, check in expected.checks}
        wait_for(lambda: names <= self._told("resolved", began), f"{name}: the receiver is told that it is over")
        wait_for(lambda: not expected.rules & self._firing(), f"{name}: its rules are over")
        wait_for(lambda: not self._untold(expected), f"{name}: the receiver is told that its rules are over")
        return time.monotonic() - began

    def _told(self, state: str, since: float) -> set[str]:
        """Return the checks of which both Alertmanager and the run itself told the receiver."""
        arrivals = [one for one in self._inbox.since(since) if one.state == state and one.name == OF_RUNS]
        by_manager = {one.check for one in arrivals if one.via == "Alertmanager"}
        return by_manager & {one.check for one in arrivals if one.via == "run"}

    def _untold(self, expected: Expected) -> set[str]:
        """Return the rules of a fault, and the checks, of which the last that Alertmanager told is that they fire."""
        last = {one.labels: one for one in self._inbox.since(0) if one.via == "Alertmanager"}
        return {one.name for one in last.values() if one.state == "firing" and one.name in {OF_RUNS, *expected.rules}}

    def _firing(self) -> set[str]:
        return set(alerts(self._watch.prometheus, "firing"))

    def _quiet(self, name: str, expected: Expected, since: float) -> None:
        names = {check for _, check in expected.checks}
        scraped = time.time()
        wait_for(lambda: evaluated(self._watch.prometheus, scraped), f"{name}: all rules are evaluated")
        firing = alerts(self._watch.prometheus, "pending", "firing")  # what is pending now fires a second later
        other = [f"Prometheus: {firing[rule]}" for rule in sorted(firing.keys() - expected.rules)]
        for one in self._inbox.since(since):
            known = one.check in names if one.name == OF_RUNS else one.name in expected.rules
            other += [] if known else [f"told by {one.via}: {one.labels}"]
        if other:
            raise NotSeen(f"{name}: somebody was told of what is none of it: {'; '.join(other)}")

    def _run(self, phase: str) -> list[dict[str, Any]]:
        """Run the suite, keep its report, and return what is not well, the worst first."""
        status, results = self._watch.run(self._platform.looked_at)
        self._phases += 1
        self._reports.mkdir(parents=True, exist_ok=True)
        report = self._watch.project / "out" / "report.html"
        shutil.copy2(report, self._reports / f"{self._phases:02}-{phase}.html")
        found = [one for one in results["results"] if one["status"] in ("fail", "error")]
        if (status == 1) != any(one["severity"] != "warning" for one in found):
            raise NotSeen(f"{phase}: exit status {status}, but {_words(found) or 'nothing'} failed")
        return sorted(found, key=lambda one: one["severity"] == "warning")


def _pairs(checks: frozenset[tuple[str, str]]) -> str:
    return ", ".join(f"{kind} {check}" for kind, check in sorted(checks))


def _words(results: list[dict[str, Any]]) -> str:
    return "; ".join(f"{one['kind']} {one['artifact']} {one['check']} ({one['severity']})" for one in results)
