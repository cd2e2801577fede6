"""Models as sktime, aeon, statsforecast and darts have them: one module for each, imported by its name."""
