"""What customers bought: products, places, and orders in their full state."""
