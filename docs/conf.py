"""How Sphinx builds these pages; `make docs` runs it and takes every warning for an error."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "src")]

from supergame import __version__  # noqa: E402 - the path above comes first

project = "supergame"
author = "the supergame authors"
project_copyright = "the supergame authors"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "tables"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "supergame"
html_show_sphinx = False
html_copy_source = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
add_module_names = False
python_maximum_signature_line_length = 90
nitpicky = False


def _markdown_docstrings(app, what, name, obj, options, lines):
    """Our docstrings say `this` for code, which is reStructuredText's ``this``."""
    text = "\n".join(lines)
    lines[:] = tables.code_spans(text).split("\n")


def _hide_what_authors_do_not_call(app, what, name, obj, options, signature, returns):
    """Services and matches are made by the server, so how is nobody's business here."""
    if what == "class" and signature and signature.startswith(("(ground", "(host", "(log", "(*args")):
        return "", None
    return None


def setup(app):
    """Called by Sphinx."""
    app.connect("autodoc-process-signature", _hide_what_authors_do_not_call)
    app.connect("autodoc-process-docstring", _markdown_docstrings)


import tables  # noqa: E402 - beside this file
