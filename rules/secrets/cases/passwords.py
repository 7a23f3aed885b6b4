"""Cases of SE105: passwords in headers. They are made when they are needed."""

from __future__ import annotations

import base64

from fixtures import tokens
from fixtures.builders import Built, Wheel
from fixtures.cases import bad, good

SECRET = tokens.random_text("module", 14)
BASIC = base64.b64encode(f"ada:{SECRET}".encode()).decode()


def wheel(files: dict[str, str]) -> Built:
    """Return the sample wheel with further files."""
    made = Wheel()
    made.files |= {path: text.encode() for path, text in files.items()}
    return made.build()


@bad("SE105", at="sample/client.js:1:26", severity="warning", says="basic authentication")
def login_in_a_header_of_a_script() -> Built:
    return wheel({"sample/client.js": f"const login = {{a: 'Basic {BASIC}'}};\n"})


@good("SE105")
def headers_without_a_password() -> Built:
    encoded = base64.b64encode(b"ada:changeme1").decode()
    text = f"a = 'Basic {encoded}';\nb = 'Basic {tokens.random_text('note', 24)}';\n"
    return wheel({"sample/client.js": text, "sample/tests/client.js": f"a = 'Basic {BASIC}';\n"})
