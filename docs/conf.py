"""How the pages are built: ``make docs``. Nothing is fetched from the network."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
os.environ["PYTHONPATH"] = str(HERE.parent)  # for the workers of the examples

import docstrings  # noqa: E402
import gallery  # noqa: E402
import rooms  # noqa: E402

import reservoir  # noqa: E402

rooms.write_index(HERE / "api")
gallery.forget(HERE / "examples", HERE.parent / "examples")
for picture in (HERE / "pictures").glob("*.py"):
    picture.touch()  # drawn anew, since what it shows stands in other files

project = "reservoir-spiking"
author = copyright = "the authors"
version = release = reservoir.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "matplotlib.sphinxext.plot_directive",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
default_role = "py:obj"
toc_object_entries_show_parents = "hide"  # the contents beside a page are narrow
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

autosummary_generate = True
autosummary_ignore_module_all = False  # a room shows what it exports
autodoc_typehints = "none"  # the docstrings say more
numpydoc_show_class_members = False
plot_html_show_formats = plot_html_show_source_link = False
plot_formats = [("png", 160)]

sphinx_gallery_conf = {
    "examples_dirs": gallery.prepare(HERE.parent / "examples", HERE / "_build" / "examples"),
    "gallery_dirs": "examples",
    "filename_pattern": gallery.runs(HERE.parent / "examples"),
    "default_thumb_file": gallery.draw_missing(HERE / "_build" / "not_run.png"),
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "remove_config_comments": True,
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
}

WIDE = [  # pages that need all the room
    *("index", "adding", "benchmarks", "choosing", "classification", "coming_from", "ordinary_series", "reproduction"),
]

html_theme = "pydata_sphinx_theme"
html_title = f"reservoir-spiking {release}"
html_static_path = ["_static"]
html_css_files = ["style.css"]
html_show_sourcelink = False
html_sidebars = {"**": ["globaltoc.html"]}
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": False,
    "navbar_center": [],  # the sidebar has all pages
    "secondary_sidebar_items": {"**": ["page-toc"]} | {page: [] for page in WIDE},
    "footer_start": ["copyright"],
    "footer_end": [],
}


def setup(app):
    """Connect what reads docstrings and pages."""
    app.connect("source-read", gallery.link_pages)
    docstrings.connect(app)
