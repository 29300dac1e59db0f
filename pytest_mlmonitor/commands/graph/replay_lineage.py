"""``replay-lineage``: events that no server took, sent once more."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pytest_mlmonitor.commands.roots import settings_of
from pytest_mlmonitor.core.policy.outlets.secret_names import plain_url
from pytest_mlmonitor.core.policy.outlets.secret_values import needed_secret
from pytest_mlmonitor.core.policy.places import PolicyError, is_url, policy_file, state_file
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.outputs.openlineage.lineage_export import DIRECTORY

_A_BATCH = 200
"""Events after which it is noted that they were taken: whoever stops the command sends no more than these again."""

_SECONDS = 600.0
"""For one batch; a server that does not answer ends the command much sooner."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("replay-lineage")(replay_lineage)


def replay_lineage(
    directory: Annotated[
        Path | None,
        typer.Argument(help="where events lie: `out`, or its directory lineage (default: the policy's)"),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--url", help="server that takes OpenLineage events (default: the policy's lineage.url)"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be sent")] = False,
) -> None:
    """Send the lineage events that no server took.

    Exits 0 when nothing is left, 1 when something is, 3 when the events cannot be read.
    """
    settings = settings_of()
    target = _given(url) if url is not None else _url_of(settings)
    key_env = settings.lineage.api_key_env
    key = needed_secret("lineage.api_key_env", key_env, os.environ) if key_env is not None else None
    left = sum(_replayed(place, target, key, dry_run=dry_run) for place in _places(directory, settings))
    raise typer.Exit(1 if left and not dry_run else 0)


def _given(url: str) -> str:
    try:
        return plain_url(url)
    except ValueError as error:
        raise PolicyError(f"--url: {error} (lineage.url_env)") from None


def _url_of(settings: Settings) -> str:
    policy = settings.lineage
    if policy.url is not None:
        return policy.url
    if policy.url_env is None:
        raise PolicyError("no server: name one with --url, or in the policy (lineage.url)")
    return needed_secret("lineage.url_env", policy.url_env, os.environ)


def _places(directory: Path | None, settings: Settings) -> list[Path]:
    """Return the directories that hold events: the one that is named, else those of the policy."""
    if directory is not None:
        if is_url(str(directory)):
            raise PolicyError(f"{directory} is a URL: name the directory of the events, and the server with --url")
        below = directory / DIRECTORY
        found = below if below.is_dir() else directory
        if not found.is_dir():
            _could_not(f"{shown(directory)}: no such directory")
        return [found]
    state = state_file(settings.state, _policy_around())
    known = [one / DIRECTORY for one in (settings.out, state.parent if state is not None else None) if one is not None]
    if not known:
        raise PolicyError("no directory: name the one that holds the events (the policy names no `out`)")
    return [one for one in known if one.is_dir()] or _could_not(f"no events in {' or '.join(map(shown, known))}")


def _policy_around() -> Path | None:
    here = Path.cwd()
    around = (policy_file(one) for one in (here, *here.parents))
    return next((file for file in around if file is not None), None)


def _replayed(place: Path, url: str, key: str | None, *, dry_run: bool) -> int:
    """Send what is left of the events in a directory, say what became of it, and return how many are left."""
    from pytest_mlmonitor.outputs.openlineage.event_lines import PATTERN, lines_in
    from pytest_mlmonitor.outputs.openlineage.sending import SentEvents, send
    from pytest_mlmonitor.outputs.openlineage.taken_events import TakenEvents, host_of

    host, sent, refused = safe(host_of(url)), 0, 0
    result = SentEvents()
    try:
        taken = TakenEvents(place, url)
        left = taken.left(line for file in sorted(place.glob(PATTERN)) for line in lines_in(file))
        if dry_run:
            print(f"{shown(place)}: {count(len(left), 'event')} would be sent to {host}")
            return len(left)
        for at in range(0, len(left), _A_BATCH):
            result = send(left[at : at + _A_BATCH], url, key, os.environ, time.monotonic() + _SECONDS)
            taken.note(result.taken)
            sent, refused = sent + len(result.taken), refused + result.refused
            if result.stopped:
                break
    except OSError as error:
        _could_not(f"{shown(place)}: {safe(error.strerror or str(error))}")
    if not left:
        print(f"{shown(place)}: nothing to send: {host} took every event")
    elif sent == len(left):
        print(f"{shown(place)}: {count(sent, 'event')} sent to {host}, nothing is left")
    else:
        why = result.problem or f"{host} refused {count(refused, 'event')}"
        print(f"{shown(place)}: {count(sent, 'event')} sent to {host}, {len(left) - sent:,} left: {why}")
    return len(left) - sent


def _could_not(message: str) -> NoReturn:
    print(f"mlmonitor: {message}", file=sys.stderr)
    raise typer.Exit(3)
