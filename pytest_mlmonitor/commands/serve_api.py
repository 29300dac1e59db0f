"""``mlmonitor serve-api``: what the last run said, over HTTP."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from pytest_mlmonitor.commands.roots import policy_around
from pytest_mlmonitor.core.policy.places import PolicyError


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("serve-api")(serve_api)


def serve_api(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="port; 0 for any that is free")] = 8080,
    host: Annotated[str, typer.Option("--host", help="address to listen at")] = "127.0.0.1",
    out: Annotated[Path | None, typer.Option("--out", help="outputs of the runs; default: out of the policy")] = None,
) -> None:
    """Serve what the last run said of models over HTTP: drift, performance, alerts, configuration, metrics and the report.

    Nothing is judged again. /openapi.json describes it.
    """
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise PolicyError(f"serve-api needs {' and '.join(missing)}: pip install 'pytest-mlmonitor[api]'")
    settings, file = policy_around()
    if settings.api.off:
        raise PolicyError(f"api = false in {file or 'the policy'}: there is no API")
    directory = out if out is not None else settings.out
    if directory is None:
        raise PolicyError("serve-api needs the directory of the outputs: set out in the policy, or name it with --out")
    from pytest_mlmonitor.integrations.api.api_server import serve_api as serve

    serve(directory.absolute(), settings, file, host=host, port=port, environ=dict(os.environ))
