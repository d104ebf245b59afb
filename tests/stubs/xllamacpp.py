"""What the program uses of xllamacpp, for tests without it: a server whose model is its file's own text.

A file of "GGUF" and a text is a model that always answers that text; without a text, or with
one that begins with an escape character, it is broken, and one of "slow" takes minutes to load.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace


class CommonParams:
    """Settings as llama.cpp has them, as far as they are set."""

    def __init__(self) -> None:
        self.model = SimpleNamespace(path="")
        self.cpuparams, self.cpuparams_batch = SimpleNamespace(), SimpleNamespace()
        self.hostnames: list[str] = []
        self.api_keys: list[str] = []
        self.port = -1


class Server:
    """Listens from the moment that it is made."""

    def __init__(self, settings: CommonParams) -> None:
        text = Path(settings.model.path).read_text()[4:]
        if not text or text.startswith("\x1b"):
            fault = f"the file is cut off{text}"
            sys.stderr.write(f"0.00.05 I loading\n0.00.06 E loader: {fault}\n0.00.07 E failed\n")
            raise RuntimeError("Failed to init server")
        if text == "slow":
            time.sleep(600)
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        used = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        body = {"id": "1", "object": "chat.completion", "created": 1, "model": "stub", "choices": [choice]}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                known = self.headers["authorization"] == f"Bearer {settings.api_keys[0]}"
                self.send_response(200 if known else 401)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps({**body, "usage": used}).encode())

        server = ThreadingHTTPServer((settings.hostnames[0], settings.port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.listening_address = f"http://{settings.hostnames[0]}:{server.server_port}"
