"""What a kind's row names as its adjustments: imported with the rows, so what they need is loaded on first use.

Their order is that of specification 2: superseded, retired, accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mlmonitor.core.context import Adjustment


def of_versions() -> Sequence[Adjustment]:
    """Return the adjustments of a kind whose artifacts are versions of a family."""
    from pytest_mlmonitor.links.superseded import capped

    return (capped,)


def of_reports() -> Sequence[Adjustment]:
    """Return the adjustments of a kind of which an old artifact is history as soon as there is a newer one."""
    from pytest_mlmonitor.links.superseded import as_history

    return (as_history,)


def of_deployments() -> Sequence[Adjustment]:
    """Return the adjustments of deployments."""
    from pytest_mlmonitor.serving.seen.retirement import excused

    return (excused,)
