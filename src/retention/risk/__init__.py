"""Who will not order within the horizon.

Customers are never ranked by P(alive): where dropout is weak it says nothing, and where it is strong it still ignores
how often a customer buys. The risk is the calibrated output of a classifier whose features include the purchase model's
expectation, learnt on time slices that never see their own future:

    cut c1 ── h ──► cut c2 ── h ──► cut c3 ── h ──►
    train           calibrate       test

Each slice holds the customers acquired by its cut, described by what was known on that day (a refund after the cut is
unknown, quantiles are those of the day) and labelled by the horizon h after it. The procedure that is tested is the
one that is used: for the scores it moves forward until its calibration slice ends where the known history ends. Where
the history is too short for three slices, the risk is the purchase model's probability of no order.
"""

from retention.features import FEATURES
from retention.risk.assessment import Assessment, Assessor, Readings, Tested, assess
from retention.risk.slices import Plan, Slice, read_slice
from retention.risk.trial import Driver, Trial

__all__ = [
    "FEATURES",
    "Assessment",
    "Assessor",
    "Driver",
    "Plan",
    "Readings",
    "Slice",
    "Tested",
    "Trial",
    "assess",
    "read_slice",
]
