"""``mlmonitor watch``: the suite of the project, run every interval until it is ended."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pytest_mlmonitor.commands.run import command_of, policy_of_words
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.outlets.secret_values import secret_values
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import conceal

if TYPE_CHECKING:
    from pytest_mlmonitor.integrations.watch.watch_plan import WatchPlan

_OWN_OPTIONS = ("--interval", "--run-timeout", "--port", "--host", "--json")
_UNREAD = 1


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("watch", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})(watch)


def watch(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORDS]...", help="those of `mlmonitor run`: paths, then options of pytest"),
    ] = None,
    interval: Annotated[
        str | None, typer.Option("--interval", metavar="10m", help="from one run to the next, 1s to 7d")
    ] = None,
    run_timeout: Annotated[
        str | None, typer.Option("--run-timeout", metavar="2h", help="end a run that takes longer")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, help="serve /metrics and /healthz on this port")
    ] = None,
    host: Annotated[str, typer.Option("--host", help="address to serve them on")] = "127.0.0.1",
    as_json: Annotated[bool, typer.Option("--json", help="print a JSON object a run")] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="print what pytest said where something is wrong")
    ] = False,
) -> None:
    """Run the suite of the project every interval, and print a line a run, until SIGTERM or Ctrl-C.

    One run at a time; the first at once. Whatever becomes of a run, the next one is made. Exits 0 after SIGTERM, 130 after Ctrl-C,
    2 where it cannot begin.
    """
    from pytest_mlmonitor.integrations.watch.run_lines import RunLines
    from pytest_mlmonitor.integrations.watch.stop_signals import StopSignals
    from pytest_mlmonitor.integrations.watch.watcher import watch_project

    settings, plan = _planned(words or [], interval, run_timeout)
    with suppress(AttributeError):  # a stream that is no terminal and no file
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # names in a locale that lacks them
    status = 0
    with StopSignals() as signals:
        try:
            watch_project(
                Path.cwd(),
                settings,
                plan,
                signals,
                lines=RunLines(as_json=as_json, verbose=verbose),
                told=_tell,
                said=_say,
                address=None if port is None else (host, port),
            )
        except BrokenPipeError:
            _close_output()
            _say("nobody reads what it says of the runs any more: it ends")
            status = _UNREAD
        except KeyboardInterrupt:
            _say("asked twice: a run that was going on is killed")
            status = 128 + (signals.received or signal.SIGINT)
        if signals.received == signal.SIGINT:
            status = 128 + signal.SIGINT
    if status:
        raise typer.Exit(status)


def _planned(words: Sequence[str], interval: str | None, run_timeout: str | None) -> tuple[Settings, WatchPlan]:
    """Return the policy and what is done.

    Raises:
        BadInput: a path among the words does not exist, or nothing says what to check.
        PolicyError: the policy, an option or a variable is wrong.
    """
    from pytest_mlmonitor.integrations.watch.watch_plan import watch_plan

    late = next((word for word in words if word.partition("=")[0] in _OWN_OPTIONS), None)
    if late is not None:
        raise PolicyError(f"{late} stands behind the words of mlmonitor run: expected mlmonitor watch {late} … WORDS")
    cwd = Path.cwd()
    command_of(words, cwd, os.environ)  # what is wrong with the words is wrong in every run
    file = policy_of_words(words, cwd)
    settings = load(file)
    conceal(secret_values(settings, os.environ))
    plan = watch_plan(settings, os.environ, words, interval, run_timeout)
    if plan.out is None and file != policy_of_words((), cwd):
        plan = replace(
            plan, out=settings.out
        )  # of the policy that -c names; its own a project's runs find by themselves
    return settings, plan


def _tell(line: str) -> None:
    """Print a line about a run.

    Raises:
        BrokenPipeError: nobody reads any more.
    """
    try:
        print(line, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:  # a log on a full disk: the next line may find room
        _say(f"a line about a run cannot be printed: {error.strerror or error}")


def _say(message: str) -> None:
    with suppress(OSError):
        print(f"mlmonitor: {safe(message)}", file=sys.stderr, flush=True)


def _close_output() -> None:
    """Let nobody try to print the rest when the process ends: that would change its exit status."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
