"""Unit models: one file = one equation, its compiled step, and the loops that call it.

============== ===================================================
`leaky`        rate units of echo-state networks
`activations`  the functions that squash them
`products`     W x for every structure that a weight matrix may have
============== ===================================================
"""
