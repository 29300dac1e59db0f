"""The application: which path is answered by what."""

from __future__ import annotations

import html
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import bare, safe
from pytest_mlmonitor.integrations.api.api_shape import PREFIX, HealthAnswer, ReadyAnswer
from pytest_mlmonitor.integrations.api.conditional import answer, is_known, tag_of
from pytest_mlmonitor.integrations.api.http_problems import SOON, HttpProblem, as_bytes
from pytest_mlmonitor.integrations.api.last_run import LastRun, RunDocument, opened_file
from pytest_mlmonitor.integrations.api.model_answers import (
    drift_answer,
    model_of,
    models_answer,
    performance_answer,
)
from pytest_mlmonitor.integrations.api.model_config import config_answer
from pytest_mlmonitor.integrations.api.openapi_document import openapi_document
from pytest_mlmonitor.integrations.api.request_guard import RequestGuard, hosts_of, refuse_without_token
from pytest_mlmonitor.integrations.api.stored_answers import StoredAnswers

_JSON = "application/json"
_NO_SCRIPTS = "sandbox; default-src 'none'"
"""Content-Security-Policy of a page that says none itself: it is not ours."""

_POLICY = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([^"]{1,65536})">')
_HEAD = 65536
"""Bytes of a page in which its policy stands."""

_CHUNK = 65536


class MonitoringApi:
    """What is answered.

    Args:
        out: directory of the outputs.
        settings: the policy.
        file: where it is written.
    """

    def __init__(self, out: Path, settings: Settings, file: Path | None) -> None:
        self._settings = settings
        self._run = LastRun(out, settings.environment)
        self._stored = StoredAnswers(settings, file)

    def application(self, *, loopback: bool) -> Starlette:
        """Return the application.

        Args:
            loopback: whether only this machine reaches it.
        """
        of_model: dict[str, Callable[[RunDocument, str], object]] = {
            "drift": drift_answer,
            "performance": performance_answer,
            "config": config_answer,
        }
        routes = [
            Route(f"{PREFIX}/models", self._models),
            *(Route(f"{PREFIX}/{name}/{{model_id:path}}", self._of_model(told)) for name, told in of_model.items()),
            Route(f"{PREFIX}/alerts", self._alerts),
            Route(f"{PREFIX}/retrain/{{model_id:path}}", self._retrain, methods=["POST"]),
            Route("/metrics", self._metrics),
            Route("/healthz", _healthy),
            Route("/readyz", self._ready),
            Route("/report", self._report),
            Route("/openapi.json", _openapi),
        ]
        made = Starlette(
            routes=routes,
            middleware=[Middleware(RequestGuard, settings=self._settings, hosts=hosts_of(self._settings, loopback))],
            exception_handlers={HttpProblem: _problem, HTTPException: _no_route, Exception: _broken},
        )
        made.router.redirect_slashes = False  # an answer to GET only, and to what has a name of its own
        return made

    def _of_model(self, told: Callable[[RunDocument, str], object]) -> Callable[[Request], Response]:
        def answered(request: Request) -> Response:
            return answer(request, as_bytes(told(self._run.document(), request.path_params["model_id"])), _JSON)

        return answered

    def _models(self, request: Request) -> Response:
        return answer(request, as_bytes(models_answer(self._run.document())), _JSON)

    def _alerts(self, request: Request) -> Response:
        return answer(request, as_bytes(self._stored.alerts()), _JSON)

    def _metrics(self, request: Request) -> Response:
        return answer(request, self._stored.metrics(), CONTENT_TYPE_PLAIN_0_0_4)

    def _ready(self, request: Request) -> Response:
        results = self._run.document().results
        told: ReadyAnswer = {
            "status": "ready",
            "environment": results["environment"],
            "evaluated_at": results["evaluated_at"],
            "exit_status": results["exit_status"],
        }
        return answer(request, as_bytes(told), _JSON)

    def _retrain(self, request: Request) -> Response:
        names = self._settings.api
        if names.token_env is None:
            raise HttpProblem(
                403,
                "token_not_configured",
                "nobody may ask for a training here: name the variable that holds the token, api.token_env in the policy",
            )
        refuse_without_token(request.headers, "api.token_env", names.token_env)
        model = model_of(self._run.document(), request.path_params["model_id"])
        made = self._stored.request_training(model["name"])
        return Response(as_bytes(made), 202, {"Cache-Control": "no-store"}, _JSON)

    def _report(self, request: Request) -> Response:
        """Return the page of the last run as it lies there, in pieces: a hundred readers hold no hundred copies of it."""
        self._run.document()
        opened = opened_file(self._run.out / "report.html")
        if opened is None:
            words = f"{safe(str(self._run.out / 'report.html'))} is not there"
            raise HttpProblem(503, "no_report", words, {"Retry-After": str(SOON)})
        handle, found = opened
        try:
            policy = _POLICY.search(os.pread(handle, _HEAD, 0))
        except OSError:
            os.close(handle)
            raise
        said = html.unescape(policy[1].decode("ascii", "replace")) if policy is not None else ""
        form = "text/html; charset=utf-8"
        headers = {
            "ETag": tag_of(f"{found.st_ino} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_size}".encode()),
            "Cache-Control": "no-cache",
            "Content-Security-Policy": f"{said}; frame-ancestors 'none'"
            if said.isprintable() and said
            else _NO_SCRIPTS,
        }
        if is_known(request.headers.get("if-none-match"), headers["ETag"]):
            os.close(handle)
            return Response(None, 304, headers)
        headers["Content-Length"] = str(found.st_size)
        if request.method == "HEAD":
            os.close(handle)
            return Response(None, 200, headers, form)
        return StreamingResponse(_pieces(handle, found.st_size), 200, headers, form)


def _pieces(handle: int, size: int) -> Iterator[bytes]:
    with os.fdopen(handle, "rb") as file:
        while size > 0 and (piece := file.read(min(_CHUNK, size))):
            size -= len(piece)
            yield piece


def _healthy(request: Request) -> Response:
    told: HealthAnswer = {"status": "ok"}
    return answer(request, as_bytes(told), _JSON)


def _openapi(request: Request) -> Response:
    return answer(request, openapi_document(), _JSON)


def _problem(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, HttpProblem)
    return error.response()


def _no_route(request: Request, error: Exception) -> Response:
    """Answer what no path, or no method of it, answers."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        methods = ", ".join(sorted((error.headers or {}).get("Allow", "").replace(" ", "").split(",")))
        words = f"{bare(request.method, 20)} is not answered here; allowed: {methods}"
        return HttpProblem(405, "wrong_method", words, {"Allow": methods}).response()
    words = f"nothing is at {bare(request.url.path, 80)}: GET /openapi.json lists what there is"
    return HttpProblem(404, "unknown_path", words).response()


def _broken(request: Request, error: Exception) -> Response:
    """Answer where we are wrong; the process goes on."""
    said = f"{type(error).__name__}: {error}"
    print(f"mlmonitor: serve-api: {request.method} {bare(request.url.path, 80)}: {safe(said)}", file=sys.stderr)
    return HttpProblem(
        500, "broken", "an error of pytest_mlmonitor: standard error of the server says which"
    ).response()
