"""Spiking units, one file each, and the loop that moves them; they are exported by `reservoir.neurons`."""
