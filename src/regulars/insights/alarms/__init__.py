"""What one should know before trusting a run: about the orders (`quality`), and about the models (`drift`).

An alarm compares what is with what was usual; the thresholds stand beside their functions, with what they let pass.
"""
