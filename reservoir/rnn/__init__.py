"""Recurrent networks trained by backpropagation through time."""
