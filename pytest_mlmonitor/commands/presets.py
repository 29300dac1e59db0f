"""``mlmonitor presets``: fragments that sources build on, as they are shipped."""

from __future__ import annotations

from typing import Annotated

import typer

from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.sources import shipped_presets
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.near import did_you_mean


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("presets")(presets)


def presets(name: Annotated[str | None, typer.Argument(help="of one preset; without it their names")] = None) -> None:
    """Print the presets that sources can build on (`preset = "NAME"`), or one of them as TOML to read and to copy."""
    known = shipped_presets.shipped()
    if name is None:
        for one in known:
            first = shipped_presets.text_of(one).splitlines()[0].removeprefix("# ")
            print(f"{one:<14} {first}")
        return
    if name not in known:
        raise PolicyError(f"there is no preset {quoted(name)}{did_you_mean(name, known)}; there are {', '.join(known)}")
    print(shipped_presets.text_of(name), end="")
