"""Settings of the website, built offline by ``sphinx-build -W --keep-going -n -b html docs OUT``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pkgaudit import __version__
from pkgaudit.pages.site import docs_url

project = "pkgaudit"
author = "pkgaudit maintainers"
copyright = "pkgaudit maintainers"
version = release = __version__

extensions = ["myst_parser", "sphinx_copybutton", "sphinx_design", "generated"]
exclude_patterns = ["example-plugin", "_build"]
highlight_language = "text"
nitpicky = True
smartquotes = False  # readers often copy quoted text

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "furo"
html_title = f"pkgaudit {version}"
html_baseurl = docs_url()
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_theme_options: dict[str, object] = {"top_of_page_buttons": []}
