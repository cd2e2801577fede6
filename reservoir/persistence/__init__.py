"""Models in files: one zip of plain arrays and a text, without pickle and without code.

============ =====================================================================
`files`      `save`, `load`, `describe`: the one door
`archive`    the container; every size is checked before memory is taken
`writing`    values to a tree of plain JSON, and arrays
`reading`    the way back; nothing is made that the registry does not name
`randomness` states of random generators
`registry`   the classes a file may hold, by room or by name, and what each must hold
`entry`      what a file keeps of a class, and how a part is taken apart and put together
`checks`     shapes and types of what was fitted
`rebuilding` what is not kept but made anew: compiled forms, engines, networks
============ =====================================================================

A new part costs nothing here: what a room exports may stand in a file, and a part that learns says so (`learned`).
"""

from reservoir.persistence.files import describe, load, save

__all__ = ["describe", "load", "save"]
