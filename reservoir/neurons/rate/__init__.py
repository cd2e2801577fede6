"""Rate units of echo-state networks: what `unit` says of them, the units themselves, and the loops that move them."""

from reservoir.neurons.rate.edge_of_stability import EdgeOfStability
from reservoir.neurons.rate.euler import Euler
from reservoir.neurons.rate.leaky_integrator import LeakyIntegrator

__all__ = ["EdgeOfStability", "Euler", "LeakyIntegrator"]
