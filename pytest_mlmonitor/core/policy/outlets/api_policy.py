"""Who may ask the HTTP API (``mlmonitor serve-api``)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from pytest_mlmonitor.core.policy.outlets.secret_names import HostName, VariableName
from pytest_mlmonitor.core.policy.section import Section, names_listed


class ApiPolicy(Section):
    """The HTTP API.

    Attributes:
        token_env: variable that holds the token of those who may ask for a model to be trained again; nobody may without.
        read_token_env: variable that holds the token of those who may read; everybody may without. Whoever may ask for a
            training may read.
        hosts: names by which the server is reached beside ``localhost``, as a reverse proxy passes them on.
    """

    token_env: VariableName | None = None
    read_token_env: VariableName | None = None
    hosts: Annotated[tuple[HostName, ...], BeforeValidator(names_listed)] = ()
