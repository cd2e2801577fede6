"""What doctests need: the package is loaded before pytest loads one of its modules by itself.

Else a module would take the place of the function that bears its name, as `reservoir.probes.separation` does.
"""

import reservoir.probes  # noqa: F401
