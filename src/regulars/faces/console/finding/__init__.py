"""Finding customers: by words, by conditions, in the columns and the order that one asks for."""
