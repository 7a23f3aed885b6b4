"""Cases of BH103: harmless text with the characters that hide text, all written as escapes here."""

from __future__ import annotations

from collections.abc import Callable

from fixtures.builders import Built, Sdist, Wheel, sample_sources, sdist_sources
from fixtures.cases import bad, good

PATH = "sample/run.py"


def _named(name: str, text: str, path: str) -> Callable[[], Built]:
    def build() -> Built:
        return Wheel(files={**sample_sources(), path: text.encode()}).build()

    build.__name__ = name
    return build


def _bad(name: str, text: str, at: str, says: str, path: str = PATH) -> None:
    bad("BH103", at=f"{path}:{at}", says=says)(_named(name, text, path))


def _good(name: str, text: str, path: str = PATH) -> None:
    good("BH103")(_named(name, text, path))


_bad("override_in_a_text", "x = 'user\u202e \u2066# is admin\u2069 \u2066'\n", "1:10", "U+202E")
_bad("isolate_in_a_comment", "x = 1\n# a \u2067 b\n", "2:5", "U+2067")
_bad("embedding_in_a_configuration", "x = 1 # \u202a a\n", "1:9", "U+202A", "sample/data.toml")
_bad("two_openings_and_one_end", "x = 'a\u2066\u2066b\u2069'\n", "1:7", "U+2066")
_bad("look_alike_of_a_builtin", "def f(x):\n    return \u0435x\u0435\u0441(x)\n", "2:12", "looks like 'exec'")
_bad("wide_letters", "x = \uff45\uff56\uff41\uff4c('1')\n", "1:5", "looks like 'eval'")
_bad("look_alike_of_a_keyword", "n\u03bfne = 1\nn\u03bft = 2\n", "2:1", "looks like 'not'")
_bad("look_alike_of_a_module", "\u043es = 1\n", "1:1", "looks like 'os'")
_bad("look_alike_in_the_file", "is_admin = 1\nis_\u0430dmin = 2\n", "2:1", "looks like 'is_admin'")
_bad("invisible_letter", "x\u3164 = 1\n", "1:1", "U+3164")
_bad("variation_selectors", "x = '" + "\ufe00\ufe01" * 5 + "'\n", "1:6", "10 invisible characters")
_bad("tags", "# " + "\U000e0041" * 8 + "\n", "1:3", "8 invisible characters")
_bad("code_behind_blanks", "x = 1" + " " * 200 + "; y = 2\n", "1:6", "behind 200 blanks")
_bad("code_behind_tabs", "x = 1" + "\t" * 40 + "; y = 2\n", "1:6", "behind 40 blanks")

_good("data_of_a_detector", "MARKS = ['\u202e', \"\u2066\", '[\u202a-\u202e]']\n")
_good("balanced_isolate", "x = 'a \u2067\u05d0\u05d1\u2069 b'\n")
_good("balanced_embedding", "x = '\u202b\u05d0\u202c'\n")
_good("end_of_an_isolate_ends_embeddings", "x = '\u2067\u202b\u05d0\u2069'\n")
_good("marks_of_direction", "x = '\u200e\u200f\u061c\u05d0'\n")
_good(
    "names_of_science",
    "\u03c1_max, \u0394t, \u2113_max, \u03bd_e, \u03b1 = 1, 2, 3, 4, 5\np_max = v_e = a = 0\n",
)
_good("names_in_cyrillic", "\u0438\u043c\u044f = 1\n\u0441\u0443\u043c\u043c\u0430 = 2\n")
_good("look_alike_in_a_text", "x = '\u0435x\u0435\u0441'  # \u0435x\u0435\u0441\n")
_good("look_alike_in_a_docstring", '"""It is \'quoted\' and \u0435x\u0435\u0441."""\n')
_good("emoji", "x = '\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f \u270c\ufe0f'\n")
_good("region_flag", "x = '\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f'\n")
_good("comment_behind_blanks", "x = 1" + " " * 300 + "# note\n")
_good("blanks_in_a_text", "x = 'a" + " " * 300 + "b'\ny = '''\na" + " " * 300 + "b\n'''\n")
_good("end_behind_blanks", "x = (1,\n2" + " " * 300 + ")\n")
_good("blanks_before_code", "if 1:\n" + " " * 300 + "x = 1\n")
_good("other_kinds_of_files", "a \u202e b\n", "sample/data.txt")


@bad("BH103", at="sample/tests/test_run.py:1:3", severity="warning")
def hidden_in_a_test() -> Built:
    files = {"sample/tests/test_run.py": "# \u202e a\n".encode()}
    return Wheel(files={**sample_sources(), **files}).build()


@bad("BH103", at="sample-1.0/docs/conf.py:1:3", severity="info")
def hidden_in_the_documentation() -> Built:
    files = {"docs/conf.py": "# \u202e a\n".encode()}
    return Sdist(files={**sdist_sources(), **sample_sources(), **files}).build()
