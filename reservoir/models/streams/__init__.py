"""Models on a stream: a row comes in, an answer goes out, and what is heard and learnt is carried on.

`steps` moves a system by one row, compiled where it can; `rows` reads a row; `supervised` are the streams of regressors
and classifiers of rows, `sequences` is that of models of whole sequences, which hear through `windows`, `forecaster` is
that of forecasters, and `learning` lets a readout learn from one row.
"""
