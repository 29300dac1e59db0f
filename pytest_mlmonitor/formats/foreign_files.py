"""Files of other tools that are not read: what they are, and what to do. By names, and a glance at the first bytes of a few."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pytest_mlmonitor.core.files.opening import Refused, open_regular

GLANCE = 16_384
"""Bytes of a file that are looked at."""

MAX_GLANCES = 500
"""Files that are looked into; what more there are is known by name alone."""

MAX_COUNTED = 10_000
"""Files that are counted by format; with more of them nobody reads the count."""


@dataclass(frozen=True)
class ForeignFormat:
    """A format that is known and not read.

    Attributes:
        what: what a file of it is, with its article.
        several: what many are.
        advice: what to do.
    """

    what: str
    several: str
    advice: str


PICKLE = ForeignFormat("a pickle", "pickles", "never opened: loading one runs what is in it")
MODEL = ForeignFormat("a model file", "model files", "never opened: what is judged are the documents of its run")
TFRECORD = ForeignFormat(
    "a TFRecord", "TFRecord files", "not read: write the same rows as parquet and declare them as a source"
)
WHYLOGS = ForeignFormat(
    "a whylogs profile", "whylogs profiles", "not read: declare the data that it was made of, which are compared anew"
)
EVIDENTLY = ForeignFormat(
    "an Evidently report",
    "Evidently reports",
    "not read: declare the data that it was made of, which are compared anew",
)
GREAT_EXPECTATIONS = ForeignFormat(
    "a Great Expectations document",
    "Great Expectations documents",
    "not read: say what the table must be like in an ODCS contract (`mlmonitor infer-contract` writes a first one)",
)
DBT = ForeignFormat(
    "a dbt artifact", "dbt artifacts", 'name it in a source that needs it: metadata = "/target/run_results.json"'
)
DATA_CONTRACT_SPECIFICATION = ForeignFormat(
    "a Data Contract Specification",
    "Data Contract Specifications",
    "not read: `datacontract export odcs FILE --output NAME.odcs.yaml` converts it (datacontract-cli)",
)
OTHER_TABLE = ForeignFormat("a table that is no parquet", "tables that are no parquet", "not read: write it as parquet")

_NAMES = (
    (PICKLE, re.compile(r".+\.(?:pkl|pickle|joblib|dill|cloudpickle)(?:\.gz)?", re.IGNORECASE)),
    (
        MODEL,
        re.compile(r".+\.(?:onnx|pt|pth|safetensors|h5|keras|cbm|ubj|tflite|mlmodel)|saved_model\.pb", re.IGNORECASE),
    ),
    (TFRECORD, re.compile(r".*tfrecords?(?:-[0-9]+-of-[0-9]+)?(?:\.gz)?", re.IGNORECASE)),
    (OTHER_TABLE, re.compile(r".+\.(?:csv|tsv|avro|orc|feather|arrow|xlsx?)(?:\.gz)?", re.IGNORECASE)),
)
_DBT = frozenset({"manifest.json", "run_results.json", "catalog.json", "sources.json"})

_MARKS: dict[str, tuple[tuple[ForeignFormat, re.Pattern[bytes]], ...]] = {
    ".bin": ((WHYLOGS, re.compile(rb"\AWHY1")),),
    ".html": (
        (EVIDENTLY, re.compile(rb"evidently", re.IGNORECASE)),
        (GREAT_EXPECTATIONS, re.compile(rb"great.expectations", re.IGNORECASE)),
    ),
    ".json": (
        (DBT, re.compile(rb'"dbt_schema_version"\s*:')),
        (
            GREAT_EXPECTATIONS,
            re.compile(
                rb'"(?:expectation_suite_name|expectation_type|expectation_config|great_expectations_version)"\s*:'
            ),
        ),
        (EVIDENTLY, re.compile(rb'"metric_id"\s*:|"metric"\s*:\s*"(?:\w*Drift\w*|Dataset\w+|Column\w+)"|"evidently')),
        (DATA_CONTRACT_SPECIFICATION, re.compile(rb'"dataContractSpecification"\s*:')),
    ),
    ".yaml": ((DATA_CONTRACT_SPECIFICATION, re.compile(rb"^dataContractSpecification\s*:", re.MULTILINE)),),
}
_MARKS[".yml"] = _MARKS[".yaml"]


class ForeignFiles:
    """What files are that nothing reads.

    Attributes:
        left: how many more are looked into.
    """

    def __init__(self, glances: int = MAX_GLANCES) -> None:
        self.left = glances

    def format_of(self, path: Path) -> ForeignFormat | None:
        """Return the format of a file that is known and not read, None for any other file."""
        by_name = next((known for known, names in _NAMES if names.fullmatch(path.name)), None)
        if by_name is not None:
            return by_name
        if path.name in _DBT and path.parent.name == "target":
            return DBT
        marks = _MARKS.get(path.suffix.lower(), ())
        if not marks or self.left <= 0:
            return None
        self.left -= 1
        try:
            with open_regular(path) as file:
                head = file.read(GLANCE).removeprefix(b"\xef\xbb\xbf")
        except (OSError, Refused):
            return None
        return next((known for known, mark in marks if mark.search(head)), None)

    def among(self, paths: Iterable[Path]) -> Iterator[tuple[Path, ForeignFormat]]:
        """Yield those of some files that are of a format which is known and not read."""
        for path in islice(paths, MAX_COUNTED):
            known = self.format_of(path)
            if known is not None:
                yield path, known

    def counted(self, paths: Iterable[Path]) -> Iterator[str]:
        """Yield how many files there are of each format, in words, the most first."""
        found = Counter(known for _, known in self.among(paths))
        for known, number in found.most_common():
            yield f"1 {known.what.split(' ', 1)[1]}" if number == 1 else f"{number:,} {known.several}"
