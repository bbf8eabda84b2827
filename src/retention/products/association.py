"""What is bought together, and what is bought next: pairs of products that meet more often than by chance.

Two guards hold chance off. A pair must have been met often enough, and by enough customers; and its G² must stay large
after it is divided by how much the customers' habits inflate it and corrected for all pairs that were looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis.expr.types import Table
from scipy import stats

from retention.calendar import days_between
from retention.comparisons import adjusted_for_many, log_likelihood_ratio
from retention.estimates import Interval
from retention.integers import as_int64
from retention.products.repurchase import median_of_counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What is looked at, and what is called a finding.

    Parameters
    ----------
    most_products_in_one : int
        Purchases of more products than this are left out: they are a reseller's, and their pairs are many and say
        little. It bounds the cost of a purchase.
    most_purchases : int
        Where there are more purchases, only every second, third … customer is looked at, so that about so many are
        left: enough to tell any pair that matters, at a cost that no longer grows.
    least_cases : int
        How often two products must have met.
    least_customers : int
        How many customers must have done it.
    alpha : float
        Expected share of false ones among what is found, at most.
    most_for_one : int
        How many pairs are kept of each product at most.
    most : int
        How many pairs are kept in all at most, those with the most evidence.
    """

    most_products_in_one: int = 50
    most_purchases: int = 500_000
    least_cases: int = 10
    least_customers: int = 5
    alpha: float = 0.05
    most_for_one: int = 5
    most: int = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two products that meet more often than by chance.

    Parameters
    ----------
    first, second : Any
        The products, as in the baskets. What is bought next is second.
    cases : int
        Purchases that held both; or that held the first and were followed by one that held the second.
    customers : int
        How many did it.
    first_cases, second_cases, all_cases : int
        In how many the first was, the second was, and how many there were.
    adjusted_p_value : float
        By G², deflated and corrected; see `bought_together`.
    median_days : Interval or None
        Days from the one purchase to the next; None for what is bought together.
    """

    first: Any
    second: Any
    cases: int
    customers: int
    first_cases: int
    second_cases: int
    all_cases: int
    adjusted_p_value: float
    median_days: Interval | None = None

    @property
    def support(self) -> float:
        """Share of all cases."""
        return self.cases / self.all_cases

    @property
    def confidence(self) -> float:
        """Share of those with the first that had the second."""
        return self.cases / self.first_cases

    @property
    def reverse_confidence(self) -> float:
        """Share of those with the second that had the first."""
        return self.cases / self.second_cases

    @property
    def lift(self) -> float:
        """How many times as often as if the two had nothing to do with each other."""
        return self.cases * self.all_cases / (self.first_cases * self.second_cases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The pairs that were found, those with the most evidence first.

    Parameters
    ----------
    pairs : sequence of Pair
        What was found.
    all_cases : int
        How many cases were looked at: purchases, or steps from one purchase to the next.
    looked_at : int
        How many pairs met often enough to be looked at.
    left_out : int
        Purchases with too many products in one.
    every : int
        Each how-manieth customer was looked at; 1 is all of them.
    """

    pairs: Sequence[Pair]
    all_cases: int
    looked_at: int
    left_out: int
    every: int


def bought_together(held: Table, products: Table, bounds: Bounds) -> Pairs:
    """Find which products are in one purchase more often than by chance.

    Parameters
    ----------
    held : Table
        `baskets`, of all products; best stored, for it is read several times.
    products : Table
        One row per product whose pairs are looked at: `product`. Their square bounds what is held in memory.
    bounds : Bounds
        What is looked at, and what is called a finding.

    Returns
    -------
    Pairs
        Each pair once, the product of more purchases first (of as many, the smaller). Only pairs with a lift above 1.

    Notes
    -----
    A case is a purchase (a customer's day), of those whose content is known. One customer's purchases are alike, so
    that G² alone finds too much. It is divided by Σm² / Σm, m being how often each customer did it: the factor by which
    the variance of a count of rare events in clusters exceeds Poisson's. The p-value of what is left is corrected by
    Benjamini and Hochberg for all pairs that met often enough, listed or not.

    References
    ----------
    Agrawal, Imieliński & Swami (1993), Mining association rules, SIGMOD (support, confidence); Brin, Motwani, Ullman &
    Tsur (1997), Dynamic itemset counting, SIGMOD (lift, there "interest"); Dunning (1993) for G²; Rao & Scott (1992), A
    simple method for the analysis of clustered binary data, Biometrics 48 (deflation). Checked by hand in
    `test_what_is_bought_together_is_counted_as_by_hand`.
    """
    usual, left_out, every = _looked_at(held, bounds)
    chosen = _chosen(usual, products)
    one, other = chosen.select("purchase", "buyer", first="product"), chosen.select("purchase", second="product")
    met = one.join(other, ["purchase", one.first < other.second]).select("first", "second", "buyer")
    each = _count(chosen)
    all_cases = _cases(usual)
    found = _candidates(met, each, each, all_cases, bounds)
    pairs = [_larger_first(pair) for pair in _confirmed(met, found, all_cases, bounds)]
    return Pairs(pairs=pairs, all_cases=all_cases, looked_at=found.looked_at, left_out=left_out, every=every)


def bought_next(held: Table, numbered: Table, products: Table, bounds: Bounds) -> Pairs:
    """Find what customers buy in the purchase after one that held a product, more often than by chance.

    Parameters
    ----------
    held, products, bounds
        As of `bought_together`.
    numbered : Table
        The purchases that the baskets are of.

    Returns
    -------
    Pairs
        A case is a step from one purchase of a customer to the next, both of known content. Expected is what the
        second product's share of all next purchases would come to. The same product bought again is no pair; see
        `repurchases`.

    Notes
    -----
    As of `bought_together`; days in between are those of all cases of a pair, several of one customer included.

    References
    ----------
    As of `bought_together`. Checked by hand in `test_what_is_bought_next_is_counted_as_by_hand`.
    """
    usual, left_out, every = _looked_at(held, bounds)
    known = usual.select("purchase").distinct()
    steps = numbered.filter(numbered.next_day.notnull()).semi_join(known, "purchase")
    steps = steps.mutate(following=steps.purchase + 1).semi_join(known.select(following="purchase"), "following")
    steps = steps.select("purchase", "following", days=days_between(steps.day, steps.next_day))
    with steps.cache() as stored:
        looked_at = _chosen(usual, products)
        before = looked_at.join(stored, "purchase")
        after = looked_at.semi_join(stored.select(purchase="following"), "purchase")
        one = before.select("following", "buyer", "days", first="product")
        other = after.select(following="purchase", second="product")
        met = one.join(other, ["following", one.first != other.second]).select("first", "second", "buyer", "days")
        all_cases = int(stored.count().to_pyarrow().as_py())
        found = _candidates(met, _count(before), _count(after), all_cases, bounds)
        pairs = _confirmed(met, found, all_cases, bounds)
    return Pairs(pairs=pairs, all_cases=all_cases, looked_at=found.looked_at, left_out=left_out, every=every)


def _looked_at(held: Table, bounds: Bounds) -> tuple[Table, int, int]:
    """Return baskets of few enough customers without those of too many products, how many these are, and the step."""
    purchases = int(held.aggregate(last=held.purchase.max()).to_pyarrow()["last"][0].as_py() or 0) + 1
    every = -(-purchases // bounds.most_purchases)
    # Buyers are numbered by the purchases of those before them, which say nothing of who they are.
    some = held.filter(held.buyer % every == 0) if every > 1 else held
    sizes = some.group_by("purchase").aggregate(size=some.count())
    large = sizes.filter(sizes.size > bounds.most_products_in_one).select("purchase")
    left_out = int(large.count().to_pyarrow().as_py())
    return (some.anti_join(large, "purchase") if left_out else some), left_out, every


def _chosen(held: Table, products: Table) -> Table:
    return held.semi_join(products, "product")


def _cases(held: Table) -> int:
    return int(held.purchase.nunique().to_pyarrow().as_py())


def _count(held: Table) -> Mapping[Any, int]:
    counted = held.group_by("product").aggregate(cases=held.count()).to_pyarrow()
    return dict(zip(counted["product"].to_pylist(), counted["cases"].to_pylist(), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidates:
    """The pairs worth a closer look, those with the most evidence first; arrays of shape (pairs,)."""

    first: list[Any]
    second: list[Any]
    cases: npt.NDArray[np.int64]
    first_cases: npt.NDArray[np.int64]
    second_cases: npt.NDArray[np.int64]
    evidence: npt.NDArray[np.float64]
    looked_at: int


def _candidates(
    met: Table, firsts: Mapping[Any, int], seconds: Mapping[Any, int], all_cases: int, bounds: Bounds
) -> _Candidates:
    counted = met.group_by("first", "second").aggregate(cases=met.count())
    rows = counted.filter(counted.cases >= bounds.least_cases).order_by("first", "second").to_pyarrow()
    first, second = rows["first"].to_pylist(), rows["second"].to_pylist()
    cases = rows["cases"].to_numpy().astype(np.int64)
    first_cases = np.array([firsts[each] for each in first], dtype=np.int64)
    second_cases = np.array([seconds[each] for each in second], dtype=np.int64)
    evidence = log_likelihood_ratio(cases, first_cases, second_cases, max(all_cases, 1))
    above = cases.astype(np.float64) * all_cases > first_cases.astype(np.float64) * second_cases
    order = np.argsort(np.where(above, -evidence, np.inf), kind="stable")[: int(above.sum())]
    kept = _at_most(order.tolist(), first, second, bounds)
    return _Candidates(
        first=[first[place] for place in kept],
        second=[second[place] for place in kept],
        cases=cases[kept],
        first_cases=first_cases[kept],
        second_cases=second_cases[kept],
        evidence=evidence[kept],
        looked_at=len(first),
    )


def _at_most(order: list[int], first: list[Any], second: list[Any], bounds: Bounds) -> list[int]:
    """Return the places of the pairs that are among the first few of either of their products."""
    seen: dict[tuple[int, Any], int] = {}
    kept = []
    for place in order:
        keys = ((0, first[place]), (1, second[place]))
        if any(seen.get(key, 0) < bounds.most_for_one for key in keys):
            kept.append(place)
        for key in keys:
            seen[key] = seen.get(key, 0) + 1
        if len(kept) >= bounds.most:
            break
    return kept


def _confirmed(met: Table, found: _Candidates, all_cases: int, bounds: Bounds) -> list[Pair]:
    """Return the candidates that hold when it is seen who did it, and how often."""
    if not found.first:
        return []
    names = ibis.memtable(pa.table({"first": found.first, "second": found.second}))
    again = met.semi_join(names, ["first", "second"])
    done, days = _who_did_it(again), _days(again) if "days" in met.columns else None
    rows = [done[key] for key in zip(found.first, found.second, strict=True)]
    inflation = np.array([row["squares"] for row in rows], dtype=np.float64) / found.cases
    adjusted = adjusted_for_many(stats.chi2.sf(found.evidence / inflation, 1), tested=found.looked_at)
    return [
        Pair(
            first=first,
            second=second,
            cases=int(found.cases[place]),
            customers=rows[place]["customers"],
            first_cases=int(found.first_cases[place]),
            second_cases=int(found.second_cases[place]),
            all_cases=all_cases,
            adjusted_p_value=float(adjusted[place]),
            median_days=None if days is None else days[first, second],
        )
        for place, (first, second) in enumerate(zip(found.first, found.second, strict=True))
        if rows[place]["customers"] >= bounds.least_customers and adjusted[place] <= bounds.alpha
    ]


def _who_did_it(met: Table) -> dict[tuple[Any, Any], Mapping[str, int]]:
    """Return by pair how many customers did it, and the sum of the squares of how often each did."""
    of_buyers = met.group_by("first", "second", "buyer").aggregate(times=met.count())
    times = of_buyers.times.cast("int64")
    of_pairs = of_buyers.group_by("first", "second").aggregate(
        customers=of_buyers.count().cast("int64"), squares=as_int64((times * times).sum())
    )
    return {(row["first"], row["second"]): row for row in of_pairs.to_pyarrow().to_pylist()}


def _days(met: Table) -> dict[tuple[Any, Any], Interval]:
    counted = met.group_by("first", "second", "days").aggregate(cases=met.count()).to_pyarrow().to_pylist()
    waits: dict[tuple[Any, Any], list[tuple[int, int]]] = {}
    for row in counted:
        waits.setdefault((row["first"], row["second"]), []).append((row["days"], row["cases"]))
    told = {}
    for key, each in waits.items():
        values, counts = (np.array(part, dtype=np.int64) for part in zip(*each, strict=True))
        told[key] = median_of_counts(values, counts)
    return told


def _larger_first(pair: Pair) -> Pair:
    if pair.first_cases >= pair.second_cases:
        return pair
    return Pair(
        first=pair.second,
        second=pair.first,
        cases=pair.cases,
        customers=pair.customers,
        first_cases=pair.second_cases,
        second_cases=pair.first_cases,
        all_cases=pair.all_cases,
        adjusted_p_value=pair.adjusted_p_value,
    )
