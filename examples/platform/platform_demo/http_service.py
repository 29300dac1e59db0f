"""The same service over HTTP (FastAPI). The caller says what time it is: hours of the platform pass in seconds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel

from platform_demo.places import Places, moment_of
from platform_demo.serving import BikeService, Rejected


class PredictionRequest(BaseModel):
    """What is asked."""

    request_id: str
    station_id: str
    obs_ts: str
    features: dict[str, Any]


Clock = Annotated[datetime, Header(alias="x-platform-time")]


def application(project: Path, started_at: str, reason: str = "startup") -> FastAPI:
    """Return the service of a project, which starts at a time on the platform's clock."""
    service = BikeService(Places(project), moment_of(started_at), reason)
    last = moment_of(started_at)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.end(last)

    app = FastAPI(title="bike-serving", lifespan=life)

    @app.post("/predict")
    async def predict(request: PredictionRequest, now: Clock) -> dict[str, Any]:
        nonlocal last
        last = now
        try:
            return service.predict(request.model_dump(), now)
        except Rejected as error:
            raise HTTPException(422, str(error)) from None

    @app.post("/reload")
    async def reload(now: Clock, reason: str = "promotion") -> dict[str, str]:
        nonlocal last
        last = now
        service.switch(now, reason)
        return {"model_version": service.release.version}

    @app.post("/tick")
    async def tick(now: Clock) -> dict[str, str]:
        nonlocal last
        last = now
        service.tick(now)
        return {"status": "ok"}

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", "model_version": service.release.version}

    return app
