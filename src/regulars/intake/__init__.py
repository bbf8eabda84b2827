"""Reading files of orders: recognise, map, treat, refuse with a reason."""
