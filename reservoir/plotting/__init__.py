"""Pictures, in the way of scikit-learn's displays: read by a ``from_...`` constructor, drawn by ``plot``.

Every display has ``axes_``, one Axes per panel, the first of which is ``ax_``, and ``figure_``. Give ``ax`` to draw
into your own figure: one Axes, which is divided where there are several panels, or one Axes per panel. Matplotlib is
imported when something is drawn. Figures are at most 7 inches wide and words at least 8 points high, for print; every
series has a marker, a line or a hatch beside its colour.

To add a display, write one file with a subclass of `display.Display` whose ``plot`` is decorated by `display.styled`,
take colours from `palette`, and add one export line here, by which the shared tests find it.
"""

from reservoir.plotting.attractor import AttractorDisplay
from reservoir.plotting.capacity import CapacityDisplay
from reservoir.plotting.comparison import ComparisonDisplay
from reservoir.plotting.early_classification import EarlyClassificationDisplay
from reservoir.plotting.forecast import ForecastDisplay
from reservoir.plotting.search import SearchDisplay
from reservoir.plotting.spectrum import SpectrumDisplay
from reservoir.plotting.spikes import RasterDisplay
from reservoir.plotting.states import StatesDisplay
from reservoir.plotting.stdp_window import STDPWindowDisplay
from reservoir.plotting.training import TrainingDisplay
from reservoir.plotting.trials import TrialsDisplay
from reservoir.plotting.weights import WeightsDisplay

__all__ = [
    "AttractorDisplay",
    "CapacityDisplay",
    "ComparisonDisplay",
    "EarlyClassificationDisplay",
    "ForecastDisplay",
    "RasterDisplay",
    "STDPWindowDisplay",
    "SearchDisplay",
    "SpectrumDisplay",
    "StatesDisplay",
    "TrainingDisplay",
    "TrialsDisplay",
    "WeightsDisplay",
]
