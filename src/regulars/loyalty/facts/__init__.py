"""What is known of customers by their membership."""
