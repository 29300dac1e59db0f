"""Where lineage goes (specification 3)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pytest_mlmonitor.core.policy.outlets.secret_names import PlainUrl, VariableName
from pytest_mlmonitor.core.policy.section import Section


class LineagePolicy(Section):
    """OpenLineage events; the platform's own form is always written into ``out``.

    Attributes:
        url: server that takes OpenLineage events; or ``url_env`` names the variable that holds it.
        api_key_env: variable that holds its key.
        namespace: of jobs; ``mlmonitor/<environment>`` by default.
    """

    url: PlainUrl | None = None
    url_env: VariableName | None = None
    api_key_env: VariableName | None = None
    namespace: Annotated[str, Field(pattern=r"^[a-zA-Z:;=/0-9_\-.@+]{1,1024}$")] | None = None
