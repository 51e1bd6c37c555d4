"""The library that fetches published files, against a small server of its protocol."""

import hashlib
import json
import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest

from unlearning.published import klom_models

REVISION = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = klom_models.REPOSITORY
NEEDED = {
    name
    for names in (klom_models.pretrained_files(0), klom_models.oracle_files(0, 3))
    for name in names
}
CHECKPOINT = klom_models.pretrained_files(0)[-1]
CHUNK = 10 * 2**20  # bytes that the library writes at a time
FETCH = """
import sys
from unlearning.published.fetch import fetch

print(fetch("klom_models", sys.argv[1], sys.argv[2], 1, 1, [3]))
"""


class Hub(ThreadingHTTPServer):
    """A server of the files of one repository, which are large files to it."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        others = {"oracles/CIFAR10/only_margins/forget_set_3/train_margins_all.pt", "README.md"}
        self.files = {name: name.encode() * 5000 for name in NEEDED | others}
        self.files[CHECKPOINT] = bytes(range(256)) * 4096 * 24  # two chunks and a part of one
        self.requests: list[tuple[str, str | None]] = []
        self.breaks: dict[str, int] = {}  # files whose connection is lost half way, how often
        self.wrong: set[str] = set()  # files that arrive otherwise than their checksum says


class Handler(BaseHTTPRequestHandler):
    """What the library asks for: the repository at a revision, its tree, and files."""

    server: Hub

    def log_message(self, format, *arguments):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        if path.startswith(f"/api/datasets/{REPOSITORY}/revision/{REVISION}"):
            siblings = [{"rfilename": name} for name in self.server.files]
            return self.say({"id": REPOSITORY, "sha": REVISION, "siblings": siblings})
        if path.startswith(f"/api/datasets/{REPOSITORY}/tree/{REVISION}"):
            return self.say([self.entry(name) for name in self.server.files])
        found = re.fullmatch(f"/datasets/{REPOSITORY}/resolve/{REVISION}/(.*)", path)
        if found and found[1] in self.server.files:
            return self.give(found[1])
        self.send_error(404)

    def entry(self, name):
        content = self.server.files[name]
        digest = hashlib.sha256(content).hexdigest()
        lfs = {"oid": digest, "size": len(content), "pointerSize": 130}
        return {"type": "file", "path": name, "size": len(content), "oid": "0" * 40, "lfs": lfs}

    def say(self, value):
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def give(self, name):
        content = self.server.files[name]
        digest = hashlib.sha256(content).hexdigest()
        if name in self.server.wrong:
            content = content[:-1] + b"?"
        wanted = self.headers.get("Range")
        first = int(re.match(r"bytes=(\d+)-", wanted)[1]) if wanted else 0
        self.send_response(206 if first else 200)
        self.send_header("ETag", f'"{digest}"')
        self.send_header("X-Linked-Etag", f'"{digest}"')
        self.send_header("X-Linked-Size", str(len(content)))
        self.send_header("X-Repo-Commit", REVISION)
        self.send_header("Accept-Ranges", "bytes")
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.server.requests.append((name, wanted))
        if self.server.breaks.get(name, 0) > 0:
            self.server.breaks[name] -= 1
            content = content[: first + (len(content) - first) // 2]
            self.close_connection = True
        self.wfile.write(content[first:])


@pytest.fixture
def hub():
    server = Hub()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def fetch(hub, folder, revision=REVISION):
    """Fetch in a process of its own, because the library reads its address when it is imported."""
    address = f"http://127.0.0.1:{hub.server_address[1]}"
    environment = os.environ | {"HF_ENDPOINT": address, "HF_HOME": str(folder / "home")}
    environment |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DOWNLOAD_TIMEOUT": "5", "NO_PROXY": "*"}
    command = [sys.executable, "-c", FETCH, str(folder), revision]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_what_is_needed_arrives_whole_from_the_revision(hub, tmp_path):
    done = fetch(hub, tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    root = tmp_path / "klom_models" / REVISION
    assert done.stdout.strip() == str(root)
    assert {name for name, _ in hub.requests} == NEEDED
    assert all((root / name).read_bytes() == hub.files[name] for name in NEEDED)
    other = fetch(hub, tmp_path, "f" * 40)
    assert f"{REPOSITORY} at revision {'f' * 40} could not be fetched" in other.stderr


def test_a_connection_that_breaks_goes_on_within_its_file(hub, tmp_path):
    hub.breaks = {CHECKPOINT: 1}
    done = fetch(hub, tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    wanted = [bytes_ for name, bytes_ in hub.requests if name == CHECKPOINT]
    assert wanted == [None, f"bytes={CHUNK}-"]
    content = (tmp_path / "klom_models" / REVISION / CHECKPOINT).read_bytes()
    assert content == hub.files[CHECKPOINT]


def test_files_that_have_arrived_are_not_fetched_again(hub, tmp_path):
    name = "full_models/CIFAR10/val_margins_all.pt"
    hub.breaks = {name: 1000}
    done = fetch(hub, tmp_path)
    assert "could not be fetched" in done.stderr and "what has arrived is kept" in done.stderr
    root = tmp_path / "klom_models" / REVISION
    assert not (root / name).exists()
    hub.breaks, hub.requests = {}, []
    done = fetch(hub, tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert hub.requests == [(name, None)]
    assert all((root / name).read_bytes() == hub.files[name] for name in NEEDED)


def test_a_file_that_is_not_what_its_checksum_says_is_refused(hub, tmp_path):
    name = "full_models/CIFAR10/val_margins_all.pt"
    hub.wrong = {name}
    done = fetch(hub, tmp_path)
    assert f"{tmp_path / 'klom_models' / REVISION / name} is damaged, one of 1" in done.stderr
