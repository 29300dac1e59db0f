"""The OpenAPI 3.1 document of the API, made of the types of its answers; docs/openapi.json is this very document."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final, get_args

import msgspec

from pytest_mlmonitor.integrations.api import api_shape
from pytest_mlmonitor.integrations.api.api_shape import PREFIX
from pytest_mlmonitor.integrations.api.http_problems import PROBLEM_TYPE, ProblemReason

API_VERSION: Final = "1.0.0"

_TAGGED = {
    "ETag": {"description": "of this very content", "schema": {"type": "string"}},
    "Cache-Control": {"description": "`no-cache`: ask again with If-None-Match", "schema": {"type": "string"}},
}
_LATER = {"Retry-After": {"description": "seconds", "schema": {"type": "integer", "minimum": 1}}}
_MODEL = {
    "name": "model_id",
    "in": "path",
    "required": True,
    "description": "name of a model, as runs, deployments and registries have it; a slash in it may be written %2F or /",
    "schema": {"type": "string", "minLength": 1},
    "example": "bike_demand",
}
_KNOWN = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "entity tags that the client has",
    "schema": {"type": "string"},
}


@cache
def openapi_document() -> bytes:
    """Return the document as it is served."""
    answers = [
        one for one in vars(api_shape).values() if isinstance(one, type) and one.__module__ == api_shape.__name__
    ]
    _, components = msgspec.json.schema_components(answers, ref_template="#/components/schemas/{name}")
    components["ProblemDocument"]["properties"]["reason"] = {"enum": sorted(get_args(ProblemReason))}
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "mlmonitor serve-api",
            "version": API_VERSION,
            "description": "What the last run of pytest_mlmonitor said of models. Nothing is judged again.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": _paths(),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "retrain": {"type": "http", "scheme": "bearer", "description": "the token that api.token_env names"},
                "read": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "the token that api.read_token_env names, where the policy names one",
                },
            },
        },
    }
    return (json.dumps(document, ensure_ascii=True, indent=1) + "\n").encode("ascii")


def _paths() -> dict[str, Any]:
    of_run = {
        f"{PREFIX}/models": ("models", "The models of the last run", "ModelsAnswer"),
        f"{PREFIX}/drift/{{model_id}}": (
            "drift",
            "Drift of what feeds a model, and of its predictions",
            "DriftAnswer",
        ),
        f"{PREFIX}/performance/{{model_id}}": ("performance", "How good a model is", "PerformanceAnswer"),
        f"{PREFIX}/config/{{model_id}}": ("config", "What the policy says of a model", "ConfigAnswer"),
        f"{PREFIX}/alerts": ("alerts", "Alerts that fire", "AlertsAnswer"),
        "/healthz": ("healthz", "Whether the process answers", "HealthAnswer"),
        "/readyz": ("readyz", "Whether there is a verdict to answer from", "ReadyAnswer"),
    }
    paths: dict[str, Any] = {
        path: {
            "get": _read(name, summary, _json(shape), model="{" in path, open_=path[-1] == "z", later=name != "healthz")
        }
        for path, (name, summary, shape) in of_run.items()
    }
    text = {"schema": {"type": "string"}}
    paths["/metrics"] = {"get": _read("metrics", "Metrics of the last runs, for Prometheus", {"text/plain": text})}
    paths["/report"] = {"get": _read("report", "The report of the last run", {"text/html": text})}
    whole = {"application/json": {"schema": {"type": "object"}}}
    paths["/openapi.json"] = {"get": _read("openapi", "This document", whole, later=False)}
    paths[f"{PREFIX}/retrain/{{model_id}}"] = {"post": _retrain()}
    return paths


def _read(
    name: str, summary: str, content: dict[str, Any], *, model: bool = False, open_: bool = False, later: bool = True
) -> dict[str, Any]:
    responses: dict[str, Any] = {
        "200": {"description": summary, "headers": _TAGGED, "content": content},
        "304": {"description": "the client has it", "headers": _TAGGED},
        "400": _problem("a token stands in the URL"),
        "421": _problem("addressed to another host"),
    }
    if not open_:
        responses["401"] = _problem("no token for reading, or a wrong one")
    if model:
        responses["404"] = _problem("no such model; `near` are names that are")
    if later or not open_:
        responses["503"] = _problem("there is nothing to answer from now", _LATER)
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [*([_MODEL] if model else []), _KNOWN],
        **({} if open_ else {"security": [{}, {"read": []}]}),
        "responses": dict(sorted(responses.items())),
    }


def _retrain() -> dict[str, Any]:
    return {
        "operationId": "retrain",
        "summary": "Ask for a model to be trained again: a decision that waits until somebody claims it",
        "parameters": [_MODEL],
        "security": [{"retrain": []}],
        "responses": {
            "202": {
                "description": "it waits now",
                "headers": {"Cache-Control": {"description": "`no-store`", "schema": {"type": "string"}}},
                "content": _json("RetrainAnswer"),
            },
            "400": _problem("a token stands in the URL"),
            "401": _problem("no token, or a wrong one"),
            "403": _problem("nobody may ask here, or the policy does not have the model trained again"),
            "404": _problem("no such model; `near` are names that are"),
            "409": _problem("it waits already; `key` is the decision"),
            "421": _problem("addressed to another host"),
            "429": _problem("decided a while ago; `free_from` is when the next may be", _LATER),
            "503": _problem("no store, no verdict, or the variable of the token holds none"),
        },
    }


def _json(shape: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape}"}}}


def _problem(words: str, headers: dict[str, Any] | None = None) -> dict[str, Any]:
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    return {"description": words, **({"headers": headers} if headers else {}), "content": content}
