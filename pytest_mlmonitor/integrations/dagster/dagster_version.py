"""Whether the Dagster that is installed can be used: said at import, in place of an ``AttributeError`` somewhere later."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version

LEAST = (1, 13)
"""The oldest Dagster that this was tried with."""


class DagsterUnusable(ImportError):
    """Dagster is missing, or older than this package can use; the message has the ``pip install`` that helps."""


def refuse_unusable() -> None:
    """Refuse to go on without a Dagster that can be used.

    Raises:
        DagsterUnusable: it is missing or too old.
    """
    wanted = ".".join(map(str, LEAST))
    try:
        installed = version("dagster")
    except PackageNotFoundError:
        raise DagsterUnusable(
            "pytest_mlmonitor.integrations.dagster needs Dagster, which is not installed: pip install 'pytest-mlmonitor[dagster]'"
        ) from None
    release = re.match(r"(\d+)\.(\d+)", installed)
    if release is not None and (int(release[1]), int(release[2])) < LEAST:
        raise DagsterUnusable(
            f"pytest_mlmonitor.integrations.dagster needs Dagster {wanted} or later, and {installed} is installed: "
            f"pip install 'dagster>={wanted}' (openlineage-dagster asks for an old one: do without it)"
        )
