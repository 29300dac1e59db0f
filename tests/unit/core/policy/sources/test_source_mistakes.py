"""Every mistake in a source is one sentence: the key, the value, the file and line, what is allowed, what may be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.sources.source_fields import refuse_unfit_fields

SILVER = '[source.silver]\npath = "silver/{name}/dt={version:%Y-%m-%d}/*.parquet"\n'
GATEWAY = '[source.gateway]\nkind = "deployment"\npath = "logs/*.jsonl"\n'
KINDS = {
    "dataset": Kind("dataset", mapped={"built_at": "time", "row_count": "count", "digest": "text"}),
    "deployment": Kind(
        "deployment",
        mapped={
            "deployment_id": "text",
            "window_start": "time",
            "request_count": "count",
            "latency_p95_ms": "milliseconds",
        },
    ),
}


def refused(tmp_path: Path, text: str) -> str:
    file = tmp_path / "mlmonitor.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as error:
        refuse_unfit_fields(load(file), KINDS)
    return str(error.value).replace(f"{tmp_path}/", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            SILVER + 'event_time = "ts"',
            "unknown key source.silver.event_time = 'ts' in mlmonitor.toml:3; did you mean event_ts?; allowed: path, kind, ",
        ),
        (SILVER.replace("path", "paths"), "did you mean path?"),
        (SILVER + 'loaded_at_field = "x"', "did you mean built_at?"),
        (SILVER + 'filter = "x"', "unknown key source.silver.filter"),
        (
            SILVER + "drift.psi_eror = 1",
            "unknown key source.silver.drift.psi_eror = 1 in mlmonitor.toml:3; did you mean psi_error?",
        ),
        ('[source.silver]\nowner = "a"', "source.silver.path is missing in mlmonitor.toml:1"),
        ('[source.silver]\nfreshness = "26h"', 'stand in [[overrides]] with artifact = "silver"'),
        (
            "[source.silver]\npath = 3",
            "source.silver.path = 3 in mlmonitor.toml:2: expected a text, or a list of texts",
        ),
        ("[source.silver]\npath = []", "source.silver.path = [] in mlmonitor.toml:2: is empty"),
        ('[source.silver]\npath = "a\\\\b"', "levels of a path are separated by /"),
        (SILVER + 'window = "60s"', "window is no key of a dataset, only of deployment (key kind); allowed: path, "),
        (GATEWAY + 'target = "y"', "target is no key of a deployment, only of dataset, predictions"),
        (
            SILVER + 'kind = "datasets"',
            "kind = 'datasets' in mlmonitor.toml:3: there is no such kind of source; did you mean dataset?",
        ),
        (SILVER + "freshness = 26", 'freshness = 26 in mlmonitor.toml:3: 26 has no unit: say it, as in "26h" or "26d"'),
        (
            SILVER + "freshness = {error_after = 26}",
            "source.silver.freshness.error_after = 26 in mlmonitor.toml:3: 26 has no unit",
        ),
        (GATEWAY + "window = 60", 'window = 60 in mlmonitor.toml:4: 60 has no unit: say it, as in "60s"'),
        (SILVER + 'chunk = "0s"', "greater than 0"),
        (SILVER + 'built_at = "mtimes"', "did you mean mtime?; allowed: version, mtime, commit, column:NAME"),
        (SILVER + 'timezone = "Europe/Berln"', "did you mean Europe/Berlin?"),
        (GATEWAY + 'records = "request"', "did you mean requests? allowed: windows, requests"),
        (GATEWAY + 'cumulative = "yes"', "should be a valid boolean"),
        (SILVER + 'severity.freshness = "bad"', "'bad' is not a severity"),
        (SILVER + "versions = 0", "greater than or equal to 1"),
        (SILVER + "drift = {psi_warning = 0.5, psi_error = 0.1}", "psi_warning = 0.5 is above psi_error = 0.1"),
        (SILVER + "drift = 3", "expected a table of keys, or false"),
        # fields and units
        (
            GATEWAY + "fields.n = 'request_count'",
            "is no field of a deployment, but 'request_count' is: write fields.request_count = \"n\" (ours on the left",
        ),
        (GATEWAY + "fields.ts = 'window_start in epoch_ms'", 'write fields.window_start = "ts in epoch_ms"'),
        (
            GATEWAY + "fields.reqest_count = 'n'",
            "a deployment has no field 'reqest_count'; did you mean request_count?; allowed: deployment_id",
        ),
        (GATEWAY + "constants.foo = 1", "constants.foo = 1 in mlmonitor.toml:4: a deployment has no field 'foo'"),
        (
            GATEWAY + "fields.latency_p95_ms = 'p95 in percent'",
            "is a duration in ms, of which 'percent' is no unit; allowed: ms, s, us, ns",
        ),
        (GATEWAY + "fields.request_count = 'n in s'", "request_count is a count, which has no unit"),
        (
            GATEWAY + "fields.window_start = 'ts in epoch_msec'",
            "'epoch_msec', which is no unit; did you mean epoch_ms?",
        ),
        (GATEWAY + "fields.window_start = 'ts in %H:%M'", "says no year"),
        (GATEWAY + "fields.request_count = 5", "what is always the same stands in constants"),
        (GATEWAY + "fields.request_count = {value = 5}", "stands in constants"),
        (GATEWAY + "fields = 'n'", "expected a table, such as fields.OURS"),
        (
            GATEWAY + "constants.request_count = 'many'",
            "constants.request_count = 'many' in mlmonitor.toml:4: expected a whole number",
        ),
        (GATEWAY + "constants.request_count = [1]", "expected one value"),
        (
            GATEWAY + 'fields.request_count = "n"\nconstants.request_count = 1',
            "in mlmonitor.toml:4: fields.request_count and constants.request_count say the same field: keep one",
        ),
        (SILVER + 'fields.digest = "{nmae}"', "names {nmae}; did you mean name?; path catches name, version"),
        (GATEWAY + "where = 'x'", "expected a table"),
        (GATEWAY + "where.a = [1, {b = 2}]", "expected a value, or a list of values"),
        (GATEWAY + "where.'a..b' = 1", "is no path of keys"),
        # presets
        (SILVER + "preset = 'kerdo'", "there is no preset of that name; did you mean kedro?; allowed: "),
        (SILVER + "preset = 3", "source.silver.preset = 3"),
        ("[preset.a]\npreset = 'kedro'\n" + SILVER, "a preset builds on no other"),
        (
            "[preset.a]\nevnt_ts = 'x'\n" + SILVER,
            "unknown key preset.a.evnt_ts = 'x' in mlmonitor.toml:2; did you mean event_ts?",
        ),
        ("[preset.a]\nfreshness = 3\n" + SILVER, "preset.a.freshness = 3 in mlmonitor.toml:2: 3 has no unit"),
        (
            "[preset.a]\nwindow = '60s'\n" + SILVER + "preset = 'a'",
            "preset.a.window = '60s' in mlmonitor.toml:2: window is no key of a dataset",
        ),
        ("[preset.a]\nowner = 3\n" + SILVER + "preset = 'a'", "preset.a.owner = 3 in mlmonitor.toml:2"),
        # names and tables
        ("[source]\npath = 'x'", "a source has a name: write [source.NAME]"),
        ("[[source]]\npath = 'x'", "expected tables, [source.NAME]"),
        ("source.silver = false", "source.silver = False in mlmonitor.toml: expected a table"),
        ("[source.Silver]\npath = 'x'", "did you mean source.silver?"),
        ("[source.'my table']\npath = 'x'", "did you mean source.my_table?"),
        ("[sources.silver]\npath = 'x'", "unknown key sources in mlmonitor.toml; did you mean source?"),
        ("path = 'x'", "[source.NAME], then path"),
        ("rebase = {data = '.'}", "'data' is no absolute path and no URL"),
        ("rebase = {'/opt' = '../x'}", "expected a path below a root"),
        (SILVER + 'exclude = "silver/{name}/old/*"', "patterns have * and ?, no placeholders"),
        (SILVER + 'ready = "*.done"', "expected the name of a file beside those of path, such as '_SUCCESS'"),
        (
            SILVER + 'ready = "../_SUCCESS"',
            "source.silver.ready = '../_SUCCESS' in mlmonitor.toml:3: expected the name of a file",
        ),
        (SILVER + 'built_at = "column"', "did you mean column:NAME?"),
        (SILVER + 'artifacts = ["lake"]', "artifacts holds for the whole policy: it stands above the first [table]"),
        ("[source.my.lake]\npath = 'x'", "a NAME has no dot: write [source.my_lake]"),
        ("[[source.silver]]\npath = 'x'", "expected a table in single brackets: [source.silver]"),
        (
            GATEWAY.replace('kind = "deployment"\n', "")
            + "[source.gateway.fields]\nwindow_start = 'ts'\nkind = 'deployment'",
            "source.gateway.fields.kind = 'deployment' in mlmonitor.toml:5: kind is a key of the source: it stands above",
        ),
        (
            "[preset.kedro]\nowner = 'me'\n[source.silver]\npreset = 'kedro'",
            "preset.kedro of this file stands in the place of the one that is shipped",
        ),
        (SILVER + "drift = False", "true and false are written so, in small letters"),
        (SILVER + "freshness = null", "TOML has no null: leave the key out"),
        (SILVER + "owner = \u201cme\u201d", "a text stands in straight quotes"),
        (SILVER + 'drift."x\\u0000" = 1', "unknown key source.silver.drift.x\\x00 = 1"),
        # what TOML itself refuses
        (GATEWAY + "fields = {a = 'b'}\nfields.x = 'y'", "write fields.x = … lines instead"),
        (GATEWAY + "fields = {\n a = 'b' }", "write fields.x = … lines instead"),
        (GATEWAY + "window = 60s", "a text stands in quotes"),
        (GATEWAY + "window: '60s'", 'TOML writes key = "value"'),
        (SILVER + SILVER, "give the second another NAME"),
        (SILVER + "owner = 'a'\nowner = 'b'", "the key stands twice"),
    ],
)
def test_a_mistake_names_the_key_the_value_and_what_is_meant(tmp_path: Path, text: str, words: str) -> None:
    said = refused(tmp_path, text)
    assert words in said
    assert "mlmonitor.toml" in said and "\n" not in said


def test_keys_of_other_kinds_are_not_offered(tmp_path: Path) -> None:
    allowed = refused(tmp_path, GATEWAY + "foo = 1").partition("allowed: ")[2].split(", ")
    assert "window" in allowed and "chunk" not in allowed and "metrics" not in allowed and "freshness" not in allowed


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    said = refused(tmp_path, SILVER + "foo = 1\nbar = 2\n" + GATEWAY + "window = 60")
    assert all(words in said for words in ("silver.foo", "silver.bar", "gateway.window"))


def test_in_a_project_file_the_line_is_that_of_its_table(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("[project]\nname = 'x'\n\n[tool.mlmonitor.source.silver]\npath = 'a'\n\nevnt_ts = 'x'\n")
    with pytest.raises(PolicyError, match=r"pyproject\.toml:7; did you mean event_ts\?"):
        load(file)


def test_an_empty_list_is_none_whatever_a_preset_says(tmp_path: Path) -> None:
    (tmp_path / "mlmonitor.toml").write_text(
        "[preset.a]\nexclude = 'x'\nmetadata = 'm.json'\n" + SILVER + "preset = 'a'\nexclude = []\nmetadata = []\n"
    )
    source = load(tmp_path / "mlmonitor.toml").source["silver"]
    assert (source.exclude, source.metadata) == ((), ())


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        (
            "[source.silver]\npath = 'x'",
            "source in pyproject.toml stands outside of [tool.mlmonitor]: write [tool.mlmonitor.source.silver]",
        ),
        ("[[overrides]]\nartifact = 'x'", "write [[tool.mlmonitor.overrides]]"),
        ("[rebase]\n'/opt' = '.'", "write [tool.mlmonitor.rebase]"),
    ],
)
def test_a_table_beside_that_of_a_project_file_is_not_passed_over(tmp_path: Path, table: str, wanted: str) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(f"[tool.mlmonitor]\nartifacts = ['lake']\n{table}\n")
    with pytest.raises(PolicyError) as error:
        load(file)
    assert wanted in str(error.value).replace(f"{tmp_path}/", "")
