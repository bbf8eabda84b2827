"""The pages on products: what brings customers back, what is bought together and next."""
