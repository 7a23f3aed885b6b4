"""Cases of SE105: passwords in Python code and in headers. They are made when they are needed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from fixtures import tokens
from fixtures.builders import Built, Wheel
from fixtures.cases import bad, good

SECRET = tokens.random_text("module", 14)
BASIC = base64.b64encode(f"ada:{SECRET}".encode()).decode()
ENCODED = base64.b64encode(SECRET.encode()).decode()
HALF = len(SECRET) // 2


def wheel(files: dict[str, str]) -> Built:
    """Return the sample wheel with further files."""
    made = Wheel()
    made.files |= {path: text.encode() for path, text in files.items()}
    return made.build()


LINES: dict[str, str] = {
    "assigned": f'PASSWORD = "{SECRET}"',
    "annotated": f'password: str = "{SECRET}"',
    "of_an_attribute": f'self.db_password = "{SECRET}"',
    "of_an_item": f'config["db"]["password"] = "{SECRET}"',
    "of_several_targets": f'user, password = "ada", "{SECRET}"',
    "assigned_in_an_expression": f'(jwtSecret := "{SECRET}")',
    "in_a_dict": f'DATABASE = {{"USER": "ada", "PASSWORD": "{SECRET}"}}',
    "of_a_keyword": f'connect(user="ada", password="{SECRET}")',
    "of_a_parameter": f'def connect(user, password="{SECRET}"): pass',
    "of_a_keyword_parameter": f'connect = lambda *, pwd="{SECRET}": pwd',
    "instead_of_a_variable": f'p = os.environ.get("DB_PASSWORD", "{SECRET}")',
    "instead_of_a_variable_by_its_target": f'db_pass = os.getenv("DB", "{SECRET}")',
    "after_or": f'p = os.environ.get("DB_PASSWORD") or "{SECRET}"',
    "of_a_choice": f'password = None if DEBUG else "{SECRET}"',
    "of_an_option": f'parser.add_argument("--password", default="{SECRET}")',
    "of_a_field": f'password: SecretStr = Field(default="{SECRET}")',
    "in_a_wrapper": f'password = SecretStr("{SECRET}")',
    "set_by_name": f'setattr(client, "password", "{SECRET}")',
    "compared": f'if password == "{SECRET}": pass',
    "compared_in_constant_time": f'hmac.compare_digest(password, "{SECRET}")',
    "of_a_tuple": f'requests.get(URL, auth=("ada", "{SECRET}"))',
    "of_an_authentication": f'HTTPBasicAuth("ada", "{SECRET}")',
    "of_a_login": f'smtp.login("ada", "{SECRET}")',
    "of_a_connection": f'connect("host=db user=ada password={SECRET}")',
    "as_bytes": f'PASSWORD = b"{SECRET}"',
    "encoded_in_the_code": f'PASSWORD = "{SECRET}".encode()',
    "in_a_header": f'headers = {{"Authorization": "Basic {BASIC}"}}',
}
"""For each way to write a password, a line of Python with it."""

OTHERWISE: dict[str, str] = {
    "of_two_strings": f'PASSWORD = ("{SECRET[:HALF]}"\n    "{SECRET[HALF:]}")',
    "of_a_sum": f'PASSWORD = "{SECRET[:HALF]}" + "{SECRET[HALF:]}"',
    "in_base64": f'PASSWORD = b64decode("{ENCODED}")',
}
"""Passwords that the code spells in another way."""


def _builder(name: str, path: str, text: str) -> Callable[[], Built]:
    def build() -> Built:
        return wheel({path: text})

    build.__name__ = f"password_{name}"
    return build


for _name, _line in LINES.items():
    _shown = BASIC if BASIC in _line else SECRET
    bad("SE105", at=f"sample/settings.py:2:{_line.index(_shown) + 1}", severity="warning")(
        _builder(_name, "sample/settings.py", f"import os\n{_line}\n")
    )
for _name, _line in OTHERWISE.items():
    _place = _line.index('"')
    bad("SE105", at=f"sample/settings.py:1:{_place + 1}", severity="warning")(
        _builder(_name, "sample/settings.py", f"{_line}\n")
    )


@bad("SE105", at="sample/client.js:1:26", severity="warning", says="basic authentication")
def login_in_a_header_of_a_script() -> Built:
    return wheel({"sample/client.js": f"const login = {{a: 'Basic {BASIC}'}};\n"})


@bad("SE105", at="sample/run.ipynb:13:19", severity="warning")
def password_in_a_notebook() -> Built:
    cells = [
        {"cell_type": "markdown", "source": [f'password = "{SECRET}"\n']},
        {"cell_type": "code", "source": ["%pip install sample\n", f'password = "{SECRET}"\n']},
    ]
    return wheel({"sample/run.ipynb": json.dumps({"cells": cells}, indent=1)})


HARMLESS = (
    *("", "admin", "changeme", "changeme1", "password1", "s3cret", "xxxxxxxx1A", "correct-horse"),
    *("{password_1}", "${DB_PASSWORD_1}", "%(password1)s", "%s", "<password-1>", "At least 8 characters"),
    *("DB_PASSWORD_2", "db.password.v2", "config/secret-2.key", "https://sample.org/2", "[A-Za-z0-9]{8,}"),
    *("input#password-1", "passwordField2", "ClientSecretBasic", "sha256:0a1B2c3D4e5F", "Passwort (2x)"),
)
"""Values of passwords that are placeholders, defaults, names, texts and expressions."""


@good("SE105")
def code_without_passwords() -> Built:
    lines = [f"password = {value!r}\nconnect(password={value!r})\n" for value in HARMLESS]
    return wheel({"sample/settings.py": "".join(lines)})


@good("SE105")
def random_texts_that_are_no_passwords() -> Built:
    names = (
        "password_hash",
        "password_field",
        "secret_name",
        "TEST_PASSWORD",
        "example_secret",
        "digest",
        "client_secret",
    )
    lines = [f'{name} = "{SECRET}"\n' for name in (*names, "secret_id", "client_secret", "api_key", "token")]
    text = (
        f'"""Log in.\n\n    password = "{SECRET}"\n"""\n# password = "{SECRET}"\n'
        f'password = "$" + "{SECRET}"\npassword = os.environ["{SECRET}"]\n'
        f'headers = {{"Authorization": "Basic {base64.b64encode(b"ada:changeme1").decode()}"}}\n'
        f'oauth = "Basic {base64.b64encode(b"s6BhdRkqt3:gX1fBat3bV").decode()}"  # RFC 6749\n'
        f'note = "Basic {tokens.random_text("note", 24)}"\n'
    )
    return wheel({"sample/settings.py": text + "".join(lines)})


@good("SE105")
def passwords_in_tests_and_stubs() -> Built:
    text = "".join(f"{line}\n" for line in LINES.values())
    paths = ("tests/settings.py", "examples/login.py", "conftest.py", "core.pyi", "test_login.py")
    return wheel({f"sample/{path}": text for path in paths})
