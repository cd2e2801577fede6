"""Spiking microcircuits in Brian2, beside the rate reservoirs of `reservoir`.

Importing this package does not import Brian2; the first simulation does.
"""
