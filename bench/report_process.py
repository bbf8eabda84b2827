"""The process that a measure of the report watches: write all outputs, then tell the steps and the peak of memory."""

from __future__ import annotations

import json
import re
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from regulars.intake.contracts import Settings
from regulars.report.contracts import Options
from regulars.report.run import Goals, run


@dataclass(frozen=True)
class Step:
    """What one step of the report took."""

    doing: str
    seconds: float
    peak_gb: float


def main(file: Path, folder: Path) -> None:
    """Write the report on `file` into `folder`, then print its steps as one line of JSON."""
    steps: list[Step] = []
    now, begun = "Starting", time.perf_counter()

    def note(doing: str, done: float) -> None:
        nonlocal now, begun
        del done
        ended = time.perf_counter()
        steps.append(Step(now, ended - begun, _peak_bytes_since_last() / 1e9))
        now, begun = doing, ended

    goals = Goals(html=folder / "report.html", json=folder / "report.json", scores=folder / "scores.parquet")
    run([file], settings=Settings(), options=Options(), goals=goals, progress=note)
    print(json.dumps([asdict(step) for step in steps]))


def _peak_bytes_since_last() -> int:
    """Return the peak of resident memory since the last call.

    Linux's `getrusage` is no use here: it inherits the peak of the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kib = re.search(r"VmHWM:\s+(\d+) kB", status)
    if kib is None:
        raise RuntimeError("the system does not tell the peak of resident memory")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return int(kib[1]) * 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
