"""The senders that the policy configures, with the addresses and secrets that the environment has."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from pytest_mlmonitor.core.policy.outlets.alerts_policy import SENDERS, AlertsPolicy
from pytest_mlmonitor.outputs.senders.sender import Sender, SendError


class SenderFactory(Protocol):
    """Makes a sender of the policy; importing what it needs is left to the sender's first use."""

    def __call__(self, policy: AlertsPolicy, environ: Mapping[str, str], interval: timedelta) -> Sender | None:
        """Return the sender, None where the policy does not configure it.

        Args:
            policy: the section ``alerts``.
            environ: variables.
            interval: how often runs are made; an alert that ends by itself ends after twice as long.

        Raises:
            SendError: it is configured and cannot be used, e.g. since its variable is not set; without any secret.
        """


_ROOM = "pytest_mlmonitor.outputs.senders"

FACTORIES: Mapping[str, str] = {name: f"{_ROOM}.{name}:{name}" for name in SENDERS}
"""Where the :class:`SenderFactory` of each is, by the name that stands in ``alerts.routes``; loaded where it is configured."""


@dataclass
class ConfiguredSenders:
    """What alerts can be sent by.

    Attributes:
        senders: those that can be used, by name.
        problems: why others that the policy configures cannot be, by name; without any secret.
    """

    senders: dict[str, Sender] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def configured_senders(policy: AlertsPolicy, environ: Mapping[str, str], interval: timedelta) -> ConfiguredSenders:
    """Return the senders that the policy configures."""
    found = ConfiguredSenders()
    for name, place in FACTORIES.items():
        section = getattr(policy, name)
        if section == type(section)():
            continue
        module, function = place.split(":")
        factory: SenderFactory = getattr(importlib.import_module(module), function)
        try:
            sender = factory(policy, environ, interval)
        except SendError as error:
            found.problems[name] = str(error)
        else:
            if sender is not None:
                found.senders[name] = sender
    return found
