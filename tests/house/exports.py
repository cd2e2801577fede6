"""What the library exports, found by walking its modules."""

import inspect
import pkgutil
from importlib import import_module

from sklearn.base import BaseEstimator

import reservoir
import spiking


def modules():
    """All modules of both packages, rooms and single files, without the private ones."""
    for package in (reservoir, spiking):
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "._" not in found.name:
                try:
                    yield import_module(found.name)
                except ModuleNotFoundError:  # an adapter to a library that is not installed here
                    if not found.name.startswith("reservoir.adapters."):
                        raise


def exported_classes(*records):
    """Every exported estimator, and every class of the rooms of records, with the module and the name of its export."""
    found = {}
    for module in modules():
        for name in getattr(module, "__all__", ()) if hasattr(module, "__path__") else ():
            kind = getattr(module, name)
            wanted = inspect.isclass(kind) and (issubclass(kind, BaseEstimator) or module.__name__ in records)
            if wanted and (kind not in found or kind.__module__.startswith(f"{module.__name__}.")):
                found[kind] = module.__name__, name  # of its own room rather than of another
    return found


def is_complete(kind):
    """Whether a class can be made without arguments."""
    given = inspect.signature(kind).parameters.values()
    return not inspect.isabstract(kind) and all(one.default is not one.empty for one in given)
