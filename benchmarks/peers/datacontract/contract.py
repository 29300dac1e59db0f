"""``benchmarks/contracts/training.odcs.yaml`` tested by datacontract-cli on its local parquet server: ``… contract FILE``."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml
from datacontract.data_contract import DataContract

CONTRACT = Path(__file__).parents[2] / "contracts" / "training.odcs.yaml"


def holds(file: str) -> bool:
    """Return whether the dataset in ``file`` keeps the contract; a warning is a rule the tool says it does not check."""
    contract = yaml.safe_load(CONTRACT.read_text())
    contract["servers"][0]["path"] = file
    run = DataContract(data_contract_str=yaml.safe_dump(contract, sort_keys=False), server="local").test()
    broken = [check for check in run.checks or [] if check.result not in ("passed", "warning")]
    for check in broken:
        print(check.result, check.name, check.reason)
    return not broken and run.result in ("passed", "warning")


if __name__ == "__main__":
    sys.exit(not holds(sys.argv[1]))
