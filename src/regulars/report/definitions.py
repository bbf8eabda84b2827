"""What each number of the report means, in a sentence or two; the page shows it beside the number and in a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from retention.reasons import mark


@dataclass(frozen=True, slots=True)
class Definition:
    """A term of the report and what it means; both are messages to be translated."""

    term: str
    text: str


DEFINITIONS: Mapping[str, Definition] = {
    "customer": Definition(
        mark("Customer"),
        mark("Someone with at least one purchase that was not wholly refunded, up to the report's day."),
    ),
    "order": Definition(mark("Order"), mark("One order as the shop numbered it, refunds not counted.")),
    "purchase": Definition(
        mark("Purchase"),
        mark(
            "All orders of one customer on one day (or in one week, where the report says so). A day whose refunds eat"
            " up all of its value is not a purchase."
        ),
    ),
    "revenue": Definition(
        mark("Revenue"),
        mark(
            "What customers paid, less what was refunded to them. A refund counts against the purchase that it "
            "undoes, from its own day on; where that purchase is unknown, on its own day."
        ),
    ),
    "refunded": Definition(mark("Refunded"), mark("What was given back to customers, already taken off the revenue.")),
    "active": Definition(mark("Customers who bought"), mark("Customers with at least one purchase in the window.")),
    "retention_rate": Definition(
        mark("Customers who came back"),
        mark("Of the customers who bought in the window before, the share who bought in this one too."),
    ),
    "churn_rate": Definition(
        mark("Churn rate"),
        mark(
            "Of the customers who bought in the window before, the share who did not buy in this one: 100% less those"
            " who came back. Without a contract nobody tells that they leave, so it is a share of silence, not of"
            " farewells."
        ),
    ),
    "repeat_purchase_rate": Definition(
        mark("Customers who bought again"), mark("Of all customers, the share with a second purchase so far.")
    ),
    "average_purchase_value": Definition(
        mark("Average purchase value"), mark("Mean worth of a purchase, less what was refunded of it.")
    ),
    "purchase_frequency": Definition(mark("Purchases per customer"), mark("Purchases divided by customers.")),
    "days_between": Definition(
        mark("Days between purchases"),
        mark("The median of days from one purchase of a customer to their next: half of the gaps are shorter."),
    ),
    "returning_share": Definition(
        mark("Revenue from earlier customers"),
        mark("The share of the window's revenue from customers who had bought before."),
    ),
    "who_new": Definition(mark("New"), mark("Customers whose first purchase is in the period.")),
    "who_returning": Definition(
        mark("Returning"), mark("Customers who bought before and had not been away for long when they bought again.")
    ),
    "who_reactivated": Definition(
        mark("Reactivated"), mark("Customers who bought before, had lapsed, and came back in the period.")
    ),
    "who_lapsed": Definition(
        mark("Lapsed"),
        mark("Customers who had been active and, in the period, became inactive for want of a purchase."),
    ),
    "segment": Definition(
        mark("Segment"),
        mark(
            "Each customer is scored from 1 to 5 by how lately, how often and how much they bought (RFM). The scores"
            " place everyone in exactly one of eleven groups."
        ),
    ),
    "top_tenth": Definition(
        mark("Revenue from the best tenth"),
        mark("The share of all revenue from the tenth of customers who spent most."),
    ),
    "gini": Definition(
        mark("Gini coefficient"),
        mark("How unevenly revenue is spread over customers: 0 when all spend the same, near 1 when one spends all."),
    ),
    "cohort": Definition(
        mark("Cohort"), mark("Customers whose first purchase is in the same period, followed over the periods after.")
    ),
    "second_purchase": Definition(
        mark("Time to the second purchase"),
        mark(
            "The share of customers with a second purchase by so many days after the first (one minus the Kaplan–Meier"
            " estimate, which takes into account that newer customers have had less time)."
        ),
    ),
    "risk": Definition(
        mark("Risk"), mark("The estimated chance that a customer places no order within the horizon of this report.")
    ),
    "at_stake": Definition(
        mark("Revenue at stake"),
        mark(
            "At risk is a customer with three purchases or more who has been silent for longer than usual for them, but"
            " not yet for two horizons, and who has left with a probability above one in four: that is the part of the"
            " risk that their usual pace does not explain. At stake is what that pace would bring within the horizon,"
            " times that probability."
        ),
    ),
    "expected_orders": Definition(
        mark("Expected orders"), mark("Purchases that today's customers are expected to make within the horizon.")
    ),
    "expected_revenue": Definition(
        mark("Expected revenue"),
        mark(
            "Revenue that today's customers are expected to bring within the horizon. Customers yet to come are not"
            " counted."
        ),
    ),
    "clv_historic": Definition(
        mark("Customer value so far"), mark("Mean revenue of a customer up to the report's day, times the margin.")
    ),
    "clv_expected": Definition(
        mark("Expected customer value"),
        mark(
            "What a customer is expected to bring in the stated time, times the margin; the mean of today's customers."
        ),
    ),
    "customer_equity": Definition(
        mark("Customer equity"),
        mark("What all of today's customers together are expected to bring in the stated time, times the margin."),
    ),
    "next_order": Definition(
        mark("Next order expected"),
        mark(
            "The day by which the next order is as likely as not, given that the customer is still one. Empty where an"
            " order within a year is less likely than not."
        ),
    ),
    "interval": Definition(
        mark("95% interval"),
        mark(
            "The range that holds the true value in 95 of 100 such estimates. A wide range says that the data cannot"
            " tell more exactly."
        ),
    ),
    "backtest": Definition(
        mark("Backtest"),
        mark(
            "The models see only what was known on the cut date, forecast the time after it, and are compared with what"
            " then happened. Counted are purchases of customers who had bought by the cut."
        ),
    ),
    "mae": Definition(
        mark("Mean absolute error"), mark("By how many purchases the forecast of a single customer is off, on average.")
    ),
    "correlation": Definition(
        mark("Correlation"),
        mark("How well the forecast orders customers by what they then did: 1 is perfect, 0 is no better than chance."),
    ),
    "coverage": Definition(
        mark("Interval coverage"),
        mark("The share of customers whose actual purchases fell into their 90% interval: it should be 90% or more."),
    ),
    "own_rate": Definition(
        mark("Own rate"), mark("Naive forecast: each customer goes on at their own average rate so far.")
    ),
    "last_period": Definition(
        mark("Last period"), mark("Naive forecast: each customer buys as often as in the stretch just before.")
    ),
    "seasonal": Definition(
        mark("Same season last year"),
        mark("Naive forecast: each customer buys as often as in the same stretch a year ago."),
    ),
    "auc": Definition(
        mark("AUC"),
        mark(
            "The chance that, of one customer who stayed and one who did not order, the second was given the higher"
            " risk: 1 is perfect, 0.5 is a coin."
        ),
    ),
    "brier": Definition(
        mark("Brier score"),
        mark("The mean squared difference between the predicted risk and what happened: lower is better."),
    ),
    "lift": Definition(
        mark("Lift of the riskiest tenth"),
        mark("How many times more often than average the tenth with the highest risk placed no order."),
    ),
    "calibration": Definition(
        mark("Calibration"), mark("Whether of customers given a risk of, say, 70%, about 70% indeed placed no order.")
    ),
    "driver": Definition(
        mark("What drives the risk"), mark("How much of the AUC is lost when the feature is shuffled among customers.")
    ),
    "log_likelihood": Definition(
        mark("Log-likelihood"),
        mark("How probable the data are under the fitted model, as a logarithm: higher is better."),
    ),
    "aic": Definition(
        mark("AIC"),
        mark(
            "Akaike's criterion: fit, less a penalty for each parameter. Lower is better; less than 2 apart is a tie."
        ),
    ),
    "boundary": Definition(
        mark("Boundary"),
        mark(
            "The data hold no trace of what sets this model apart from a simpler one, which then answers in its place."
        ),
    ),
}
