"""The heap of glibc: thresholds, holes and the end that is given back."""

from hypothesis import given
from hypothesis import strategies as st

from graphperf.analysis.estimate.heap import Heap

MIB = 1 << 20


def test_a_block_is_mapped_once_and_kept_from_then_on() -> None:
    heap = Heap()
    assert heap.allocate("a", MIB) >= MIB
    heap.free("a")
    assert heap.allocate("a", MIB) >= MIB  # the heap grows
    heap.free("a")
    assert heap.allocate("a", MIB) == 0


def test_blocks_of_more_than_32_mib_are_always_given_back() -> None:
    heap = Heap()
    for _ in range(3):
        assert heap.allocate("a", 40 * MIB) >= 40 * MIB
        heap.free("a")


def test_the_free_end_is_given_back_from_twice_the_largest_block_on() -> None:
    for blocks, kept in ((1, True), (3, False)):
        heap = Heap()
        heap.allocate(0, MIB)
        heap.free(0)
        fresh = 0
        for _ in range(2):
            fresh = sum(heap.allocate(number, MIB) for number in range(blocks))
            for number in reversed(range(blocks)):
                heap.free(number)
        assert (fresh == 0) is kept


def test_a_block_takes_the_smallest_hole_that_holds_it() -> None:
    heap = Heap()
    heap.allocate("first", MIB)
    heap.free("first")
    for name, size in (("wide", MIB // 2), ("between", 4096), ("narrow", MIB // 4), ("last", 4096)):
        heap.allocate(name, size)
    heap.free("wide")
    heap.free("narrow")
    assert heap.allocate("a", MIB // 4) == 0
    assert heap.allocate("b", MIB // 2) == 0
    assert heap.allocate("c", MIB // 2) >= MIB // 2


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 3 * MIB)), max_size=60))
def test_blocks_and_holes_cover_the_heap_and_nothing_twice(asked: list[tuple[int, int]]) -> None:
    heap, held = Heap(), set()
    for key, size in asked:
        if key in held:
            heap.free(key)
        else:
            assert 0 <= heap.allocate(key, size) <= size + 2 * 4096
        held ^= {key}
        blocks = [(place, size) for place, size in heap._blocks.values() if place is not None]
        parts = sorted([*heap._holes, *blocks])
        assert [place for place, _ in parts] == [0, *(sum(part) for part in parts)][: len(parts)]
        assert heap._top == (sum(parts[-1]) if parts else 0) <= heap._end
        assert not heap._holes or sum(heap._holes[-1]) < heap._top
