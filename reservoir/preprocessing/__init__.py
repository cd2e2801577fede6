"""What stands before a model: sequences in, sequences of the same rows out."""

from reservoir.preprocessing.sequence_scaler import SequenceScaler
from reservoir.preprocessing.with_gradient import WithGradient

__all__ = ["SequenceScaler", "WithGradient"]
