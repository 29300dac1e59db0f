"""Whatever runs say in whatever order, and whatever senders do: nothing is lost, repeated too soon, or ended without a pass."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from pytest_mlmonitor.outputs.alerts.alert import ALERT_SEVERITIES, Alert, AlertSeverity
from pytest_mlmonitor.outputs.alerts.alert_book import AlertPlan
from pytest_mlmonitor.outputs.alerts.delivery import LEASE
from tests.unit.outputs.alerts.judged import ALL_ROUTES, NOON, MemoryStore, Said, begun, book_of, settle

COOLDOWN = timedelta(hours=1)
GONE = timedelta(days=7)
FAMILIES = ("orders", "rides")
VERSIONS = ("1", "2", "3")
SENDERS = ("slack", "pagerduty")
SECONDS = timedelta(seconds=2)
"""By which runs at once differ."""

SAID = st.one_of(
    st.builds(Said, st.just("failing"), st.sampled_from(["warning", "error", "critical"])),
    st.sampled_from([Said("passing"), Said("unchecked"), Said("crashed")]),
)


@st.composite
def _family(draw: st.DrawFn) -> dict[str, Said]:
    """Some versions of a family; each may be superseded by the newest that is there."""
    there = [version for version in VERSIONS if draw(st.booleans())]
    said = {version: draw(SAID) for version in there}
    for version in there[:-1]:
        if draw(st.booleans()):
            said[version] = Said(said[version].status, said[version].severity, newer=there[-1])
    return said


RUNS = st.fixed_dictionaries({family: _family() for family in FAMILIES})
Told = tuple[datetime, str, AlertSeverity]


class AnySequenceOfRuns(RuleBasedStateMachine):
    """The model knows of each family which versions have the problem, and of each sender what it heard."""

    @initialize()
    def begin(self) -> None:
        self.store = MemoryStore()
        self.now = NOON
        self.open: dict[str, set[str]] = {}
        self.severity: dict[str, AlertSeverity] = {}
        self.missed_since: dict[str, datetime] = {}
        self.heard: dict[tuple[str, str], list[Told]] = {(f, s): [] for f in FAMILIES for s in SENDERS}
        self.owed: set[tuple[str, str]] = (
            set()
        )  # who was, or should have been, told that it fires, and not that it is over
        self.begun_at: dict[str, datetime] = {}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    @rule(minutes=st.sampled_from([1, 2, 20, 59, 60, 61, 600]))
    def time_goes_by(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(days=st.sampled_from([3, 8]))
    def days_go_by(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(run=RUNS, failing=st.sets(st.sampled_from(SENDERS)), whole=st.booleans())
    def a_run(self, run: dict[str, dict[str, Said]], failing: set[str], whole: bool) -> None:
        self.now += timedelta(seconds=1)
        book = book_of(run, self.now, whole=whole, cooldown=COOLDOWN)
        plan = begun(self.store, book)
        self._hold_ends_against_the_model(run, plan, whole)
        settle(self.store, book, plan, failing)
        self._note(plan, failing)

    @rule(run=RUNS)
    def a_run_is_killed_before_it_tells_anybody(self, run: dict[str, dict[str, Said]]) -> None:
        self.now += timedelta(seconds=1)
        book = book_of(run, self.now, cooldown=COOLDOWN)
        plan = begun(self.store, book)
        self._hold_ends_against_the_model(run, plan, whole=True)
        self._owe(plan)
        self.now += 2 * LEASE

    @rule(run=RUNS)
    def two_runs_at_once_tell_once(self, run: dict[str, dict[str, Said]]) -> None:
        self.now += timedelta(seconds=1)
        book = book_of(run, self.now, cooldown=COOLDOWN)
        plan = begun(self.store, book)
        self._hold_ends_against_the_model(run, plan, whole=True)
        self.now += timedelta(seconds=1)
        other = book_of(run, self.now, cooldown=COOLDOWN)
        second = begun(self.store, other)
        assert not second.due
        settle(self.store, book, plan)
        settle(self.store, other, second)
        self._note(plan, set())

    # -- the model ------------------------------------------------------------------------------------------------------

    def _hold_ends_against_the_model(self, run: dict[str, dict[str, Said]], plan: AlertPlan, whole: bool) -> None:
        for family in FAMILIES:
            said = run[family]
            current = {version: one for version, one in said.items() if one.newer is None}
            bad = {version for version, one in current.items() if one.status in ("failing", "crashed")}
            had = self.open.get(family, set())
            if current or (whole and not any(run.values())):
                self.missed_since.pop(family, None)
            elif whole and had:
                self.missed_since.setdefault(family, self.now)
            if bad:
                if not had:
                    self.begun_at[family] = self.now
                left = {version for version in had if not _over(said, version, whole)}
                self.open[family] = bad | {version for version in left if not _taken_over(said, version)}
                found = [said[version].severity for version in bad if said[version].status == "failing"] or ["error"]
                self.severity[family] = max(found, key=ALERT_SEVERITIES.index)
                assert family in plan.firing
                assert ALERT_SEVERITIES.index(plan.firing[family].severity) >= ALERT_SEVERITIES.index(
                    self.severity[family]
                )
                continue
            over = all(_over(said, version, whole) for version in had)
            passes = any(one.status == "passing" for one in current.values())
            gone = family in self.missed_since and whole and self.now - self.missed_since[family] >= GONE
            if had and ((over and passes) or gone):
                self.open.pop(family)
                self.missed_since.pop(family, None)
            elif had and current and not over:
                self.open[family] = {version for version in had if not _over(said, version, whole)}
            assert (family in plan.firing) == (family in self.open)

    def _owe(self, plan: AlertPlan) -> None:
        self.owed |= {(one.key, name) for name, due in plan.due.items() for one in due if one.state == "firing"}

    def _note(self, plan: AlertPlan, failing: set[str]) -> None:
        self._owe(plan)
        for name, alerts in plan.due.items():
            for alert in alerts if name not in failing else ():
                self._hold_against_what_was_heard(name, alert)
                self.heard[alert.key, name].append((self.now, alert.state, alert.severity))
        for family, alert in plan.firing.items():
            for name in set(ALL_ROUTES[alert.severity]) - failing:
                fires = [one for one in self.heard[family, name] if one[1] == "firing"]
                assert fires, "it fires, and who should know never heard of it"
                if family in plan.failing:
                    assert self.heard[family, name][-1][1] == "firing", (
                        "it fires, and the last word was that it is over"
                    )
                if family in plan.failing:
                    assert self.now - fires[-1][0] < COOLDOWN + SECONDS, (
                        "it fires, and was not repeated after the cooldown"
                    )
        for family, name in self.owed:
            assert family in plan.firing or name in failing, "it is over, and who should know has not heard of it"

    def _hold_against_what_was_heard(self, name: str, alert: Alert) -> None:
        heard = self.heard[alert.key, name]
        fires = [one for one in heard if one[1] == "firing" and heard[-1][1] == "firing"]  # else it is news
        if alert.state == "resolved":
            assert (alert.key, name) in self.owed, "it is over, and who never heard of it is told, or is told twice"
            self.owed.remove((alert.key, name))
        elif fires and ALERT_SEVERITIES.index(alert.severity) <= ALERT_SEVERITIES.index(fires[-1][2]):
            assert self.now - fires[-1][0] >= COOLDOWN - SECONDS, "twice within the cooldown"


def _over(said: dict[str, Said], version: str, whole: bool) -> bool:
    one = said.get(version)
    if one is None:
        return whole
    if one.newer is not None:
        return said[one.newer].status == "passing"
    return one.status == "passing"


def _taken_over(said: dict[str, Said], version: str) -> bool:
    newer = said[version].newer if version in said else None
    return newer is not None and said[newer].status == "failing"


TestAnySequenceOfRuns = AnySequenceOfRuns.TestCase
TestAnySequenceOfRuns.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
