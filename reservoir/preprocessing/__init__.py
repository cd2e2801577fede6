"""What stands before a model: sequences in, sequences of the same rows out."""

from reservoir.preprocessing.sequence_scaler import SequenceScaler

__all__ = ["SequenceScaler"]
