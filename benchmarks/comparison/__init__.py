"""Who does what how well: every kind of system of this library on the same tasks, with equal budgets of search.

    python -m benchmarks.comparison                    the usual tasks, all systems; writes comparison.html
    python -m benchmarks.comparison --tasks lorenz --systems esn gru --budget 20 --seeds 10

A task is one file in `tasks/`, a system one file in `systems/`; each is found by its name in the list of its folder.
What a task asks of a system, an answer per sequence, an answer per row or a free forecast, is one of three kinds in
`kinds/`.
"""
