"""Keys of registry documents as they are looked for: ``modelVersion`` and ``ModelVersion`` are ``model_version``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import is_not
from typing import Any

from pytest_mlmonitor.registries import gate_words, tenure
from pytest_mlmonitor.registries import registry_words as words

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FREE = frozenset((*words.METRICS, "params", "hyperparameters", "tags"))
"""Keys whose objects have keys of their own making."""

_KNOWN = frozenset(
    (
        *(*words.VERSION, *words.NAME, *words.STAGE, *words.RUN, *words.ENVIRONMENT, *words.METRICS, *words.PATHS),
        *(*words.FLAGS, *words.ALIASES, *words.POINTERS, *words.ENTRIES, *words.HISTORIES, *words.METRIC_WORDS),
        *(*gate_words.KEYS, *tenure.KEYS, "latest_versions", "registered_model", "last_promoted_at", "model_type"),
        *("test_mode", "is_rollback", "to_stage", "new_stage", "from_stage", "model_package_summary_list"),
    )
)


def snake_keys(value: Any) -> Any:
    """Return a document with the keys that are known words in snake case; names of models and metrics stay as they are.

    >>> snake_keys({"modelVersions": [{"isChampion": True, "metrics": {"testF1": 0.9}}], "myModel": {}})
    {'model_versions': [{'is_champion': True, 'metrics': {'testF1': 0.9}}], 'myModel': {}}
    """
    if isinstance(value, list):
        items = [snake_keys(one) for one in value]
        return items if any(map(is_not, items, value)) else value
    if not isinstance(value, dict):
        return value
    renamed = _renamed(value)
    made = {key: one if key in _FREE else snake_keys(one) for key, one in renamed.items()}
    return made if any(map(is_not, made.values(), renamed.values())) else renamed  # a large document is not held twice


def _renamed(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if all(key == key.lower() for key in value):
        return value
    made: dict[str, Any] = {}
    for key, one in value.items():
        snake = _HUMP.sub("_", key).lower() if key != key.lower() else key
        made[snake if snake in _KNOWN and snake not in value and snake not in made else key] = one
    return made
