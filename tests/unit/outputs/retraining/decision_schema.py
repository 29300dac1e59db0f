"""The JSON Schema of a decision to train again, made of the types that the writer is checked against.

python -m tests.unit.outputs.retraining.decision_schema     writes docs/retrain_decision.schema.json anew
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from pytest_mlmonitor.outputs.retraining.retrain_decision import DECISION_VERSION, RetrainDecision

FILE = Path(__file__).parents[4] / "docs" / "retrain_decision.schema.json"


def rendered() -> str:
    """Return the text of the schema."""
    named = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"a decision of pytest_mlmonitor to train a model again, version {DECISION_VERSION}",
    }
    return json.dumps(named | msgspec.json.schema(RetrainDecision), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(rendered(), encoding="utf-8")
