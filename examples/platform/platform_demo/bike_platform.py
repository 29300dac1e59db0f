"""The platform as a whole: an hour of it, with or without a fault, and what repairs it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from platform_demo import faults, registry
from platform_demo.features import Fault, build
from platform_demo.places import Places, moment_of, read_json, text_of, write_json
from platform_demo.serving import BikeService
from platform_demo.stations import HOUR
from platform_demo.traffic import label, requests
from platform_demo.training import newest_build, train

HISTORY = 48
"""Hours that have passed when a platform is started: two whole days."""

_BUILDS = 6
"""Builds of those hours that are kept."""
_RETRAIN = 4
_GLANCE = timedelta(minutes=3)
_SWITCH = timedelta(seconds=2)
"""After the full hour: a service that has just started is there, and the first request is not."""
PROJECT_FILES = ("mlmonitor.toml", "contracts", "contract_tests")


class Service(Protocol):
    """Whoever answers: in this process, or over HTTP."""

    def answer_all(self, asked: Sequence[tuple[dict[str, Any], datetime]]) -> None:
        """Answer requests, each at its moment."""

    def tick(self, now: datetime) -> None:
        """Hear what time it is."""

    def switch(self, at: datetime, reason: str) -> None:
        """Serve what is in production now."""

    def die(self) -> None:
        """End at once; what was not written is lost."""


class BikePlatform:
    """A project and the platform that writes below it.

    Args:
        project: a directory that :meth:`start` made.
        service: starts whoever answers, at a time and for a reason; without it requests are answered in this process.
    """

    def __init__(self, project: Path, service: Callable[[datetime, str], Service] | None = None) -> None:
        self.places = Places(project)
        self._starts = service
        self._service: Service | None = None
        said = read_json(self.places.state)
        self.origin = moment_of(said["origin"])
        self.hour = int(said["hour"])
        self.faulty: str | None = said["fault"]

    @property
    def now(self) -> datetime:
        """The platform's clock: always a whole hour."""
        return self.origin + self.hour * HOUR

    @property
    def looked_at(self) -> datetime:
        """When somebody looks at what is there now: three minutes later."""
        return self.now + _GLANCE

    @classmethod
    def start(cls, project: Path, now: datetime) -> BikePlatform:
        """Make a project with two days of history that end at a moment, and return its platform.

        Args:
            project: a directory, made where it is not there.
            now: a whole hour, UTC.
        """
        here = Path(__file__).resolve().parents[1]
        project.mkdir(parents=True, exist_ok=True)
        for name in PROJECT_FILES:
            copy = shutil.copytree if (here / name).is_dir() else shutil.copy2
            copy(here / name, project / name)
        places = Places(project)
        origin = now - HISTORY * HOUR
        write_json(places.state, {"origin": text_of(origin), "hour": 0, "fault": None})
        first = build(places, origin, origin - HOUR)
        run = train(places, first, "v1", origin - timedelta(minutes=30))
        registry.register(places, run)
        registry.promote(places, "v1", origin - timedelta(minutes=20))
        platform = cls(project)
        while platform.hour < HISTORY:
            platform._live_hour(builds=platform.hour >= HISTORY - _BUILDS)
            if platform.hour == HISTORY - _RETRAIN:
                platform.retrain()
        platform._say()
        return platform

    def pass_hour(self, fault: str | None = None) -> None:
        """Let an hour pass: requests are answered, labels arrive, features are built.

        Args:
            fault: what goes wrong in it, by its name (:data:`platform_demo.faults.WHAT`).
        """
        if fault == faults.BAD_PROMOTION:
            self._live_hour()  # what is trained is the build before the newest, and that may have been repaired just now
            self.retrain(careless=True)
        hours = 2 if fault == faults.STALE_BUILD else 1
        for _ in range(hours):
            self._live_hour(
                builds=fault != faults.STALE_BUILD,
                broken=faults.DATA.get(fault or ""),
                down_after=20 if fault == faults.OUTAGE else 60,
            )
        self.faulty = fault
        self._say()

    def repair(self) -> None:
        """Take back what was done, and let an hour pass; after a bad promotion two, with a sound one between them."""
        if self.faulty == faults.BAD_PROMOTION:
            service = self._answering("startup")
            registry.roll_back(self.places, self.now)
            service.switch(self.now + _SWITCH, "rollback")
            self.pass_hour()
            self.retrain()
        self.pass_hour()

    def retrain(self, *, careless: bool = False) -> str:
        """Train on the newest build, promote, and return the version.

        Args:
            careless: whether the labels are shuffled, and nobody asks the gate.
        """
        service = self._answering("startup")
        version, begin = f"v{len(registry.document(self.places)['models']) + 1}", self.now - timedelta(minutes=8)
        run = train(self.places, newest_build(self.places, begin), version, begin, careless=careless)
        if registry.register(self.places, run) or careless:
            registry.promote(self.places, version, self.now - timedelta(minutes=2), by_hand=careless)
            service.switch(self.now + _SWITCH, "promotion")
        return version

    def use(self, service: Callable[[datetime, str], Service]) -> None:
        """From now on let somebody else answer; nobody does until the next request."""
        self._starts, self._service = service, None

    def _answering(self, reason: str) -> Service:
        if self._service is None:
            start = self._starts or (lambda at, why: BikeService(self.places, at, why))
            self._service = start(self.now, reason)
        return self._service

    def _live_hour(self, *, builds: bool = True, broken: Fault | None = None, down_after: int = 60) -> None:
        until = self.now + timedelta(minutes=down_after)
        service = self._answering("startup")
        service.answer_all([(asked, at) for asked, at in requests(self.origin, self.hour) if at < until])
        self.hour += 1
        if down_after < 60:
            service.die()
            self._service = None
        else:
            service.tick(self.now)
        label(self.places, self.origin, self.hour - 2)
        if builds:
            build(self.places, self.origin, self.now, broken)

    def _say(self) -> None:
        said = {"origin": text_of(self.origin), "hour": self.hour, "fault": self.faulty}
        write_json(self.places.state, said)
