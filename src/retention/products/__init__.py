"""Products: what brings customers back, what is bought together, and what is bought next.

`number_purchases` and `baskets` say what each purchase of a daily state held; `coming_back`, `repurchases`,
`bought_together` and `bought_next` read it. Store the baskets (`.cache()`) where there are many, for each reads them.
"""

from retention.products.association import Bounds, Pair, Pairs, bought_next, bought_together
from retention.products.baskets import baskets, by_buyer, count_products, grouped, number_purchases
from retention.products.coming_back import LEAST_FOLLOWED, ComingBack, coming_back, count_coming_back
from retention.products.repurchase import Repurchase, count_repurchases, median_of_counts, repurchases

__all__ = [
    "LEAST_FOLLOWED",
    "Bounds",
    "ComingBack",
    "Pair",
    "Pairs",
    "Repurchase",
    "baskets",
    "bought_next",
    "bought_together",
    "by_buyer",
    "coming_back",
    "count_coming_back",
    "count_products",
    "count_repurchases",
    "grouped",
    "median_of_counts",
    "number_purchases",
    "repurchases",
]
