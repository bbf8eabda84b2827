"""Running Regulars: the database, the web, the worker, and what an operator does with them."""
