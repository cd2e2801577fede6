"""How far spike trains are from each other, one file per distance."""
