"""What goes over the wire, by noun, and the contract that each becomes."""
