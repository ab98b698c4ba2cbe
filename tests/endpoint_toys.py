"""A language model's endpoint on this machine, and a tiny local model."""

import json
import re
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """An OpenAI-compatible endpoint that says what a test tells it to.

    `replies` are used up in order; `statuses` likewise, each a status or a status and headers, before `status` holds.
    """

    def __init__(self):
        self.replies, self.requests, self.statuses = [], [], []
        self.status, self.delay, self.raw, self.redirect, self.drip = 200, 0.0, None, None, None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append((self.path, dict(self.headers), body))
                threading.Event().wait(outer.delay)
                status, headers = outer.statuses.pop(0) if outer.statuses else (outer.status, {})
                reply = outer.replies.pop(0) if outer.replies and status == 200 else ""
                data = json.dumps({"choices": [{"message": {"role": "assistant", "content": reply}}]}).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if outer.redirect:
                    self.send_header("Location", outer.redirect)
                self.end_headers()
                try:
                    for _ in range(outer.drip or 0):
                        self.wfile.write(b" ")
                        self.wfile.flush()
                        threading.Event().wait(0.05)
                    self.wfile.write(data if outer.raw is None else outer.raw)
                except OSError:
                    pass  # the client gave up, as it should

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def tiny_model_folder(folder):
    """A random two-layer GPT-2 with a byte-level tokenizer."""
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    torch.manual_seed(0)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({c: i for i, c in enumerate(["<end>", *alphabet])}, []))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>")
    config = transformers.GPT2Config(
        vocab_size=len(fast), n_positions=4096, n_embd=32, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0
    )
    fast.save_pretrained(folder)
    transformers.GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


class RawServer:
    """Answers every request with the same bytes, whatever they are; `more` is sent again and again after them."""

    def __init__(self, answer, more=b"", pause=0.0):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"
        self.answer, self.more, self.pause = answer, more, pause
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with suppress(OSError):
            while True:
                threading.Thread(target=self._answer, args=self.socket.accept()[:1], daemon=True).start()

    def _answer(self, connection):
        with suppress(OSError), connection:
            connection.settimeout(5)
            received = b""
            while b"\r\n\r\n" not in received:
                received += connection.recv(65_536)
            length = int(re.search(rb"(?i)content-length: (\d+)", received)[1])
            while len(received.partition(b"\r\n\r\n")[2]) < length:
                received += connection.recv(65_536)
            connection.sendall(self.answer)
            while self.more:
                connection.sendall(self.more)
                threading.Event().wait(self.pause)

    def close(self):
        self.socket.close()
