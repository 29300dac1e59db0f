"""The columns that an Iceberg table has now, and what its parts know them by: field ids, or names."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pytest_mlmonitor.tables.source.evolution.stored_names import FIELD_ID, NEEDS_NUMBER, NOT_NULL, STORED_NAME


def declared_columns(metadata: Any, specs: Collection[int]) -> Any:
    """Return the current columns, with what their parts know them by, and what a part without them does not say.

    Args:
        metadata: of the table.
        specs: by which its files are partitioned.
    """
    import pyarrow as pa
    from pyiceberg.io.pyarrow import schema_to_pyarrow
    from pyiceberg.transforms import IdentityTransform

    current, mapping = metadata.schema(), metadata.name_mapping()
    # Files of other writers may leave out a column whose value is that of the partition.
    partitioned = {
        field.source_id
        for spec in metadata.partition_specs
        if spec.spec_id in specs
        for field in spec.fields
        if isinstance(field.transform, IdentityTransform)
    }
    names: dict[int, set[str]] = {}
    numbers: dict[str, set[int]] = {}
    for field in (field for schema in metadata.schemas for field in schema.fields):
        names.setdefault(field.field_id, set()).add(field.name)
        numbers.setdefault(field.name, set()).add(field.field_id)
    fields = []
    for declared, own in zip(schema_to_pyarrow(current, include_field_ids=True), current.fields, strict=True):
        known = {k: v for k, v in (declared.metadata or {}).items() if k == FIELD_ID}
        if own.initial_default is not None:
            known[NOT_NULL] = b"rows older than it have a default value (initial-default), which is not read"
        elif own.field_id in partitioned:
            known[NOT_NULL] = b"its value is that of the partition, which is not read"
        if mapping is not None:
            known[STORED_NAME] = "\0".join(_mapped(mapping, own.field_id)).encode()
        elif len(names[own.field_id]) > 1 or len(numbers[own.name]) > 1:
            known[NEEDS_NUMBER] = b""
        fields.append(declared.with_metadata(known))
    return pa.schema(fields)


def _mapped(mapping: Any, number: int) -> list[str]:
    """Return by which names files without field ids know a column."""
    return [name for field in mapping if field.field_id == number for name in field.names]
