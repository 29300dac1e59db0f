"""The order of the versions of a family that a declared source found (specification 8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.sources.file_order import natural


def orders_of(platform: Artifacts, members: Sequence[tuple[Any, Any]]) -> list[Any] | None:
    """Return what puts each of a family's versions in order where it is not what is known of it: as people count.

    A version whose form says what it is (``{version:int}``), and a time where all have one, go before: ``v9`` comes before ``v10``
    only where neither puts all of them in order.

    Args:
        platform: whose kinds say what a version is called.
        members: what is known to put each in order, None where nothing does, and the artifact.

    Returns:
        None where the order that is known stands: of another format, or of all members.
    """
    if not any(getattr(one, "source", None) is not None for _, one in members):
        return None
    known = [order for order, _ in members]
    if all(order is not None for order in known) and len(set(map(_sort, known))) == 1:
        return None
    return [_as_counted(platform, one) for _, one in members]


def _sort(order: Any) -> type:
    return datetime if isinstance(order, datetime) else type(order)


def _as_counted(platform: Artifacts, artifact: Any) -> Any:
    _, version = platform.kinds[artifact.ref.kind].called(artifact) or (None, None)
    return natural(version) if version is not None else None
