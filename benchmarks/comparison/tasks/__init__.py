"""Tasks, one a file. A new one is a file with a `TASK` and its line here."""

from benchmarks.comparison.tasks import japanese_vowels, lorenz, mackey_glass, mackey_glass_free, narma_10

TASKS = {
    module.TASK.name: module.TASK for module in (japanese_vowels, narma_10, mackey_glass, lorenz, mackey_glass_free)
}
DEFAULT = ("japanese_vowels", "narma_10", "mackey_glass", "lorenz")
