"""The contract in SodaCL (``checks.yml``) over a DuckDB view of the file: ``… contract FILE``. Nothing goes to Soda Cloud."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
from soda.common.config_helper import ConfigHelper

HERE = Path(__file__).parent
ConfigHelper.get_instance(str(HERE / "telemetry_off.yml"))  # soda.scan starts its telemetry when imported

from soda.scan import Scan  # noqa: E402


def holds(file: str) -> bool:
    """Return whether the dataset in ``file`` keeps the contract."""
    connection = duckdb.connect(":memory:")
    path = file.replace("'", "''")
    connection.execute(f"CREATE VIEW training_dataset AS SELECT * FROM read_parquet('{path}')")  # noqa: S608
    scan = Scan()
    scan.set_scan_definition_name("benchmark")
    scan.set_data_source_name("duckdb")
    scan.add_duckdb_connection(connection)
    scan.add_sodacl_yaml_file(str(HERE / "checks.yml"))
    scan.execute()
    text = scan.get_logs_text() or ""
    sound = not scan.has_error_logs() and not scan.has_check_fails() and "checks PASSED" in text
    if not sound:
        print(text)
    return sound


if __name__ == "__main__":
    sys.exit(not holds(sys.argv[1]))
