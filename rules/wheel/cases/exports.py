"""Cases of WH119."""

from __future__ import annotations

from fixtures.builders import Built, Wheel
from fixtures.cases import bad, good


def wheel(text: bytes, files: dict[str, bytes] | None = None) -> Built:
    """Return a wheel whose package has this text, and further files."""
    made = Wheel()
    made.files["sample/__init__.py"] = text
    made.files |= files or {}
    return made.build()


@bad("WH119", at="sample/__init__.py:3", says="lists 'question', which the module does not have")
def name_that_was_removed() -> Built:
    return wheel(b'from sample.core import answer\n\n__all__ = ["answer", "question"]\n')


@bad("WH119", at="sample/__init__.py:2", says="(and 1 other name)")
def names_that_were_added() -> Built:
    return wheel(b"__all__: tuple[str, ...] = ()\n__all__ += ('first', 'second')\n")


@bad("WH119", at="sample/texts.py:1", severity="info", says="from sample.texts import *")
def name_of_a_module_below() -> Built:
    return wheel(b"", {"sample/texts.py": b'__all__ = ["gone"]\n'})


@good("WH119")
def names_that_exist() -> Built:
    return wheel(
        b"import sys\n\nfrom sample.more import *\n\n"
        b'__all__ = ["core", "tide", "later", "system"]\n'
        b'if sys.platform == "win32":\n    later = 1\nelse:\n    from sample.core import answer as later\n'
        b"for system in (1, 2):\n    pass\n",
        {"sample/more.py": b"def tide():\n    return 1\n"},
    )


@bad("WH119", at="sample/__init__.py:4", says="'answer'")
def name_only_for_type_checkers() -> Built:
    start = b"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .core import answer\n"
    return wheel(start + b"__all__ = ['answer']\n")


@good("WH119")
def names_that_are_removed_or_computed() -> Built:
    files = {
        "sample/one/__init__.py": b"__all__ = ['gone']\n__all__.remove('gone')\n",
        "sample/two/__init__.py": b"__all__ = ['__doc__', *names]\n",
        "sample/three/__init__.py": b"__all__ = ['gone']\nif x:\n    __all__ = []\n",
        "sample/four/__init__.py": b"from sample.core import answer\n__all__ = ['gone']\nanswer(__name__)\n",
        "sample/_five/__init__.py": b"__all__ = ['gone']\n",
    }
    return wheel(b"try:\n    import x\nexcept ImportError:\n    y = 1\n__all__ = ['x', 'y']\n", files)


@good("WH119")
def names_on_request() -> Built:
    return wheel(b'__all__ = ["lazy"]\n\n\ndef __getattr__(name):\n    return name\n')


@good("WH119")
def names_by_their_text() -> Built:
    return wheel(b'__all__ = ["dynamic"]\nglobals()["dynamic"] = 1\n')
