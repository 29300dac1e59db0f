"""The service as a process of its own, asked over HTTP."""

from __future__ import annotations

import http.client
import json
import sys
import urllib.parse
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from platform_demo.places import text_of
from platform_demo.traffic import said
from platform_live.servers import Programs


class HttpService:
    """Starts the service, and asks it."""

    def __init__(self, programs: Programs, project: Path, at: datetime, reason: str) -> None:
        command = [sys.executable, "-m", "platform_demo", "serve", "--port", "{port}", "--at", text_of(at)]
        self._program = programs.start("service", [*command, "--reason", reason, str(project)], "/health")
        self._host = urllib.parse.urlsplit(self._program.url).netloc
        self._connection = http.client.HTTPConnection(self._host, timeout=60)

    def answer_all(self, asked: Sequence[tuple[Mapping[str, Any], datetime]]) -> None:
        """Ask, one request after the other."""
        for request, at in asked:
            self._post("/predict", at, request)
        self._connection.close()  # what nobody uses for a while the other end closes

    def tick(self, now: datetime) -> None:
        """Say what time it is."""
        self._post("/tick", now)
        self._connection.close()

    def switch(self, at: datetime, reason: str) -> None:
        """Tell it to load what is in production."""
        self._post(f"/reload?reason={reason}", at)
        self._connection.close()

    def die(self) -> None:
        """Kill it."""
        self._connection.close()
        self._program.end(kill=True)

    def _post(self, path: str, at: datetime, document: Mapping[str, Any] | None = None) -> None:
        headers = {"content-type": "application/json", **said(at)}
        body = json.dumps(document) if document is not None else ""
        self._connection.request("POST", path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise OSError(f"POST {path}: {answer.status} {text[:300]!r}")
