"""The ledger's writes beside a bare transaction of pgbench, those for very many beside a bare COPY, and previews."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator

from bench.measure import Finding, Note, Share
from bench.system.home import System
from bench.system.previewing import preview
from bench.system.traffic import CONNECTIONS

# The services are asked in a process of their own, since Django is set up there for the system's home.
PROCESS = """
import sys
from regulars.faces.cli.running.setting_up import set_up_django
set_up_django()
from bench.system.loyalty_process import main
main(int(sys.argv[1]))
"""
LEAST_OF_BARE = 0.5
# No slower; two equal rates measured in turns differ by as much.
LEAST_OF_SPREAD = 0.95
LEAST_OF_COPY = 0.12


def loyalty(system: System) -> Iterator[Finding]:
    """Grant and redeem by the statements that the services send; expire and grant to all in bulk; look at carts."""
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, str(system.customers)],
        env=system.running.environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    rates = {name: statistics.median(each) for name, each in told["rates"].items()}
    for name, key in (("Grants", "grant"), ("Redemptions", "redeem")):
        title = f"{name} by the statements of the service, {CONNECTIONS} connections"
        yardstick = "a bare transaction of one update and one insert"
        yield Share(title, rates[key], yardstick, rates["bare"], "transactions/s", LEAST_OF_BARE)
    title = "Grants with all members in one programme"
    yield Share(title, rates["grant"], "the same over many", rates["spread"], "transactions/s", LEAST_OF_SPREAD)
    cost = ", ".join(f"{name} {milliseconds:.2f}" for name, milliseconds in told["cpu_ms"].items())
    yield Note(f"  the server's own work for one, in milliseconds of its processes: {cost}")
    for each in told["bulk"]:
        yield Share(
            each["name"], each["rate"], "a bare COPY of the same rows", each["copy_rate"], "rows/s", LEAST_OF_COPY
        )
        yield Note(
            f"  {each['seconds']:.1f} s; rows: " + ", ".join(f"{name} {n:,}" for name, n in each["rows"].items())
        )
    yield from preview(system)
