"""The series of `ordinary_series.py`, and the forecasts that the library's are held against."""
