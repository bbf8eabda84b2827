"""What every rung may use and no rung owns: errors, money, languages, numbers as people read them."""
