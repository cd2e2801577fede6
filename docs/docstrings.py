"""How docstrings become pages: equations stand as they are written, short names find their page."""

import re

_ROOMS = ("reservoir", "spiking")


def connect(app):
    """Connect the functions of this file to Sphinx."""
    app.connect("autodoc-process-docstring", keep_equations, priority=400)  # before numpydoc
    app.connect("autodoc-skip-member", leave_out_foreign)
    app.connect("missing-reference", find_short_name)


def keep_equations(app, what, name, obj, options, lines):
    """Turn indented paragraphs that no construct of reStructuredText asks for into literal blocks, in place.

    Outside of these and of examples, bars are bars: ``|x|`` names no substitution.
    """
    result, section, above, literal = [], "", "", False
    for index, line in enumerate(lines):
        if re.fullmatch(r"-{3,}|={3,}", line) and index:
            section = lines[index - 1].strip()
        starts = line.startswith("    ") and index and not lines[index - 1].strip()
        if starts and above.endswith("::"):
            literal = True
        elif starts and section in ("", "Notes", "See Also") and not above.startswith((" ", "- ", "* ", "..")):
            result += [".. code-block:: text", ""]
            literal = True
        if line.strip():
            literal = literal and line.startswith(" ")
            above = line
        bare = literal or section == "Examples"
        result.append(line if bare else re.sub(r"``.*?``|\|", lambda found: _escaped(found.group()), line))
    lines[:] = result


def _escaped(found):
    return r"\|" if found == "|" else found


def leave_out_foreign(app, what, name, obj, skip, options):
    """Skip members that come from scikit-learn or from Python."""
    function = getattr(obj, "fget", None) or getattr(obj, "__func__", obj)
    module = getattr(function, "__module__", None)
    if what == "class" and isinstance(module, str) and not module.startswith(_ROOMS):
        return True
    return True if what == "class" and name.startswith("set_") else None


def find_short_name(app, env, node, contnode):
    """The page of `EchoState`, whatever its room, if there is only one of that name."""
    if node.get("refdomain") != "py" or node.get("reftype") != "obj":
        return None
    domain, last = env.get_domain("py"), node["reftarget"].rpartition(".")[2]
    places = domain.objects.items()
    found = [name for name, entry in places if not entry.aliased and name.rpartition(".")[2] == last]
    if len(found) != 1:
        return None
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", found[0], node, contnode)
