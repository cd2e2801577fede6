"""Rate units of echo-state networks and the loops that move them."""
