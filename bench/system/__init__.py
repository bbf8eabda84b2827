"""The running system measured: a whole Regulars with a million customers and ten million orders in it."""
