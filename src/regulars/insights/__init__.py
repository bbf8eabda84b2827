"""What is known of the customers by science: snapshots out, runs, scores back, and RFM kept current."""
