"""The till: find somebody, let a sale earn, hand out a reward, in three touches."""
