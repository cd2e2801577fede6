"""A mirror that sends too much, too slowly or something else costs bounded memory and time, and one clear error."""

import gzip
import itertools
import socketserver
import threading

import pytest

from reservoir.datasets import DatasetNotFoundError, data_files, fetch_santa_fe_laser
from reservoir.datasets.download import download
from tests.datasets.samples import FAKE, files_below

OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
FOUND = b"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: "
ZEROS = b"\0" * 65536


def sized(size, content, kind=b"application/octet-stream"):
    return OK + b"Content-Type: %b\r\nContent-Length: %b\r\n\r\n" % (kind, str(size).encode()) + content


def chunk(content):
    return b"%x\r\n%b\r\n" % (len(content), content)


# What is sent after what: None is half a second of silence, for which nobody waits.
ANSWERS = {
    "right": lambda: [sized(len(FAKE), FAKE)],
    "without a length": lambda: [OK + b"\r\n" + FAKE],
    "in chunks": lambda: [OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(FAKE[:4]) + chunk(FAKE[4:]) + chunk(b"")],
    "endless": lambda: itertools.chain([OK + b"\r\n"], itertools.repeat(ZEROS)),
    "endless chunks": lambda: itertools.chain(
        [OK + b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(chunk(ZEROS))
    ),
    "one more": lambda: [sized(len(FAKE) + 1, FAKE + b"\n")],
    "more than it says": lambda: itertools.chain([sized(len(FAKE), b"")], itertools.repeat(ZEROS)),
    "less than it says": lambda: [sized(len(FAKE), FAKE[:4])],
    "a huge length": lambda: [sized(1 << 60, FAKE)],
    "a negative length": lambda: [sized(-1, FAKE + b"\n")],
    "a length that is a word": lambda: [sized("long", FAKE + b"\n")],
    "packed": lambda: [OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(FAKE)],
    "a packed bomb": lambda: [OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"\0" * (1 << 26))],
    "a page": lambda: [sized(len(FAKE), FAKE, b"Text/HTML; charset=utf-8")],
    "an error": lambda: [b"HTTP/1.1 500 Oh\r\n\r\n"],
    "noise": lambda: [b"\xff\xfe\r\n\r\n"],
    "nothing": lambda: [],
    "silence": lambda: itertools.repeat(None),
    "drops": lambda: itertools.chain([sized(len(FAKE), b"")], itertools.cycle([b"8", None])),
    "drops of a head": lambda: itertools.chain([OK + b"X: "], itertools.cycle([b"x", None])),
    "redirected": lambda: [FOUND + b"/right\r\n\r\n"],
    "redirected in a circle": lambda: [FOUND + b"/redirected%20in%20a%20circle\r\n\r\n"],
    "redirected without end": lambda: itertools.chain([FOUND + b"/right\r\n\r\n"], itertools.repeat(ZEROS)),
    "redirected to a file": lambda: [FOUND + b"file:///etc/hosts\r\n\r\n"],
    "redirected nowhere": lambda: [FOUND + b"http://[\r\n\r\n"],
}
RIGHT = ("right", "without a length", "in chunks", "redirected", "redirected without end")
WRONG = ("endless", "endless chunks", "one more", "more than it says", "packed", "a packed bomb")
EITHER = ("a negative length", "a length that is a word")  # is there a length?
SLOW = ("silence", "drops", "drops of a head")


@pytest.fixture
def server():
    """A server that answers the path /NAME, whatever comes behind, as ANSWERS says; its address."""
    over = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            path = self.rfile.readline().split()[1].decode().replace("%20", " ")
            while self.rfile.readline().strip():
                pass
            try:
                for piece in ANSWERS[path.split("/")[1]]():
                    if over.wait(0.5 if piece is None else 0):
                        return
                    self.wfile.write(piece or b"")
            except OSError:  # the other side has enough
                return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            """Say nothing."""

    with Server(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        over.set()
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_answer_ends_with_the_file_or_one_error(answer, server, pooch, tmp_path, monkeypatch):
    monkeypatch.setenv("RESERVOIR_DATA_URL", f"{server}/{answer}")
    monkeypatch.setenv("RESERVOIR_DATA_TIMEOUT", "0.5" if answer in SLOW else "60")
    if answer in RIGHT:
        assert fetch_santa_fe_laser().data.ravel().tolist() == [86, 141, 95]
        assert files_below(tmp_path / "cache") == [tmp_path / "cache" / data_files.SANTA_FE_LASER]
        return
    with pytest.raises((DatasetNotFoundError, ValueError)) as caught:
        fetch_santa_fe_laser()
    assert answer in EITHER or isinstance(caught.value, ValueError) == (answer in WRONG), caught.value
    assert data_files.SANTA_FE_LASER in str(caught.value) and server in str(caught.value)
    if answer in SLOW:
        assert "within 0.5 seconds; the environment variable RESERVOIR_DATA_TIMEOUT" in str(caught.value)
    assert files_below(tmp_path / "cache") == []


@pytest.mark.parametrize("answer", ["endless", "endless chunks", "more than it says", "a packed bomb"])
def test_no_more_is_kept_than_a_block_beyond_the_size(answer, server):
    assert len(download(f"{server}/{answer}/file", 100, 60)) <= 100 + 1024


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "a minute"])
def test_a_limit_that_is_none_is_refused(seconds, pooch, monkeypatch):
    monkeypatch.setenv("RESERVOIR_DATA_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("RESERVOIR_DATA_TIMEOUT", seconds)
    with pytest.raises(ValueError, match=f"RESERVOIR_DATA_TIMEOUT must be a number of seconds > 0. Got '{seconds}'."):
        fetch_santa_fe_laser()
