"""Cohorts: of the customers who began together, how many bought again, and for how much, in each period after.

`matrix` counts one kind of cohort: by the period of the first purchase, or by one attribute. `split` counts cohorts by
period within each value of many attributes, in few passes, and `pooled` takes cohorts of different ages together.
"""

from retention.cohorts.matrix import CohortMatrix, cohort_activity, cohort_matrix, cohort_sizes
from retention.cohorts.pooled import Age, pool, whole_periods
from retention.cohorts.split import (
    UNKNOWN,
    SplitCohorts,
    common_values,
    first_purchases,
    in_periods,
    split_activity,
    split_cohorts,
    visits,
    with_places,
)

__all__ = [
    "UNKNOWN",
    "Age",
    "CohortMatrix",
    "SplitCohorts",
    "cohort_activity",
    "cohort_matrix",
    "cohort_sizes",
    "common_values",
    "first_purchases",
    "in_periods",
    "pool",
    "split_activity",
    "split_cohorts",
    "visits",
    "whole_periods",
    "with_places",
]
