"""From the rows of a whole sequence to one vector, whose sums are made in float64 whatever the type of the rows."""
