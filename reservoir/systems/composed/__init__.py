"""Systems that are made of others and hear one another."""
