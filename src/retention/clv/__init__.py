"""What a customer is worth: models of purchases, of spend and of contracts.

Where customers may leave unnoticed: `NBD`, `BetaGeo`, `ModifiedBetaGeo`, `ParetoNBD` in continuous time and
`BetaGeoBetaBinomial` in opportunities, with `GammaGamma` for the spend and `forecast_value` for both together.
Where a contract tells when they leave: `ShiftedBetaGeometric` and `BetaDiscreteWeibull`.
"""

from retention.clv.beta_discrete_weibull import BetaDiscreteWeibull
from retention.clv.beta_geo import BetaGeo
from retention.clv.beta_geo_beta_binomial import BetaGeoBetaBinomial
from retention.clv.gamma_gamma import GammaGamma
from retention.clv.modified_beta_geo import ModifiedBetaGeo
from retention.clv.nbd import NBD
from retention.clv.pareto_nbd import ParetoNBD
from retention.clv.purchases import PurchaseModel, Simulated
from retention.clv.shifted_beta_geometric import ShiftedBetaGeometric
from retention.clv.value import ValueForecast, forecast_value

__all__ = [
    "NBD",
    "BetaDiscreteWeibull",
    "BetaGeo",
    "BetaGeoBetaBinomial",
    "GammaGamma",
    "ModifiedBetaGeo",
    "ParetoNBD",
    "PurchaseModel",
    "ShiftedBetaGeometric",
    "Simulated",
    "ValueForecast",
    "forecast_value",
]
