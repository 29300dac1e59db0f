"""The steps of the selftest: each waits for what the one before it causes, until the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from pytest_mlmonitor.core.network.posting import PostError
from pytest_mlmonitor.core.text.words import count, some
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_file import SELFTEST_ALERT, SELFTEST_METRIC
from pytest_mlmonitor.outputs.generated.prometheus_rules.run_rules import JOBS
from pytest_mlmonitor.outputs.selftest.alert_listener import AlertListener
from pytest_mlmonitor.outputs.selftest.asked_servers import AskedAlertmanager, AskedPrometheus, AskedPushgateway

LABEL = "selftest"
_PAUSE = 0.5

T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """What became of a step.

    Attributes:
        name: of the step.
        holds: whether it is as it must be.
        said: what was seen, or what is wrong and what to do.
        seconds: that it took.
    """

    name: str
    holds: bool
    said: str
    seconds: float


class _Broken(Exception):
    """A step does not hold; the words say why."""


@dataclass(frozen=True)
class AlertChain:
    """The way of an alert.

    Attributes:
        pushgateway: that a value is pushed to.
        prometheus: that scrapes it and has the rules.
        alertmanager: that Prometheus sends alerts to, None where it is not asked itself.
        listener: that Alertmanager tells.
        rules: names of the alerts that Prometheus must know.
        mark: by which this selftest is known among others.
        deadline: of everything, by ``time.monotonic``.
    """

    pushgateway: AskedPushgateway
    prometheus: AskedPrometheus
    alertmanager: AskedAlertmanager | None
    listener: AlertListener
    rules: Sequence[str]
    mark: str
    deadline: float

    def steps(self) -> Iterator[Step]:
        """Make the steps and yield them, until one does not hold that the others need; what was pushed is always taken away."""
        yield (pushed := self._step("push", self._push))
        try:
            yield (rules := self._step("rules", self._rules))
            if not pushed.holds:
                return
            yield (scraped := self._step("targets", self._scraped))
            if not (scraped.holds and rules.holds):
                return
            for name, make in (("alert", self._firing), ("alertmanager", self._managed), ("receiver", self._told)):
                yield (step := self._step(name, make))
                if not step.holds:
                    return
            yield self._step("resolved", self._resolved)
        finally:
            with suppress(PostError):  # where it is gone by now
                self.pushgateway.delete(self._group)

    @property
    def _group(self) -> dict[str, str]:
        return {"job": "mlmonitor_selftest", LABEL: self.mark}

    @property
    def _series(self) -> str:
        return f'{{{LABEL}="{self.mark}"}}'

    def _step(self, name: str, make: Callable[[], str]) -> Step:
        began = time.monotonic()
        try:
            holds, said = True, make()
        except (_Broken, PostError) as error:
            holds, said = False, str(error)
        return Step(name, holds, said, time.monotonic() - began)

    def _until(self, ask: Callable[[], T], missing: Callable[[T], str]) -> T:
        """Ask until the answer is true, and return it.

        Raises:
            _Broken: it was not until the deadline.
            PostError: nothing was answered.
        """
        while True:
            answer = ask()
            if answer:
                return answer
            if time.monotonic() + _PAUSE >= self.deadline:
                raise _Broken(missing(answer))
            time.sleep(_PAUSE)

    def _push(self) -> str:
        text = f"# HELP {SELFTEST_METRIC} A selftest of the monitoring is on its way.\n# TYPE {SELFTEST_METRIC} gauge\n"
        self.pushgateway.push(self._group, f"{text}{SELFTEST_METRIC} 1\n")
        return f"{SELFTEST_METRIC}{self._series} stands in the Pushgateway"

    def _rules(self) -> str:
        known = self.prometheus.rules()
        missing = [name for name in self.rules if name not in known]
        if missing:
            raise _Broken(
                f"Prometheus does not know {count(len(missing), 'rule')} of {len(self.rules)}: {some(missing, 3)}. Make them"
                " (`mlmonitor rules`), name the file in rule_files, and reload"
            )

        def well() -> list[str]:
            waiting = [
                name for name, rule in self.prometheus.rules().items() if name in self.rules and rule["health"] != "ok"
            ]
            return [] if waiting else ["all"]

        self._until(well, lambda _: self._unwell())
        return f"Prometheus knows all {len(self.rules)} rules, and each is well"

    def _unwell(self) -> str:
        known = self.prometheus.rules()
        bad = [(name, known[name]) for name in self.rules if name in known and known[name]["health"] != "ok"]
        said = [f"{name} is {rule['health']}: {rule.get('lastError') or 'not evaluated yet'}" for name, rule in bad]
        return f"rules that are not well: {some(said, 2)}"

    def _scraped(self) -> str:
        self._until(
            lambda: self.prometheus.has_series(f"{SELFTEST_METRIC}{self._series}"),
            lambda _: (
                "what was pushed does not come to Prometheus: does it scrape this Pushgateway? "
                f"Targets of ours: {self._targets() or 'none'}"
            ),
        )
        # Each is looked at once: of one that was not scraped yet nobody knows whether it is down.
        self._until(
            lambda: "unknown" not in self.prometheus.targets(JOBS).values(),
            lambda _: f"some targets were never scraped: {self._targets()}",
        )
        targets = self.prometheus.targets(JOBS)
        down = [name for name, health in targets.items() if health != "up"]
        if down:
            raise _Broken(f"{count(len(down), 'target')} of {len(targets)} cannot be scraped: {some(down, 3)}")
        return f"scraped; {count(len(targets), 'target')} of jobs {' and '.join(JOBS)}, none of them down"

    def _targets(self) -> str:
        return ", ".join(f"{name} is {health}" for name, health in self.prometheus.targets(JOBS).items())

    def _firing(self) -> str:
        selector = f'ALERTS{{alertname="{SELFTEST_ALERT}",alertstate="firing",{LABEL}="{self.mark}"}}'
        self._until(lambda: self.prometheus.has_series(selector), lambda _: f"{SELFTEST_ALERT} does not fire")
        return f"{SELFTEST_ALERT} fires"

    def _managed(self) -> str:
        if not self.prometheus.alertmanagers():
            raise _Broken("Prometheus sends its alerts to no Alertmanager: name it under alerting in its configuration")
        if self.alertmanager is None:
            return "Prometheus has one (alerts.alertmanager is not set: it was not asked itself)"
        manager = self.alertmanager
        receivers = self._until(
            lambda: manager.receivers_of(LABEL, self.mark),
            lambda _: "the alert does not come to Alertmanager: is it the one that Prometheus sends to?",
        )
        return f"has the alert, for {', '.join(receivers or ())}"

    def _told(self) -> str:
        if not self.listener.heard("firing", self.deadline):
            raise _Broken(
                "nobody told the selftest of it: does Alertmanager use alertmanager.yml, and reach --listen from where it is?"
            )
        return "was told that it fires"

    def _resolved(self) -> str:
        self.pushgateway.delete(self._group)
        if not self.listener.heard("resolved", self.deadline):
            raise _Broken("what was pushed is taken away, and nobody told the selftest that the alert is over")
        return "was told that it is over; nothing is left of it"
