"""Names of one directory are read together: what comes of it is what each name would give by itself."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from pytest_mlmonitor.core.discover import discover
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.sources.assembling import assembled
from pytest_mlmonitor.core.sources.source_plan import plans_of
from pytest_mlmonitor.core.templates.path_template import PathTemplate
from pytest_mlmonitor.core.templates.template_walk import TemplateWalk
from pytest_mlmonitor.kinds import BUILT_IN

TEMPLATES = (
    "{version:%Y-%m-%d}*.csv",
    "*{date:%Y%m%d}.csv",
    "{name}_{version}.csv",
    "{name}_*.csv",
    "{name}_{version:%Y-%m-%d}.csv",
    "{version:%d-%b-%Y}.csv",
    "{at:epoch_s}?.csv",
    "{x:semver}.csv",
    "*_{x:int}.csv",
    "{x}-{x}.csv",
)
PIECES = ("2026-11-2", "2026-02-30", "20260230", "2026-11-31", "20261127", "31-Nov-2026", "01-Nov-2026", "2026-1-5")
NAMES = st.lists(
    st.lists(st.sampled_from((*PIECES, "_", "-", "a", "1", "v1.2", ".", "99999999999")), max_size=4).map("".join),
    min_size=2,
    max_size=6,
    unique=True,
).map(lambda names: sorted(f"{name}.csv" for name in names))


@given(st.sampled_from(TEMPLATES), NAMES)
@example("{name}_{version}.csv", ["a_b.csv", "a_b_c.csv"])
@example("{name}__{version}.csv", ["a___b.csv", "a__b.csv"])
@example("{version:%Y-%m-%d}*.csv", ["2026-02-28.csv", "2026-02-30.csv", "2026-11-30.csv"])
def test_names_together_are_read_as_each_alone(template: str, names: list[str]) -> None:
    walk = TemplateWalk([PathTemplate.parse(template)])
    steps = walk.begin()
    assert steps is not None
    together = [(end.names, end.texts) for whole in walk.ends(steps, names) for end in whole.apart()]
    alone = [((name,), end.texts) for name in names for end in walk.ends(steps, (name,))]
    assert sorted(together, key=repr) == sorted(alone, key=repr)


def _dates(root: Path, files: list[str], path: str, **more: str) -> list[tuple[str, str]]:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    settings = Settings(source={"log": {"path": path, **more}})
    (one,) = assembled(discover(root, (), (), plans_of(settings, {k.name: k for k in BUILT_IN})).gathering)
    assert [date.text for date in one.dates][-2:] == [date.text for date in one.dates[-2:]]
    return [(path.name, date.text) for path, date in zip(one.files, one.dates, strict=True)]


def test_dates_are_in_the_order_of_their_moments_where_clocks_are_put_forward(tmp_path: Path) -> None:
    """02:30 was on no clock and is read as 01:30 UTC, after 03:00, which is 01:00 UTC."""
    files = ["20260329T0230.csv", "20260329T0300.csv"]
    assert [name for name, _ in _dates(tmp_path, files, "{date:%Y%m%dT%H%M}.csv")] == files
    berlin = _dates(tmp_path, files, "{date:%Y%m%dT%H%M}.csv", timezone="Europe/Berlin")
    assert [name for name, _ in berlin] == files[::-1]


def test_dates_of_many_directories_and_of_other_lengths_keep_to_their_files(tmp_path: Path) -> None:
    files = ["b/2026-1-5.csv", "b/2026-01-04.csv", "a/2026-02-01.csv", "a/2025-12-31.csv"]
    expected = ["2025-12-31", "2026-01-04", "2026-1-5", "2026-02-01"]
    assert _dates(tmp_path, files, "*/{date:%Y-%m-%d}.csv") == [(f"{date}.csv", date) for date in expected]


def test_files_of_sources_are_the_paths_of_the_walk(tmp_path: Path) -> None:
    """Of a million files there are no other million paths."""
    for name in ("a_1.csv", "a_2.csv", "b_1.csv", "x/a_3.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    settings = Settings(source={"all": {"path": "**/{name}_*.csv"}})
    found = discover(tmp_path, (), (), plans_of(settings, {k.name: k for k in BUILT_IN}))
    own = {id(path) for path in found.files}
    files = [path for one in assembled(found.gathering) for path in one.files]
    assert len(files) == 4
    assert all(id(path) in own for path in files)
