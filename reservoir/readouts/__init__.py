"""Readouts that scikit-learn lacks; every system uses them unchanged.

A readout that can be trained exactly from blocks of rows has ``accumulate(X, y)``, which takes a block, and
``solve()``, which computes the answer from all blocks so far. Models feed blocks to those alone. ``row_wise = True``
promises that the prediction of a row has the same bits whichever rows stand beside it.
"""

from reservoir.readouts.ridge import RidgeReadout

__all__ = ["RidgeReadout"]
