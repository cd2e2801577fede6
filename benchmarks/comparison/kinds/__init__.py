"""The three things that a task may ask for.

Each kind has ``validate(model, lesson, task)``, a loss on held-out rows of the training part; ``learn(model, data)``,
which fits on the training part; ``examine(model, data, task)``, the score on the test part; and ``piece(lesson)``, a
small lesson.
"""

from benchmarks.comparison.kinds import classify, forecast, regress

KINDS = {"classify": classify, "regress": regress, "forecast": forecast}
