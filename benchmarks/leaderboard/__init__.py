"""Where the library stands among published results, on the splits that were published: ``make leaderboard``."""
