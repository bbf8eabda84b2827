"""The field's measures of a customer base, each with its definition and, where it is an estimate, an interval."""

from retention.metrics.activity import PeriodActivity, activity
from retention.metrics.concentration import Concentration, concentration_of, revenue_concentration
from retention.metrics.course import Course, course
from retention.metrics.promoters import NetPromoterScore, net_promoter_score
from retention.metrics.rates import churn_rate, repeat_purchase_rate, retention_rate
from retention.metrics.timing import InterPurchaseTime, inter_purchase_time
from retention.metrics.value import (
    Totals,
    average_purchase_value,
    historic_lifetime_value,
    purchase_frequency,
    refunded_share,
    returning_share,
    totals,
)

__all__ = [
    "Concentration",
    "Course",
    "InterPurchaseTime",
    "NetPromoterScore",
    "PeriodActivity",
    "Totals",
    "activity",
    "average_purchase_value",
    "churn_rate",
    "concentration_of",
    "course",
    "historic_lifetime_value",
    "inter_purchase_time",
    "net_promoter_score",
    "purchase_frequency",
    "refunded_share",
    "repeat_purchase_rate",
    "retention_rate",
    "returning_share",
    "revenue_concentration",
    "totals",
]
