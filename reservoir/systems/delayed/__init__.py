"""Systems whose states are functions of rows of the past, and that have no dynamics of their own."""
