"""The servers on the way of an alert, asked by their APIs."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pytest_mlmonitor.core.network.asked_server import REQUEST_SECONDS, AskedServer
from pytest_mlmonitor.core.network.posting import PostError
from pytest_mlmonitor.outputs.metrics.push import group_url


class AskedPushgateway(AskedServer):
    """A Pushgateway, and the group of the selftest in it."""

    def push(self, group: Mapping[str, str], text: str) -> None:
        """Put the metrics of a group in the place of those that are there.

        Raises:
            PostError: it does not take them.
        """
        self.request("PUT", group_url("", group), text.encode("utf-8"))

    def delete(self, group: Mapping[str, str], seconds: float = REQUEST_SECONDS) -> None:
        """Take the metrics of a group away.

        Raises:
            PostError: they are still there.
        """
        late = AskedPushgateway(self.url, time.monotonic() + seconds, self.headers)  # also after the deadline
        late.request("DELETE", group_url("", group), seconds=seconds)


class AskedPrometheus(AskedServer):
    """Prometheus."""

    def has_series(self, selector: str) -> bool:
        """Return whether there are series now.

        Raises:
            PostError: it does not answer.
        """
        return bool(_data(self.document(f"/api/v1/query?query={quote(selector, safe='')}"))["result"])

    def targets(self, jobs: Sequence[str]) -> dict[str, str]:
        """Return the health of the targets of some jobs, patterns, by job and address.

        Raises:
            PostError: it does not answer.
        """
        active = _data(self.document("/api/v1/targets?state=active"))["activeTargets"]
        pattern = re.compile("|".join(jobs))
        return {
            f"{one['labels'].get('job')} {one['labels'].get('instance')}": one["health"]
            for one in active
            if pattern.fullmatch(str(one["labels"].get("job")))
        }

    def rules(self) -> dict[str, dict[str, Any]]:
        """Return the alerting rules by their names; of several the one that is not well.

        Raises:
            PostError: it does not answer.
        """
        found: dict[str, dict[str, Any]] = {}
        for group in _data(self.document("/api/v1/rules?type=alert"))["groups"]:
            for rule in group["rules"]:
                known = found.get(rule["name"])
                if known is None or known["health"] == "ok":
                    found[rule["name"]] = rule
        return found

    def alertmanagers(self) -> int:
        """Return how many Alertmanagers it sends alerts to.

        Raises:
            PostError: it does not answer.
        """
        return len(_data(self.document("/api/v1/alertmanagers"))["activeAlertmanagers"])


class AskedAlertmanager(AskedServer):
    """Alertmanager."""

    def receivers_of(self, label: str, value: str) -> list[str] | None:
        """Return whom an alert goes to that has a label; None where there is no such alert.

        Raises:
            PostError: it does not answer.
        """
        matcher = quote(f'{label}="{value}"', safe="")
        alerts = self.document(f"/api/v2/alerts?filter={matcher}")
        if not alerts:
            return None
        return [one["name"] for one in alerts[0]["receivers"]]


def _data(document: Any) -> Any:
    if not isinstance(document, dict) or "data" not in document:
        raise PostError("it answers something else than Prometheus: is the URL right?")
    return document["data"]
