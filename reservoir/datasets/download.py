"""One file from a server that may send too much, too slowly or something else."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any
from urllib.parse import urljoin

_BLOCK = 1024  # bytes: the shorter, the sooner a thread sees that nobody waits for it
_QUIET = 30  # seconds without a byte
_REDIRECTS = 5
_PAGES = ("text/html", "application/xhtml")


def download(url: str, size: int, seconds: float) -> bytes:
    """What a server sends within so many seconds; no more than a block above `size` bytes, where it sends too many.

    Libraries for web requests limit silence alone, so that a byte now and then would keep the caller for ever. Hence a
    thread asks, and the caller waits no longer than it said.

    Raises OSError where the server does not answer with a file in time.
    """
    answer: Future[bytes] = Future()
    over = threading.Event()
    threading.Thread(target=_answer, args=(answer, url, size, over), daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError as error:
        if answer.done():
            raise
        longer = "the environment variable RESERVOIR_DATA_TIMEOUT allows more"
        raise TimeoutError(f"Not all of its {size} bytes came within {seconds:g} seconds; {longer}.") from error
    finally:
        over.set()


def _answer(answer: Future[bytes], url: str, size: int, over: threading.Event) -> None:
    try:
        answer.set_result(_received(url, size, over))
    except Exception as error:  # a server can break its answer in any way
        known = isinstance(error, OSError)
        answer.set_exception(error if known else ConnectionError(f"{type(error).__name__}: {error}"))


def _received(url: str, size: int, over: threading.Event) -> bytes:
    """The bytes as they are sent: what a server packs may be any size unpacked."""
    import requests

    session: Any = requests.Session()
    session.headers["Accept-Encoding"] = "identity"
    session.get_redirect_target = lambda response: None  # requests would read all that comes with a redirect
    with session:
        with _final_response(session, url) as response:
            response.raise_for_status()
            if response.headers.get("Content-Type", "").lower().startswith(_PAGES):
                raise ConnectionError(f"{response.url} answers with a web page, not with a file of data.")
            content = bytearray()
            for block in response.raw.stream(_BLOCK, decode_content=False):
                content += block
                if len(content) > size or over.is_set():
                    break
            return bytes(content)


def _final_response(session: Any, url: str) -> Any:
    """The response behind redirects."""
    for _ in range(1 + _REDIRECTS):
        response = session.get(url, stream=True, allow_redirects=False, timeout=_QUIET)
        if not response.is_redirect:
            return response
        response.close()
        url = urljoin(response.url, response.headers["Location"])
    raise ConnectionError(f"More than {_REDIRECTS} redirects, the last to {url}.")
