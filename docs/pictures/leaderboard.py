"""Mean ranks of the presets among published methods, as `make leaderboard` found them."""

import matplotlib.pyplot as plt

from benchmarks.leaderboard.picture import draw_results
from benchmarks.leaderboard.results import HERE, read

figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
draw_results(axes, read(HERE / "results.csv"))
