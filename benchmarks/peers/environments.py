"""Every peer lives in a virtual environment of its own, outside the repository; made when first asked for."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.places import environments

HERE = Path(__file__).parent
PEERS = tuple(sorted(file.parent.name for file in HERE.glob("*/requirements.txt")))
"""The folders here that say what to install."""


class NotInstalled(RuntimeError):
    """The peer has no environment yet."""


def python(peer: str) -> Path:
    """Return the interpreter of ``peer``.

    Raises:
        NotInstalled: ``python -m benchmarks.peers install`` has not been run, or the requirements are others now.
    """
    stamp = environments() / peer / "installed.txt"
    if not stamp.is_file() or stamp.read_text() != requirements(peer).read_text():
        raise NotInstalled(f"{peer} is not installed: python -m benchmarks.peers install {peer}")
    return environments() / peer / "bin" / "python"


def install(peer: str) -> float:
    """Make the environment of ``peer`` anew and return the seconds it took."""
    start = time.perf_counter()
    place = environments() / peer
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(requirements(peer))], check=True)
    (place / "installed.txt").write_text(requirements(peer).read_text())
    return time.perf_counter() - start


def versions(peer: str) -> dict[str, str]:
    """Return the distributions in the environment of ``peer`` and their versions."""
    return versions_of(python(peer))


def versions_of(interpreter: Path) -> dict[str, str]:
    """Return the distributions that ``interpreter`` sees and their versions."""
    code = (
        "import importlib.metadata as m\nfor d in m.distributions(): print(d.name.lower().replace('_', '-'), d.version)"
    )
    printed = subprocess.run([interpreter, "-c", code], check=True, capture_output=True, text=True).stdout
    return dict(line.split(" ", 1) for line in printed.splitlines() if " " in line)


def requirements(peer: str) -> Path:
    """Return the file that says what to install for ``peer``."""
    return HERE / peer / "requirements.txt"
