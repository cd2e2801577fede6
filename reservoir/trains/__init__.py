"""Spike trains: the record of who fired when, and the one door through which spikes of other kinds come in."""

from reservoir.trains.record import SpikeTrains as SpikeTrains
from reservoir.trains.record import earliest_on as earliest_on
from reservoir.trains.record import steps_of_times as steps_of_times
from reservoir.trains.record import tolerance as tolerance
from reservoir.trains.sources import are_spikes as are_spikes
from reservoir.trains.sources import read_records as read_records
from reservoir.trains.sources import read_trains as read_trains
from reservoir.trains.steps import Steps as Steps
