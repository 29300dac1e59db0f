"""docs/openapi.json is what is served, and says of every path what is there.

python -m tests.unit.integrations.api.test_openapi     writes docs/openapi.json anew; look at the difference before you commit it
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.integrations.api.application import MonitoringApi
from pytest_mlmonitor.integrations.api.openapi_document import openapi_document

FILE = Path(__file__).parents[4] / "docs" / "openapi.json"


def test_it_is_what_is_served() -> None:
    assert FILE.read_bytes() == openapi_document(), (
        "meant? then run: python -m tests.unit.integrations.api.test_openapi"
    )


def test_it_has_every_path_and_method_and_no_other(tmp_path: Path) -> None:
    routes: Any = MonitoringApi(tmp_path, Settings(), None).application(loopback=True).routes
    served = {
        (route.path_format, method.lower())
        for route in routes
        for method in route.methods - {"HEAD"}  # as GET
    }
    document = json.loads(FILE.read_bytes())
    assert served == {(path, method) for path, methods in document["paths"].items() for method in methods}


def test_the_page_names_every_path_and_status() -> None:
    page = FILE.with_name("api.md").read_text(encoding="utf-8")
    document = json.loads(FILE.read_bytes())
    for path, methods in document["paths"].items():
        assert f"`{path.replace('{model_id}', 'MODEL')}`" in page, path
        for method in methods.values():
            for status in method["responses"]:
                assert f"| {status} |" in page, (path, status)
    for reason in document["components"]["schemas"]["ProblemDocument"]["properties"]["reason"]["enum"]:
        assert f"`{reason}`" in page, reason


if __name__ == "__main__":
    FILE.write_bytes(openapi_document())
