"""The limit of one BLAS thread holds as long as anybody needs it, in all threads, and no longer; calls of kernels."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from reservoir.compilation import for_types_of, one_blas_thread
from reservoir.readouts.affine import affine


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_one_blas_thread_in_threads():
    """The limit holds as long as one of them needs it, and no longer."""
    before, inside, go_on = blas_threads(), threading.Barrier(2), threading.Event()

    def hold():
        with one_blas_thread():
            inside.wait()
            go_on.wait()

    thread = threading.Thread(target=hold)
    with one_blas_thread():
        thread.start()
        inside.wait()
    assert set(blas_threads()) <= {1}
    go_on.set()
    thread.join()
    assert blas_threads() == before


def test_one_blas_thread_under_a_limit_of_another_thread():
    """Newer threadpoolctl would leave the limit to the thread that has set one before."""

    def inside():
        with one_blas_thread():
            return set(blas_threads())

    before = blas_threads()
    with threadpool_limits(2, user_api="blas"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(inside).result() == {1}
    assert blas_threads() == before


def test_machine_code_answers_as_the_kernel_does():
    rows, coef, intercept = np.random.default_rng(0).normal(size=(3, 7)), np.ones((2, 7)), np.ones(2)
    mine, theirs = np.empty((3, 2)), np.empty((3, 2))
    affine(rows, coef, intercept, theirs)
    for_types_of(affine, rows, coef, intercept, mine)(rows, coef, intercept, mine)
    assert np.array_equal(mine, theirs)


def test_the_limit_ends_with_an_error():
    before = blas_threads()
    with pytest.raises(KeyError), one_blas_thread():
        raise KeyError
    assert blas_threads() == before
