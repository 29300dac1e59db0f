"""An artifact said otherwise: what its files would hold, had their writer known other values. Mutants are made so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_mlmonitor.core.platform import Platform

RecordChange = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
"""Asked with what one record says, by our names; returns the fields that it shall say otherwise, None for a record that shall not
be there. A field that is None there shall not be said."""

EditedFiles = Mapping[Path, bytes | None]
"""The files that are other than before, by absolute path; None for one that is not there any more."""


@dataclass(frozen=True)
class Editing:
    """What shall be said otherwise.

    Attributes:
        platform: that holds the artifact.
        change: asked once a record.
        since: records before it stay as they are, and their files need not be opened; None for all of them.
    """

    platform: Platform
    change: RecordChange
    since: datetime | None = None


Edit = Callable[[Any, Editing], EditedFiles]
"""Returns the files of an artifact in which it says something else; raises ``NotChecked`` where its format cannot say that."""
