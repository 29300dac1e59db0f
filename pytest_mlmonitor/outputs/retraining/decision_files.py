"""The files of decisions, ``retrain/*.json`` in the outputs: whole or not there, each under a name of its own."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.text.names import label
from pytest_mlmonitor.core.text.redaction import concealed_bytes

FOLDER = "retrain"

_REHEARSED = ".dry-run.json"


def file_name(model: str, key: str) -> str:
    """Return the name of a decision's file, below the outputs.

    >>> file_name("bike_demand", "0123456789abcdef0123456789abcdef")
    'retrain/bike_demand-0123456789abcdef.json'
    """
    return f"{FOLDER}/{_plain(model)}-{key[:16]}.json"


def rehearsal_name(model: str) -> str:
    """Return the name of the file of what would be decided of a model.

    >>> rehearsal_name("../bike")
    'retrain/_..%2Fbike.dry-run.json'
    """
    return f"{FOLDER}/{_plain(model)}{_REHEARSED}"


def write_decision(out: Path, name: str, text: str) -> None:
    """Write the file of a decision.

    Raises:
        OSError: it could not be written; an older one is still whole.
    """
    write_atomically(out / name, concealed_bytes(text.encode("ascii")))


def remove_decision(out: Path, name: str) -> None:
    """Remove the file of a decision that is taken back; one that somebody took away is gone already."""
    with suppress(OSError):
        (out / name).unlink(missing_ok=True)


def remove_rehearsals(out: Path, but: Collection[str]) -> None:
    """Remove what an earlier run would have decided, and this one would not.

    Args:
        out: directory of the outputs.
        but: names of the files that this run wrote.
    """
    with suppress(OSError):
        for path in (out / FOLDER).glob(f"*{_REHEARSED}"):
            if f"{FOLDER}/{path.name}" not in but:
                path.unlink(missing_ok=True)


def _plain(model: str) -> str:
    """Return a model's name as part of the name of a file that is not hidden, and is no option of a command."""
    text = label(model)
    return f"_{text}" if text[0] in ".-" else text
