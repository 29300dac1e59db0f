"""Whatever stands in a table of the policy: sources, or one sentence that names a key; never a traceback."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.sources.declared_sources import declared_sources
from pytest_mlmonitor.core.policy.sources.source_fields import refuse_unfit_fields
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.sources.source_plan import plans_of
from pytest_mlmonitor.kinds import BUILT_IN
from pytest_mlmonitor.records.references.field_map import FieldMap

KINDS = {kind.name: kind for kind in BUILT_IN}

texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "26h",
            "column:x",
            "kedro",
            "{name}",
            "{version:%Y}/*",
            "a in ms",
            "run.json:a[*]",
            "UTC",
            "+02:00",
            "training_run",
            "mtime",
        ]
    ),
)
scalars = st.one_of(
    texts,
    st.integers(),
    st.floats(),
    st.booleans(),
    st.just(date(2026, 11, 27)),
    st.just(datetime(2026, 11, 27, tzinfo=UTC)),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
fields = st.sampled_from(sorted({field for kind in BUILT_IN for field in kind.mapped}))
keys = st.one_of(st.sampled_from(sorted(Source.model_fields)), texts)
tables = st.fixed_dictionaries(
    {},
    optional={
        "path": st.one_of(values, st.sampled_from(["a/*.parquet", "x/{name}/{version:int}.json"])),
        "kind": st.one_of(st.sampled_from(sorted(KINDS)), values),
        "fields": st.one_of(values, st.dictionaries(fields, values, max_size=3)),
        "constants": st.one_of(values, st.dictionaries(fields, values, max_size=3)),
    },
)


@settings(max_examples=300)
@given(table=tables, more=st.dictionaries(keys, values, max_size=3), preset=st.dictionaries(keys, values, max_size=2))
def test_any_source_is_one_or_is_refused(table: dict[str, Any], more: dict[str, Any], preset: dict[str, Any]) -> None:
    policy = {"source": {"a": {**more, **table}}, "preset": {"p": preset}}
    try:
        made = declared_sources(policy, {}, None)
        whole = Settings(source=made.sources)
        refuse_unfit_fields(whole, KINDS)
        plans_of(whole, KINDS)
    except PolicyError as error:
        assert str(error).strip()  # noqa: PT017
        return
    for name, source in made.sources.items():
        map_ = FieldMap(source, KINDS[source.kind].mapped, name)
        map_.record({"a": 1, "b": [{"c": None}]}, documents={})
        map_.of().keeps({})


@given(values)
def test_any_value_in_the_place_of_all_sources(value: Any) -> None:
    for key in ("source", "preset"):
        try:
            declared_sources({key: value}, {}, None)
        except PolicyError as error:
            assert str(error).strip()  # noqa: PT017
