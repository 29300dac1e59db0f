"""Property-based tests are short and leave no files behind."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

EXAMPLES = 15 if os.environ.get("TEST_TURN") else 60
"""Of a property: other ones every day, so that ``make test`` may have fewer of them than ``make test-all``."""

settings.register_profile("unit", deadline=None, max_examples=EXAMPLES, database=None)
settings.load_profile("unit")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("MLMONITOR_"):
            monkeypatch.delenv(name)
