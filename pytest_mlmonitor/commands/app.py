"""The ``mlmonitor`` command: helpers that share their functions with the pytest plugin (specification 5).

Results are JSON on stdout. Bad input is one line on stderr that names the file, exit 1; bad usage is exit 2.
"""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from pytest_mlmonitor import __version__
from pytest_mlmonitor.commands import artifacts, contracts, inject, metrics, presets, retrain, run, serve_api
from pytest_mlmonitor.commands.graph import emit_lineage, replay_lineage, show_lineage
from pytest_mlmonitor.commands.init import init_command
from pytest_mlmonitor.commands.monitoring import generate_dags, generate_monitoring, selftest, watch
from pytest_mlmonitor.commands.proving import prove_command
from pytest_mlmonitor.commands.results import merge_runs, report_command
from pytest_mlmonitor.commands.roots import BadInput
from pytest_mlmonitor.core.files.walk import DiscoveryLimit
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.text.names import safe

app = typer.Typer(
    name="mlmonitor",
    help="Look at the artifacts of an ML platform: the same readers and rules as `pytest --mlmonitor=PATH`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> NoReturn:
    """Run the command; console entry point."""
    try:
        app()
    except BadInput as error:
        _fail(str(error), 1)
    except (PolicyError, DiscoveryLimit) as error:
        _fail(str(error), 2)
    sys.exit(0)


def _fail(message: str, status: int) -> NoReturn:
    print(f"mlmonitor: {safe(message)}", file=sys.stderr)
    sys.exit(status)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"mlmonitor {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="show the version and exit")
    ] = False,
) -> None:
    del version


# in the order in which --help lists them
graph = (show_lineage, emit_lineage, replay_lineage)
for group in (
    run,
    init_command,
    contracts,
    inject,
    prove_command,
    merge_runs,
    report_command,
    artifacts,
    presets,
    retrain,
    *graph,
    metrics,
    serve_api,
    generate_monitoring,
    generate_dags,
    selftest,
    watch,
):
    group.register(app)
for command in app.registered_commands:  # else --help cuts every line to the width of the terminal
    text = (command.callback.__doc__ or "") if command.callback is not None else ""
    command.short_help = " ".join(text.partition("\n\n")[0].split()).partition(". ")[0].rstrip(".")
