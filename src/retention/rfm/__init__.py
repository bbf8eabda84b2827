"""Recency, frequency and monetary value of customers: from orders to one row per customer, kept up to date.

`daily_state` makes the mergeable state, `summarise` the customers' rows, `RfmBook` keeps both while days come in,
`score_boundaries` and `score` turn the rows into scores of 1 to 5, and `score_purchases` does all of it in memory for
some customers, by the boundaries of an earlier run.
"""

from retention.rfm.book import RfmBook
from retention.rfm.days import Folded
from retention.rfm.moving import Moved, fold_purchases, score_folded, score_purchases
from retention.rfm.scores import ScoreBoundaries, boundaries_of, score, score_boundaries
from retention.rfm.state import Grain, daily_state, merge_states
from retention.rfm.summary import Unit, days_per, split, summarise, summarise_state

__all__ = [
    "Folded",
    "Grain",
    "Moved",
    "RfmBook",
    "ScoreBoundaries",
    "Unit",
    "boundaries_of",
    "daily_state",
    "days_per",
    "fold_purchases",
    "merge_states",
    "score",
    "score_boundaries",
    "score_folded",
    "score_purchases",
    "split",
    "summarise",
    "summarise_state",
]
