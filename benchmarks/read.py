"""Reading the columns of one file once with pyarrow, as the scan has to at the least: ``python -m benchmarks.read FILE``."""

from __future__ import annotations

import sys

import pyarrow.parquet as pq

BATCH_ROWS = 65_536

if __name__ == "__main__":
    rows = 0
    with open(sys.argv[1], "rb") as file:
        for batch in pq.ParquetFile(file, page_checksum_verification=True).iter_batches(BATCH_ROWS, use_threads=False):
            rows += batch.num_rows
    print(rows)
