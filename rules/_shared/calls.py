"""Calls that are dangerous at a start of Python: they reach outside the process, or hide their effect.

Calls are recognized by their full name, after import aliases are resolved.
"""

from __future__ import annotations

_KINDS: dict[str, str] = {
    "network": "opens the network",
    "process": "starts a process",
    "decoding": "decodes data",
    "objects": "deserializes objects",
    "native": "loads native code",
    "spying": "monitors the user",
    "code": "runs computed code",
}
"""The predicate for each kind of call in messages."""

# Calls of the standard library and of popular packages: hijacked releases (litellm, ultralytics and others)
# opened the network, started processes and ran decoded data. The `.pth` files of coverage and setuptools,
# which popular wheels contain, do none of this.
_EXACT: dict[str, str] = {
    "network": """
        urllib.urlopen urllib.urlretrieve urllib2.urlopen urllib.request.urlopen urllib.request.urlretrieve
        urllib.request.Request urllib.request.build_opener http.client.HTTPConnection
        http.client.HTTPSConnection xmlrpc.client.ServerProxy socket.socket socket.create_connection
        socket.create_server socket.fromfd socket.getaddrinfo socket.gethostbyname socket.gethostbyname_ex
        asyncio.open_connection asyncio.start_server ssl.get_server_certificate ftplib.FTP ftplib.FTP_TLS
        smtplib.SMTP smtplib.SMTP_SSL telnetlib.Telnet poplib.POP3 poplib.POP3_SSL imaplib.IMAP4
        imaplib.IMAP4_SSL http.server.HTTPServer socketserver.TCPServer boto3.client boto3.resource
        boto3.Session pycurl.Curl httplib2.Http wget.download
    """,
    "process": """
        subprocess.Popen subprocess.run subprocess.call subprocess.check_call subprocess.check_output
        subprocess.getoutput subprocess.getstatusoutput os.system os.startfile os.forkpty os.fork pty.spawn
        pty.fork asyncio.create_subprocess_exec asyncio.create_subprocess_shell _winapi.CreateProcess
        _posixsubprocess.fork_exec win32api.ShellExecute pexpect.spawn pexpect.run
        multiprocessing.Process commands.getoutput
    """,
    "decoding": """
        base64.decode base64.decodebytes base64.decodestring binascii.unhexlify zlib.decompress
        zlib.decompressobj gzip.decompress bz2.decompress lzma.decompress bytes.fromhex bytearray.fromhex
        codecs.decode
    """,
    "objects": """
        pickle.load pickle.loads pickle.Unpickler _pickle.load _pickle.loads cPickle.load cPickle.loads
        marshal.load marshal.loads shelve.open dill.load dill.loads cloudpickle.load cloudpickle.loads
        joblib.load jsonpickle.decode pandas.read_pickle torch.load
    """,
    "native": """
        ctypes.CDLL ctypes.PyDLL ctypes.WinDLL ctypes.OleDLL ctypes.LibraryLoader cffi.FFI _ctypes.dlopen
        _ctypes.LoadLibrary
    """,
    "spying": "cv2.VideoCapture PIL.ImageGrab.grab",
    "code": """
        exec eval execfile compile builtins.exec builtins.eval builtins.compile __builtin__.eval
        types.FunctionType types.CodeType runpy.run_path runpy.run_module runpy.run_code
        importlib.util.spec_from_file_location imp.load_source imp.load_compiled imp.load_dynamic
        zipimport.zipimporter
    """,
}

_BELOW: dict[str, str] = {
    "network": "requests httpx urllib3 aiohttp websocket websockets niquests curl_cffi paramiko asyncssh "
    "dns.resolver",
    "process": "os.popen os.exec os.spawn os.posix_spawn",
    "decoding": "base64.b16decode base64.b32d base64.b32hexd base64.b64d base64.b85d base64.a85d "
    "base64.standard_b64d base64.urlsafe_b64d base64.z85d binascii.a2b_",
    "native": "ctypes.cdll ctypes.windll ctypes.oledll ctypes.pydll ctypes.pythonapi",
    "spying": "pynput keyboard mouse pyautogui mss pyperclip win32clipboard sounddevice pyaudio",
}
"""Prefixes of names: whole modules, or families of functions."""

_HARMLESS = ("Timeout", "Retry", "Limits", "Error", "Exception", "disable_warnings", "Warning")
"""Suffixes of harmless names in libraries of the kinds above."""

NAMES = {name: kind for kind, names in _EXACT.items() for name in names.split()}
_PREFIXES = tuple((name, kind) for kind, names in _BELOW.items() for name in names.split())
# Codecs from text to text or bytes to bytes
# (https://docs.python.org/3/library/codecs.html#binary-transforms), which can hide code; utf-8 and similar
# codecs cannot.
_ENCODINGS = frozenset({"rot13", "rot_13", "hex", "hex_codec", "base64", "base64_codec", "zlib", "bz2", "uu"})

FUNCTIONS_OF_CODE = frozenset({"exec", "eval", "execfile", "compile", "builtins.exec", "builtins.eval"})
"""Functions that run or compile a text; harmless if the text is a literal."""

KINDS = tuple(_KINDS)


def does(kind: str) -> str:
    """Return the predicate for calls of a kind in messages."""
    return _KINDS[kind]


def kind_of(name: str) -> str | None:
    """Return the kind of a call by its full name, None for a harmless call."""
    found = NAMES.get(name)
    if found is not None:
        return found
    for prefix, kind in _PREFIXES:
        if name.startswith(prefix):
            rest = name[len(prefix) :]
            is_module = kind in ("network", "spying")
            if is_module and not rest.startswith("."):
                continue
            return None if name.endswith(_HARMLESS) else kind
    return None


def is_decoder(encoding: object) -> bool:
    """Return whether an encoding can hide code in the argument of ``bytes.decode`` or ``codecs.decode``."""
    return isinstance(encoding, str) and encoding.lower().replace("-", "_") in _ENCODINGS
