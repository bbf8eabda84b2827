"""`python -m bench [MEASURE …]`: run measures and say which targets were missed."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from bench.book import absorb
from bench.fits import bg, pareto
from bench.measure import Finding, Note, machine
from bench.shop import Shop
from bench.summary import rfm
from bench.system.conditions import conditions, current
from bench.system.home import System
from bench.system.imports import imports
from bench.system.loyalty import loyalty
from bench.system.pages import pages
from bench.system.scoring import scoring
from bench.system.upserts import upserts
from bench.value import clv
from bench.whole_report import report

MEASURES: Mapping[str, Callable[[Shop], Iterator[Finding]]] = {
    "rfm": rfm,
    "bg": bg,
    "pareto": pareto,
    "clv": clv,
    "report": report,
    "absorb": absorb,
}
SYSTEM_MEASURES: Mapping[str, Callable[[System], Iterator[Finding]]] = {
    "pages": pages,
    "conditions": conditions,
    "current": current,
    "upserts": upserts,
    "imports": imports,
    "scoring": scoring,
    "loyalty": loyalty,
}


ALL = [*MEASURES, *SYSTEM_MEASURES]


def _findings(measures: Sequence[str], customers: int, orders: int) -> Iterator[Finding]:
    """Run measures, first those on files, then those on a running system."""
    if wanted := [MEASURES[name] for name in measures if name in MEASURES]:
        shop = Shop(customers, orders)
        size_mb = shop.path.stat().st_size / 1e6
        yield Note(f"{shop.orders:,} orders of {shop.customers:,} customers, {size_mb:.0f} MB as Parquet")
        for measure in wanted:
            yield from measure(shop)
    if running := [SYSTEM_MEASURES[name] for name in measures if name in SYSTEM_MEASURES]:
        system = System(customers, orders)
        yield Note(f"A running system with {customers:,} customers and {orders:,} orders in {system.home.name}")
        for measure_running in running:
            yield from measure_running(system)


def main() -> int:
    """Run the measures that were asked for; 1 where a target was missed."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"{', '.join(ALL)}; all where none is named")
    parser.add_argument("--customers", type=int, default=1_000_000, help="targets hold for the default of a million")
    parser.add_argument("--orders", type=int, default=10_000_000, help="targets hold for the default of ten millions")
    asked = parser.parse_args()
    unknown = sorted(set(asked.measures) - set(ALL))
    if unknown:
        parser.error(f"no such measure: {', '.join(unknown)}; there are {', '.join(ALL)}")
    missed = 0
    for finding in _findings(asked.measures or ALL, asked.customers, asked.orders):
        print(finding, flush=True)
        missed += not finding.met
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine()}")
    print(f"{missed} missed" if missed else "all targets met")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
