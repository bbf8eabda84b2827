"""The process that a measure of the report watches: write all outputs, then tell the steps and the peak of memory."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

from regulars.intake.contracts import Settings
from regulars.report.contracts import Options
from regulars.report.run import Goals, run


def main(file: Path, folder: Path) -> None:
    """Write the report on `file` into `folder`, then print one line of JSON."""
    steps: list[tuple[str, float]] = []

    def note(doing: str, done: float) -> None:
        del done
        steps.append((doing, time.perf_counter()))

    goals = Goals(html=folder / "report.html", json=folder / "report.json", scores=folder / "scores.parquet")
    run([file], settings=Settings(), options=Options(), goals=goals, progress=note)
    ends = [at for _, at in steps[1:]]
    took = [(doing, end - start) for (doing, start), end in zip(steps, ends, strict=False)]
    print(json.dumps({"steps": took, "peak_gb": _peak_bytes() / 1e9}))


def _peak_bytes() -> int:
    """Return the peak resident memory of this program.

    Linux's `getrusage` is no use here: it inherits the peak of the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kib = re.search(r"VmHWM:\s+(\d+) kB", status)
    if kib is None:
        raise RuntimeError("the system does not tell the peak of resident memory")
    return int(kib[1]) * 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
