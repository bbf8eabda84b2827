"""Cohorts: of the customers who began together, how many bought again, and for how much, in each period after.

`matrix` counts one kind of cohort: by the period of the first purchase, or by one attribute. `split` counts cohorts by
period within groups of customers, for many ways to group them at once, and `pooled` takes cohorts of different ages
together.
"""

from retention.cohorts.matrix import CohortMatrix, cohort_activity, cohort_matrix, cohort_sizes
from retention.cohorts.pooled import Age, pool, whole_periods
from retention.cohorts.split import LEFT_OUT, SplitCohorts, first_purchases, split_cohorts

__all__ = [
    "LEFT_OUT",
    "Age",
    "CohortMatrix",
    "SplitCohorts",
    "cohort_activity",
    "cohort_matrix",
    "cohort_sizes",
    "first_purchases",
    "pool",
    "split_cohorts",
    "whole_periods",
]
