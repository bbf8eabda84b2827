"""The pages of the loyalty engine: programmes, members, rewards, vouchers and the till."""
