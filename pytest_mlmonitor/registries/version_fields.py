"""The fields of a registry's versions that a declared source may map, and what each holds (specification 8)."""

from __future__ import annotations

from pytest_mlmonitor.core.references.units import FieldForm

MAPPED_OF_REGISTRIES: dict[str, FieldForm] = {
    "name": "text",
    "version": "text",
    "run_id": "text",
    "stage": "text",
    "alias": "text",
    "environment": "text",
    "production": "any",
    "promote": "any",
    "forced": "any",
    "created_at": "time",
    "recorded_at": "time",
    "updated_at": "time",
    "promoted_at": "time",
    "restored_at": "time",
    "archived_at": "time",
    "path": "text",
}
