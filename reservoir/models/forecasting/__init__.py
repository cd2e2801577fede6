"""Forecasts of series: a readout that is taught the next row, and the loop that is closed on its answers.

`forecaster` is the model; what stands beside it is one idea each, from what the reservoir hears to what a forecast is
held against.
"""
